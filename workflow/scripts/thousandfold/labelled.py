"""What a network is trained and tested on to tell the labels of sequences: cut, split, scaled.

Rows of one sequence are never in two of training, validation and test. Depends on NumPy only.
"""

import numpy as np

from thousandfold.errors import DataError
from thousandfold.pipeline import Pipeline
from thousandfold.scenario import Preparation
from thousandfold.series import LabelledSequences, Series
from thousandfold.supervised import (
    MASK_VALUE,
    ROUNDING,
    Rows,
    Scaler,
    Supervised,
    fit_scaler,
    supervise,
)

MOST_VALUES = 50_000_000
"""Of all rows, which windows make many of: 200 MB."""


def supervised(series: Series, preparation: Preparation) -> Supervised:
    """The rows of a series, or of sequences with labels. Raises DataError."""
    if isinstance(series, LabelledSequences):
        return supervise_labels(series, preparation)
    return supervise(series, preparation)


def supervise_labels(data: LabelledSequences, preparation: Preparation) -> Supervised:
    """Split, scale and cut sequences with labels; a target is the number of a label.

    The last `test_rows` sequences are the test; `train_rows` keeps only that many of those just
    before them (all, if None), of which the last `validation_rows` are for validation. Features are
    scaled over all values of the sequences that are kept.

    Raises DataError if there are too few sequences, if all are shorter than a row, if rows hold too
    many values, or if a feature is constant over the training sequences, but for rounding, so that
    it has no scale.
    """
    available = len(data.sequences) - data.test_rows
    wanted = available if preparation.train_rows is None else preparation.train_rows
    held_back = preparation.validation_rows
    if wanted > available or wanted < 2 + held_back:
        raise DataError(
            f"{data.name}: {len(data.sequences)} sequences leave {max(available, 0)} for training "
            f"after {data.test_rows} test_rows, where {max(wanted, 2 + held_back)} are needed; "
            "give more sequences or lower test_rows, validation_rows or train_rows"
        )
    timesteps, longest = preparation.timesteps, max(map(len, data.sequences))
    if timesteps > longest:
        raise DataError(
            f"{data.name}: the longest sequence has {longest} values, fewer than the "
            f"{timesteps} of a row; lower timesteps"
        )
    first, begin_held_back = available - wanted, available - held_back
    _check_size(data, preparation, slice(first, available))
    scaler = _fitted(data, preparation.scaling, slice(first, available))
    lengths = np.array([len(sequence) for sequence in data.sequences[first:]])
    missing = lengths % timesteps > 0 if preparation.is_successive else lengths < timesteps

    def rows(start: int, stop: int, *, is_test: bool = False) -> Rows:
        cut = [
            _cut(scaler.scale(sequence), preparation, is_test=is_test)
            for sequence in data.sequences[start:stop]
        ]
        return _rows(cut, data.values[start:stop], preparation, is_masked=bool(missing.any()))

    return Supervised(
        train=rows(first, begin_held_back),
        validation=rows(begin_held_back, available) if held_back else None,
        test=rows(available, len(data.sequences), is_test=True),
        target_scaler=Scaler(np.zeros(()), np.ones(()), 0.0, 1.0),
        pipeline=Pipeline((), (data.values,)),
        actual=data.values[-data.test_rows :],
        input_scaler=scaler,
        test_windows=np.empty((data.test_rows, 0)),
        last_window=np.empty(0),
        horizon=0,
        steps_ahead=1,
    )


def _fitted(data: LabelledSequences, scaling: str, training: slice) -> Scaler:
    """The scaler of each feature over all values of the training sequences. Raises DataError."""
    values = np.concatenate(data.sequences[training])
    scaler = fit_scaler(scaling, values)
    constant = scaler.span <= ROUNDING * np.abs(values).max(axis=0)
    if scaling != "none" and constant.any():
        column = int(np.flatnonzero(constant)[0])
        name = data.input_names[column] if data.input_names else column + 1
        raise DataError(
            f"{data.name}: the feature {name} is constant over the training sequences (always "
            f"{values[0, column]:.6g}, up to rounding), so it cannot be scaled; remove it, or set "
            "scaling: none"
        )
    return scaler


def _check_size(data: LabelledSequences, preparation: Preparation, training: slice) -> None:
    rows = sum(len(_ends(len(x), preparation, is_test=False)) for x in data.sequences[training])
    values = rows * preparation.timesteps * data.sequences[0].shape[1]
    if values > MOST_VALUES:
        raise DataError(
            f"{data.name}: {rows:,} training rows of {preparation.timesteps} timesteps are "
            f"{values:,} values, more than {MOST_VALUES:,}; raise cut.every, or lower timesteps or "
            "train_rows"
        )


def _ends(length: int, preparation: Preparation, *, is_test: bool) -> range:
    """Where the rows of a sequence end, the last first."""
    timesteps, cut = preparation.timesteps, preparation.cut
    if cut is not None and cut.is_successive:
        return range(length, 0, -timesteps)
    if cut is not None and not is_test and length > timesteps:
        return range(length, timesteps - 1, -(cut.every or timesteps))
    return range(length, length - 1, -1)


def _cut(sequence: np.ndarray, preparation: Preparation, *, is_test: bool) -> np.ndarray:
    """The rows of a sequence, shape (rows, timesteps, features), NaN before its beginning."""
    timesteps, ends = preparation.timesteps, _ends(len(sequence), preparation, is_test=is_test)
    before = np.full((timesteps, sequence.shape[1]), np.nan)
    padded = np.concatenate([before, sequence])
    return np.stack([padded[end : end + timesteps] for end in reversed(ends)])


def _rows(
    cut: list[np.ndarray], labels: np.ndarray, preparation: Preparation, *, is_masked: bool
) -> Rows:
    """The rows of several sequences, each with its label."""
    counts = [len(rows) for rows in cut]
    inputs = np.concatenate(cut).astype(np.float32)
    present = ~np.isnan(inputs[..., 0])
    begins = ends = None
    if preparation.is_successive:
        places = np.concatenate([np.arange(count) for count in counts])
        begins, ends = places == 0, places == np.repeat(counts, counts) - 1
    learns_last = preparation.cut is not None and preparation.cut.form == "pieces_last"
    return Rows(
        np.where(present[..., np.newaxis], inputs, np.float32(MASK_VALUE)),
        np.repeat(labels, counts).astype(np.float32),
        present if is_masked else None,
        begins,
        ends,
        ends if learns_last else None,
    )

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

    The last ones, held out, are the test; `train_rows` keeps only that many of those just
    before them (all, if None), of which the last `validation_rows` are for validation. Features are
    scaled over all values of the sequences that are kept. Where each step has a label, a row has
    those of its timesteps, and the rows of the test hold every step once.

    Raises DataError if there are too few sequences, if all are shorter than a row, if rows hold too
    many values, or if a feature is constant over the training sequences, but for rounding, so that
    it has no scale.
    """
    available = len(data.sequences) - data.held_out
    wanted = available if preparation.train_rows is None else preparation.train_rows
    held_back = preparation.validation_rows
    if wanted > available or wanted < 2 + held_back:
        raise DataError(
            f"{data.name}: {len(data.sequences)} sequences leave {max(available, 0)} for training "
            f"after {data.held_out} test_rows, where {max(wanted, 2 + held_back)} are "
            "needed; give more sequences or lower test_rows, validation_rows or train_rows"
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
    in_parts = preparation.is_successive or data.labels_each_step
    missing = lengths % timesteps > 0 if in_parts else lengths < timesteps

    def rows(start: int, stop: int, *, is_test: bool = False) -> Rows:
        return _rows(
            data, range(start, stop), scaler, preparation,
            is_test=is_test, is_masked=bool(missing.any()),
        )  # fmt: skip

    return Supervised(
        train=rows(first, begin_held_back),
        validation=rows(begin_held_back, available) if held_back else None,
        test=rows(available, len(data.sequences), is_test=True),
        target_scaler=Scaler(np.zeros(()), np.ones(()), 0.0, 1.0),
        pipeline=Pipeline((), (data.values,)),
        actual=data.actual,
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
    numbers = range(len(data.sequences))[training]
    rows = sum(len(_ends(data, number, preparation, is_test=False)) for number in numbers)
    values = rows * preparation.timesteps * data.sequences[0].shape[1]
    if values > MOST_VALUES:
        raise DataError(
            f"{data.name}: {rows:,} training rows of {preparation.timesteps} timesteps are "
            f"{values:,} values, more than {MOST_VALUES:,}; raise cut.every, or lower timesteps or "
            "train_rows"
        )


def _ends(
    data: LabelledSequences, sequence: int, preparation: Preparation, *, is_test: bool
) -> range:
    """Where the rows of a sequence end, the last first."""
    length = len(data.sequences[sequence])
    timesteps, cut = preparation.timesteps, preparation.cut
    if preparation.is_successive or (is_test and data.labels_each_step):
        return range(length, 0, -timesteps)
    if cut is not None and not is_test and length > timesteps:
        return range(length, timesteps - 1, -(cut.every or timesteps))
    return range(length, length - 1, -1)


def _cut(values: np.ndarray, timesteps: int, ends: range) -> np.ndarray:
    """Rows (rows, timesteps, ...) of values (length, ...), NaN before these begin."""
    before = np.full((timesteps, *values.shape[1:]), np.nan)
    padded = np.concatenate([before, values])
    return np.stack([padded[end : end + timesteps] for end in reversed(ends)])


def _rows(
    data: LabelledSequences,
    numbers: range,
    scaler: Scaler,
    preparation: Preparation,
    *,
    is_test: bool,
    is_masked: bool,
) -> Rows:
    """The rows of several sequences, each with the sequence's label or those of its timesteps."""
    cut, labels, timesteps = [], [], preparation.timesteps
    for number in numbers:
        own, ends = data.labels_of(number), _ends(data, number, preparation, is_test=is_test)
        cut.append(_cut(scaler.scale(data.sequences[number]), timesteps, ends))
        labels.append(
            _cut(own, timesteps, ends) if data.labels_each_step else np.repeat(own, len(ends))
        )
    counts = [len(rows) for rows in cut]
    inputs = np.concatenate(cut).astype(np.float32)
    targets = np.nan_to_num(np.concatenate(labels)).astype(np.float32)
    present = ~np.isnan(inputs[..., 0])
    begins = last = tells = None
    if preparation.is_successive:
        places = np.concatenate([np.arange(count) for count in counts])
        begins, last = places == 0, places == np.repeat(counts, counts) - 1
        tells = np.ones_like(last) if data.labels_each_step else last
    learns_last = preparation.cut is not None and preparation.cut.form == "pieces_last"
    return Rows(
        np.where(present[..., np.newaxis], inputs, np.float32(MASK_VALUE)),
        # Of a single timestep there is one.
        targets[:, 0] if targets.ndim == 2 and timesteps == 1 else targets,
        present if is_masked else None,
        begins,
        tells,
        last if learns_last else None,
    )

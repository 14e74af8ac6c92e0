"""What a network is trained and tested on: windows, split, scaling, sequences.

From a series, prepared by the steps in pipeline.py, to arrays and back to the series' units.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from thousandfold.errors import DataError
from thousandfold.pipeline import Pipeline, differenced, fit_pipeline
from thousandfold.scenario import Preparation, Sequences
from thousandfold.series import Series

SCALINGS = {"symmetric": (-1.0, 1.0), "unit": (0.0, 1.0), "standard": None, "none": None}
"""Ways of scaling -> the range that minimum and maximum of the training rows are mapped to.

standard: to mean 0 and standard deviation 1 over the training rows.
"""

ROUNDING = 8 * float(np.finfo(float).eps)
"""How far apart rounding alone may leave equal numbers, as a share of the largest observation.

An observation that is rounded twice, where it is computed and where it is stored, is off by up to
eps; a difference of two by up to 3 eps, its own rounding included; two differences lie up to 6 eps
apart.
"""

MASK_VALUE = -1e6
"""What a timestep holds that a Masking layer skips; no scaled value comes near it."""


@dataclass(frozen=True)
class Scaler:
    """An affine map of columns, fitted on training rows: (x - offset) / span * width + low."""

    offset: np.ndarray
    span: np.ndarray
    low: float
    width: float

    def scale(self, values: np.ndarray) -> np.ndarray:
        """Values of shape (..., columns) as the network sees them."""
        return (values - self.offset) / self.span * self.width + self.low

    def invert(self, scaled: np.ndarray) -> np.ndarray:
        """Scaled values in their own units."""
        return (scaled - self.low) / self.width * self.span + self.offset


def fit_scaler(scaling: str, train: np.ndarray) -> Scaler:
    """The scaler of training rows, of shape (rows, columns...), by a key of SCALINGS."""
    if scaling == "none":
        return Scaler(np.zeros(train.shape[1:]), np.ones(train.shape[1:]), 0.0, 1.0)
    if scaling == "standard":
        return Scaler(train.mean(axis=0), train.std(axis=0), 0.0, 1.0)
    minimum, maximum = train.min(axis=0), train.max(axis=0)
    low, high = SCALINGS[scaling] or (0.0, 1.0)
    return Scaler(minimum, maximum - minimum, low, high - low)


@dataclass(frozen=True)
class Rows:
    """Rows as a network takes them, in time order; all numbers are float32, as Keras computes.

    Part by part, a row is one timestep, or a few, of a sequence; otherwise it is all of them.
    """

    inputs: np.ndarray
    """Shape (rows, timesteps, features)."""
    targets: np.ndarray
    """Scaled, shape (rows,) or, if there are several of a row, steps ahead or labels of its
    timesteps, (rows, targets)."""
    present: np.ndarray | None = None
    """Which timesteps a Masking layer lets through, shape (rows, timesteps); None: all."""
    begins: np.ndarray | None = None
    """Which rows begin a piece of the series or, part by part, a sequence: a state is zeroed before
    them. Shape (rows,); None: the series is in one piece."""
    tells: np.ndarray | None = None
    """Part by part: of which rows the outputs are forecasts, shape (rows,)."""
    learns: np.ndarray | None = None
    """Which rows the network learns from, shape (rows,); the others only move its state on.
    None: all."""

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def features(self) -> int:
        """Values of a timestep."""
        return int(self.inputs.shape[2])

    @property
    def timesteps(self) -> int:
        """Timesteps of a row."""
        return int(self.inputs.shape[1])

    @property
    def targets_per_row(self) -> int:
        """How many values a network forecasts of a row."""
        return 1 if self.targets.ndim == 1 else int(self.targets.shape[1])

    def side_by_side(self, batch_size: int) -> "Rows":
        """Rows that are parts of sequences, so that as many sequences as a batch go abreast.

        They have equally many parts, and the batch size divides their number.
        """
        order = self._side_by_side(batch_size)
        return self if order is None else self.part(order)

    def _side_by_side(self, batch_size: int) -> np.ndarray | None:
        """The numbers of the rows in that order; None if it is their own."""
        if self.tells is None or self.begins is None or batch_size == 1:
            return None
        order = np.arange(len(self)).reshape(self.begins.sum() // batch_size, batch_size, -1)
        return order.swapaxes(1, 2).ravel()

    def forecasts(self, outputs: np.ndarray, batch_size: int) -> np.ndarray:
        """Of the outputs (..., rows, O) of rows side by side those that are forecasts, in order."""
        if self.tells is None:
            return outputs
        order = self._side_by_side(batch_size)
        in_order = outputs if order is None else outputs[..., np.argsort(order), :]
        return in_order[..., self.tells, :]

    def part(self, rows: slice | np.ndarray) -> "Rows":
        """Some of the rows."""
        return Rows(
            self.inputs[rows],
            self.targets[rows],
            *(
                None if x is None else x[rows]
                for x in (self.present, self.begins, self.tells, self.learns)
            ),
        )


def joined(parts: Sequence[Rows]) -> Rows:
    """Successive rows of the same kind as one."""

    def stacked(name: str) -> Any:
        values = [getattr(part, name) for part in parts]
        return None if values[0] is None else np.concatenate(values)

    return Rows(**{field.name: stacked(field.name) for field in fields(Rows)})


@dataclass(frozen=True)
class Supervised:
    """The training and test rows of a series, and the way back to its units."""

    train: Rows
    validation: Rows | None
    """The last of the rows before the test, kept from training for validation."""
    test: Rows
    target_scaler: Scaler
    pipeline: Pipeline
    """The steps between the series, from the first observation in a training row on, and rows."""
    actual: np.ndarray
    """The observation that each forecast of the test is of, in the series' units, shape
    (test_rows * steps_ahead,)."""
    input_scaler: Scaler
    test_windows: np.ndarray
    """The prepared values in each test row, shape (test_rows, timesteps)."""
    last_window: np.ndarray
    """The last `timesteps` values of the series as prepared, shape (timesteps,)."""
    horizon: int
    """How many steps beyond its end are forecast."""
    steps_ahead: int
    """How many steps ahead the test forecasts."""
    between: Rows | None = None
    """The rows between training and test, some of whose targets lie in the test; None: none."""
    after_test: Rows | None = None
    """The rows after the test, some of whose targets lie beyond the end (so NaN); None: none."""

    def invert(self, outputs: np.ndarray) -> np.ndarray:
        """Forecasts of the test in the series' units, shape (..., test_rows * steps_ahead).

        From what a network put out for them, shape (..., test_rows, steps_ahead).
        """
        prepared = self.target_scaler.invert(outputs.astype(float))
        rows, steps = len(self.test_windows), self.steps_ahead
        first = self.observations - (rows + steps - 1)
        times = first + np.arange(rows)[:, np.newaxis] + np.arange(steps)
        forecasts = self.pipeline.invert(prepared, times)
        return forecasts.reshape(*forecasts.shape[:-2], -1)

    @property
    def observations(self) -> int:
        """How many observations there are from the first in a training row on."""
        return len(self.pipeline.stages[0])

    @property
    def is_recursive(self) -> bool:
        """Whether forecasts of the test are made from the forecasts before."""
        return self.steps_ahead > self.train.targets_per_row

    @cached_property
    def _rows(self) -> Rows:
        """All rows up to the last of the test."""
        parts = self.train, self.validation, self.between, self.test
        return joined([part for part in parts if part is not None])

    def before(self, test_row: int) -> Rows:
        """All rows before one of the test, those that trained nothing included."""
        return self._rows.part(slice(0, len(self._rows) - len(self.test) + test_row))

    @property
    def before_test(self) -> Rows:
        """All rows before the test."""
        return self.before(0)

    def known(self, test_row: int) -> Rows:
        """The rows of which all targets are known when one of the test is forecast."""
        rows = self.before(test_row)
        return rows if self.between is None else rows.part(slice(0, len(rows) - len(self.between)))


@dataclass
class Recursion:
    """Forecasts made from the ones before, after each of several rows; R repeats at once."""

    data: Supervised
    windows: np.ndarray
    """The last prepared values that each repeat knows or has forecast, shape (R, rows,
    timesteps)."""

    @classmethod
    def after_test_rows(
        cls, data: Supervised, repeats: int, rows: slice = slice(None)
    ) -> "Recursion":
        """Before the first step after some test rows."""
        return cls(data, np.tile(data.test_windows[rows], (repeats, 1, 1)))

    @classmethod
    def beyond_end(cls, data: Supervised, repeats: int) -> "Recursion":
        """Before the first step beyond the end of the series, its only row."""
        return cls(data, np.tile(data.last_window, (repeats, 1, 1)))

    def inputs(self) -> np.ndarray:
        """The next inputs of each repeat, shape (R, rows, timesteps, 1)."""
        scaler = self.data.input_scaler
        return scaler.scale(self.windows[..., np.newaxis]).astype(np.float32)

    def accept(self, outputs: np.ndarray) -> None:
        """Use the outputs (R, rows) as the next values."""
        values = self.data.target_scaler.invert(outputs.astype(float))
        self.windows = np.concatenate([self.windows[..., 1:], values[..., np.newaxis]], axis=-1)


def future_in_units(data: Supervised, outputs: np.ndarray) -> np.ndarray:
    """Forecasts beyond the end in the series' units, from outputs of shape (R, horizon)."""
    if not data.horizon:
        return outputs.astype(float)
    prepared = data.target_scaler.invert(outputs.astype(float))
    times = data.observations + np.arange(data.horizon)[np.newaxis]
    return data.pipeline.invert(prepared[:, np.newaxis], times)[:, 0]


def supervise(series: Series, preparation: Preparation) -> Supervised:
    """Prepare, pair, split and scale a series.

    A row is `timesteps` successive values, as prepared, of all columns and the series' own that
    follows; where several steps ahead are forecast directly, as many of these. Rows whose forecasts
    are all of the last `test_rows` observations are the test; rows whose targets all lie before
    these are for training: of these, the last `train_rows` (all, if None), of which the last
    `validation_rows` are for validation. All that is fitted (transform, season, trend, the scale
    of every column of a row) is fitted on these rows; test values may fall outside their range.
    The inputs beside the series are differenced and scaled, nothing else. No row has observations
    of two pieces, and all test rows are of the last.

    Raises DataError if there are too few rows, if a step of the preparation cannot be fitted, or
    if a column is constant over the training rows, but for rounding, so that it has no scale.
    """
    timesteps = preparation.sequences.longest if preparation.sequences else preparation.timesteps
    lost, test_rows = sum(preparation.lags), series.test_rows
    targets_per_row = series.steps_ahead if preparation.strategy == "direct" else 1
    behind_row = lost + timesteps + 1
    starts = _starts(series, behind_row, targets_per_row)
    available = len(starts) - test_rows - (targets_per_row - 1)
    wanted = available if preparation.train_rows is None else preparation.train_rows
    held_back = preparation.validation_rows
    if wanted > available or wanted < 2 + held_back:
        raise DataError(
            f"series {series.name}: {len(series.values)} observations leave {max(available, 0)} "
            f"training rows after {test_rows} test rows and {timesteps} timesteps"
            f"{f' and {lost} lost to difference' if lost > 1 else ''}"
            f"{' in each piece' if series.is_in_pieces else ''}, where "
            f"{max(wanted, 2 + held_back)} are needed; give a longer series or lower test_rows, "
            f"{'sequences.longest' if preparation.sequences else 'timesteps'}, "
            f"{'difference, ' if lost > 1 else ''}validation_rows or train_rows"
        )
    in_last_piece = len(series.values) - series.begins[-1]
    if in_last_piece < test_rows + behind_row - 1:
        raise DataError(
            f"series {series.name}: its last piece has {in_last_piece} observations, where "
            f"{test_rows + behind_row - 1} are needed for {test_rows} test rows and what comes "
            "before the first of them; lower test_rows, or put a longer piece last"
        )
    seen = series.without_first(starts[available - wanted])
    starts = _starts(seen, behind_row, targets_per_row)
    pipeline = fit_pipeline(seen, preparation)
    pipelines = [pipeline]
    if seen.inputs is not None:
        pipelines.append(differenced(Pipeline((), (seen.inputs,)), preparation))
    columns = np.column_stack([each.prepared for each in pipelines])
    sizes = np.column_stack([each.sizes for each in pipelines])
    # The last windows lack some of the targets.
    whole = starts[: len(starts) - (targets_per_row - 1)]
    rows, sizes = (
        _picked(sliding_window_view(each, timesteps + targets_per_row, axis=0), whole)
        for each in (columns, sizes)
    )
    _check_varies(series, preparation, rows[:wanted], sizes[:wanted], timesteps)
    windows = _picked(sliding_window_view(columns, timesteps, axis=0)[:-1], starts).swapaxes(1, 2)
    targets = rows[:, 0, timesteps:]
    if targets_per_row == 1:
        targets = targets[:, 0]
    input_scaler = fit_scaler(preparation.scaling, windows[:wanted])
    target_scaler = fit_scaler(
        preparation.scaling if preparation.scale_target else "none", targets[:wanted]
    )
    inputs = input_scaler.scale(windows).astype(np.float32)
    scaled_targets = target_scaler.scale(targets).astype(np.float32)
    begins = np.diff(seen.pieces[starts], prepend=-1) > 0 if series.is_in_pieces else None
    first_test = wanted + targets_per_row - 1
    tested = slice(first_test, first_test + len(series.targets))
    train, between, test = (
        _rows(inputs, scaled_targets, begins, preparation.sequences, part)
        for part in (slice(0, wanted), slice(wanted, tested.start), tested)
    )
    return Supervised(
        train=train.part(slice(0, wanted - held_back)) if held_back else train,
        validation=train.part(slice(wanted - held_back, wanted)) if held_back else None,
        test=test,
        target_scaler=target_scaler,
        pipeline=pipeline,
        actual=series.actual,
        input_scaler=input_scaler,
        test_windows=windows[tested, :, 0],
        last_window=columns[-timesteps:, 0],
        horizon=series.horizon,
        steps_ahead=series.steps_ahead,
        between=between if len(between) else None,
        after_test=_unanswered(inputs[tested.stop :]),
    )


def _starts(series: Series, behind_row: int, targets_per_row: int) -> np.ndarray:
    """Where rows begin, shape (rows,), each made of so many observations or more.

    Those that have not all of their targets are left out, but at the end of the last piece.
    """
    starts = series.stretches(behind_row)
    if targets_per_row == 1:
        return starts
    whole = series.stretches(behind_row + targets_per_row - 1)
    return starts[np.isin(starts, whole) | (starts >= series.begins[-1])]


def _picked(windows: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The windows that start there; of a series in one piece all of them, which are not copied."""
    return windows if len(starts) == len(windows) else windows[starts]


def _check_varies(
    series: Series, preparation: Preparation, rows: np.ndarray, sizes: np.ndarray, timesteps: int
) -> None:
    """Check that whatever is scaled varies over the training rows, by more than rounding.

    `rows` and the numbers that rounding is a share of have shape (rows, columns, timesteps +
    targets). Raises DataError.
    """
    if preparation.scaling == "none":
        return
    rounding = ROUNDING * sizes.max(axis=0)
    constant = fit_scaler(preparation.scaling, rows).span <= rounding
    constant[1:, timesteps:] = False
    constant[0, timesteps:] &= preparation.scale_target
    if not constant.any():
        return
    column, step = np.argwhere(constant)[0]
    value = rows[:, column, step].mean()
    if abs(value) <= rounding[column, step]:
        value = 0
    kind = "differences" if preparation.lags else "values"
    whose, fix = f"its {kind}", "give a series that varies"
    if preparation.train_rows is not None:
        fix += " or more train_rows"
    if preparation.is_adjusted:
        whose, fix = f"its prepared {kind}", f"{fix}, or prepare it in fewer steps"
    if column:
        name = series.input_names[column - 1] if series.input_names else column
        whose, fix = f"the {kind} of its input {name}", f"remove {name} from inputs"
        # Constant differences of successive observations, unless 0, are of an input that varies.
        if preparation.lags and (value or preparation.lags != (1,)):
            fix += " or set difference: false"
    raise DataError(
        f"series {series.name}: {whose} are constant over the {len(rows)} training rows (all "
        f"{value:.6g}, up to rounding), so they cannot be scaled; {fix}"
    )


def _unanswered(inputs: np.ndarray) -> Rows | None:
    """Rows of unknown targets; None if there are none."""
    return Rows(inputs, np.full(len(inputs), np.nan, np.float32)) if len(inputs) else None


def _rows(
    inputs: np.ndarray,
    targets: np.ndarray,
    begins: np.ndarray | None,
    sequences: Sequences | None,
    part: slice,
) -> Rows:
    """Part of all rows, in the form that sequences have, whose lengths count from the first row."""
    inputs, targets = inputs[part], targets[part]
    begins = None if begins is None else begins[part]
    if sequences is None:
        return Rows(inputs, targets, begins=begins)
    count, timesteps, _ = inputs.shape
    kinds = sequences.longest - sequences.shortest + 1
    lengths = sequences.shortest + np.arange(part.start, part.start + count) % kinds
    present = np.arange(timesteps) >= timesteps - lengths[:, np.newaxis]
    if sequences.is_stepwise:
        row, step = np.nonzero(present)
        ends = step == timesteps - 1
        return Rows(
            inputs[row, step][:, np.newaxis],
            targets[row],
            begins=step == timesteps - lengths[row],
            tells=ends,
            learns=ends if sequences.form == "stepwise_last" else None,
        )
    if sequences.form == "masking":
        filled = np.where(present[..., np.newaxis], inputs, np.float32(MASK_VALUE))
        return Rows(filled, targets, present=present, begins=begins)
    filled = np.where(present[..., np.newaxis], inputs, np.float32(0))
    if sequences.form == "flag":
        filled = np.concatenate([filled, present[..., np.newaxis].astype(np.float32)], axis=2)
    return Rows(filled, targets, begins=begins)

"""A time series, or sequences with labels, in memory; no scenarios, networks or files here."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Series:
    """One time series and what is known about it, its last `test_rows` values held out."""

    name: str
    values: np.ndarray
    """Observations in time order, shape (observations,), in the series' own units."""
    labels: tuple[str, ...]
    """One label per observation, as the file gives them."""
    test_rows: int
    inputs: np.ndarray | None = None
    """What networks see beside the observations, shape (observations, inputs)."""
    horizon: int = 0
    """How many steps beyond the last observation are forecast."""
    input_names: tuple[str, ...] = ()
    """What the columns of `inputs` are called."""
    frequency: str | None = None
    """How often it was observed, such as "monthly"; None: its labels are no dates."""
    period: int | None = None
    """Observations of a year or, of more frequent ones, of a week or a day; None: not known."""
    assumed: tuple[str, ...] = ()
    """What was assumed when its file was read, each in a few words."""
    begins: tuple[int, ...] = (0,)
    """Where its pieces begin; what follows on an observation of one is never of another."""
    steps_ahead: int = 1
    """How many steps ahead of each of its origins the test forecasts."""

    def without_last(self, count: int) -> "Series":
        """The series as it was so many observations earlier."""
        return replace(
            self,
            values=self.values[:-count],
            labels=self.labels[:-count],
            inputs=None if self.inputs is None else self.inputs[:-count],
            begins=tuple(start for start in self.begins if start < len(self.values) - count),
        )

    def without_first(self, count: int) -> "Series":
        """The series without its so many oldest observations."""
        return replace(
            self,
            values=self.values[count:],
            labels=self.labels[count:],
            inputs=None if self.inputs is None else self.inputs[count:],
            begins=(0, *(start - count for start in self.begins if start > count)),
        )

    @property
    def is_in_pieces(self) -> bool:
        """Whether there are several."""
        return len(self.begins) > 1

    @property
    def pieces(self) -> np.ndarray:
        """The number of the piece that each observation is in, shape (observations,)."""
        return np.searchsorted(self.begins, np.arange(len(self.values)), side="right") - 1

    def stretches(self, length: int) -> np.ndarray:
        """Where so many successive observations of one piece begin, shape (stretches,)."""
        pieces = self.pieces
        last = pieces[length - 1 :]
        return np.flatnonzero(pieces[: len(last)] == last)

    @property
    def training_differences(self) -> np.ndarray:
        """From one observation before the test to the next of the same piece, in time order."""
        places = self.stretches(2)
        places = places[places + 1 < len(self.values) - self.test_rows]
        return self.values[places + 1] - self.values[places]

    @property
    def targets(self) -> np.ndarray:
        """The place of the observation that each forecast of the test is of.

        Shape (origins, steps_ahead): an origin is an observation after which forecasts are made,
        and all of them have as many steps, so that each step is measured over equally many.
        """
        first = len(self.values) - self.test_rows
        origins = self.test_rows - self.steps_ahead + 1
        return first + np.arange(origins)[:, np.newaxis] + np.arange(self.steps_ahead)

    @property
    def actual(self) -> np.ndarray:
        """The observation that each forecast of the test is of, shape (origins * steps_ahead,)."""
        return self.values[self.targets].ravel()

    @property
    def steps(self) -> tuple[np.ndarray, np.ndarray]:
        """Which test value each forecast is of, and how many steps ahead, both counted from 1.

        In the order of `actual`, shape (origins * steps_ahead,) each.
        """
        step = 1 + self.targets - (len(self.values) - self.test_rows)
        return step.ravel(), np.tile(1 + np.arange(self.steps_ahead), len(step))

    @property
    def columns(self) -> np.ndarray:
        """The observations and the inputs beside them, shape (observations, 1 + inputs)."""
        values = self.values[:, np.newaxis]
        return values if self.inputs is None else np.hstack([values, self.inputs])

    @property
    def content(self) -> tuple[np.ndarray, ...]:
        """All its numbers."""
        return (self.columns,)

    @property
    def task(self) -> str:
        """What can be asked of it: a key of tasks.TASKS."""
        return "regression"

    @property
    def held_out(self) -> int:
        """How many observations, or sequences, are the test."""
        return self.test_rows

    @property
    def forecasts_per_row(self) -> np.ndarray:
        """How many forecasts belong to each row of the test, shape (rows,)."""
        return np.full(len(self.targets), self.steps_ahead)

    @property
    def forecast_shape(self) -> tuple[int, ...]:
        """The shape of the forecasts of its test rows."""
        return (self.targets.size,)


@dataclass(frozen=True, kw_only=True)
class LabelledSequences(Series):
    """Sequences with labels, as a series of labels in which the last sequences are held out.

    `values` are the numbers of the labels, shape (labels,), and `labels` the names of what has one:
    of each sequence, or of each of their steps. `test_rows` counts the labels of the sequences held
    out.
    """

    sequences: tuple[np.ndarray, ...]
    """In time order, each of shape (its length, features)."""
    classes: tuple[str, ...]
    """The different labels; a label's number is its place here."""
    labels_each_step: bool = False
    """Whether each step has a label, or the sequence one."""

    def labels_of(self, sequence: int) -> np.ndarray:
        """The numbers of a sequence's labels, shape (1,) or (its length,)."""
        if not self.labels_each_step:
            return self.values[sequence : sequence + 1]
        return self.values[self._starts[sequence] : self._starts[sequence + 1]]

    @cached_property
    def _starts(self) -> np.ndarray:
        """Where the labels of each sequence's steps begin, and those of one more would."""
        return np.cumsum([0, *map(len, self.sequences)])

    @property
    def held_out(self) -> int:
        """How many sequences are the test."""
        if not self.labels_each_step:
            return self.test_rows
        held_out = np.cumsum([len(sequence) for sequence in reversed(self.sequences)])
        return 1 + int(np.searchsorted(held_out, self.test_rows))

    @property
    def forecasts_per_row(self) -> np.ndarray:
        """How many labels belong to each sequence of the test, shape (sequences,)."""
        of_test = range(len(self.sequences) - self.held_out, len(self.sequences))
        return np.array([len(self.labels_of(sequence)) for sequence in of_test])

    @property
    def content(self) -> tuple[np.ndarray, ...]:
        """All its numbers."""
        return (self.columns, *self.sequences)

    @property
    def task(self) -> str:
        """What can be asked of it: a key of tasks.TASKS."""
        return "classification"

    @property
    def forecast_shape(self) -> tuple[int, ...]:
        """The shape of the forecasts of its test rows: of each row the probabilities of labels."""
        return self.test_rows, len(self.classes)

"""Sequences with labels, one each or one at each step: from a file in long form, or made up."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from thousandfold.errors import DataError
from thousandfold.reading.files import read_sheet
from thousandfold.reading.numbers import BEYOND, LARGEST_VALUE, numbers_of
from thousandfold.reading.options import AS_IT_IS, LabelColumns, Treatment
from thousandfold.reading.sheets import Sheet, counted
from thousandfold.seeds import data_generator
from thousandfold.series import LabelledSequences
from thousandfold.synthetic import Synthetic


def read_sequences(
    name: str,
    path: Path,
    columns: LabelColumns,
    features: Sequence[str],
    test_rows: int,
    treatment: Treatment = AS_IT_IS,
    split_seed: int | None = None,
) -> LabelledSequences:
    """Read sequences from a file with a row for each timestep of each sequence.

    Sequences are in the order in which the file begins them or, with a `split_seed`, in a random
    one; the last `test_rows` are the test. Raises DataError, naming the file, the line and the fix,
    if it cannot be read, if a column is missing, if a cell is empty, not a number or not finite, if
    a sequence has the same time twice, or two labels where not each step has its own.
    """
    sheet = read_sheet(path, treatment.read).where(treatment.where)
    ids, labels = (_filled(sheet, column) for column in (columns.sequence, columns.label))
    values = np.column_stack([_finite(sheet, feature, treatment) for feature in features])
    times = None if columns.time is None else _finite(sheet, columns.time, treatment)
    rows: dict[str, list[int]] = {}
    for row, sequence in enumerate(ids):
        rows.setdefault(sequence, []).append(row)
    classes, numbers = np.unique(labels, return_inverse=True)
    for of_sequence in rows.values():
        if not columns.each_step:
            _check_same(sheet, columns, of_sequence, labels)
        if times is not None:
            of_sequence.sort(key=times.__getitem__)
            _check_times(sheet, columns, of_sequence, times)
    names, places = list(rows), [np.array(of_sequence) for of_sequence in rows.values()]
    if split_seed is not None:
        order = data_generator(split_seed, "order of sequences").permutation(len(names))
        names, places = [names[i] for i in order], [places[i] for i in order]
    return _labelled(
        name,
        names,
        [values[of_sequence] for of_sequence in places],
        [numbers[of_sequence] for of_sequence in places],
        test_rows,
        tuple(map(str, classes)),
        tuple(features),
        each_step=columns.each_step,
    )


def made_up(name: str, synthetic: Synthetic, test_rows: int) -> LabelledSequences:
    """Sequences that are made up."""
    assert synthetic.labels is not None
    sequences, numbers = synthetic.labelled()
    return _labelled(
        name,
        [str(number + 1) for number in range(len(sequences))],
        sequences,
        numbers,
        test_rows,
        tuple(str(number) for number in range(synthetic.labels.classes)),
        each_step=synthetic.labels.each == "step",
    )


def _labelled(
    name: str,
    names: Sequence[str],
    sequences: Sequence[np.ndarray],
    labels: Sequence[np.ndarray],
    test_sequences: int,
    classes: tuple[str, ...],
    input_names: tuple[str, ...] = (),
    *,
    each_step: bool,
) -> LabelledSequences:
    """Sequences, the last of them the test, with the numbers of their labels.

    Those of each have shape (its length,) or, unless `each_step` has its own, also (1,).
    """
    if not each_step:
        labels = [of_sequence[:1] for of_sequence in labels]
    lengths = [len(of_sequence) for of_sequence in labels]
    steps = [
        f"{of} at {step + 1}" for of, n in zip(names, lengths, strict=True) for step in range(n)
    ]
    return LabelledSequences(
        name,
        np.concatenate(labels).astype(float),
        tuple(steps if each_step else names),
        sum(lengths[-test_sequences:]),
        input_names=input_names,
        sequences=tuple(sequences),
        classes=classes,
        labels_each_step=each_step,
    )


def described(data: LabelledSequences) -> str:
    """How many sequences there are, of what lengths and how many features."""
    lengths = sorted(map(len, data.sequences))
    span = f"{lengths[0]}" if lengths[0] == lengths[-1] else f"{lengths[0]} to {lengths[-1]}"
    features = counted(data.sequences[0].shape[1], "feature")
    with_labels = ", each with a label" if data.labels_each_step else ""
    return f"{len(data.sequences)} sequences of {span} values of {features}{with_labels}"


def in_words(data: LabelledSequences) -> str:
    """The same, and how many of each label, in one line."""
    counts = np.bincount(data.values.astype(int), minlength=len(data.classes))
    labels = ", ".join(f"{label} {n}" for label, n in zip(data.classes, counts, strict=True))
    return f"{data.name}: {described(data)}; labels: {labels}"


def _filled(sheet: Sheet, column: str) -> list[str]:
    """A column's texts, none of them missing."""
    texts = sheet.texts(sheet.column(column))
    for row, text in enumerate(texts):
        if not text.strip():
            raise DataError(f"{sheet.at(column, row)}: is empty; fill it, or remove the line")
    return texts


def _finite(sheet: Sheet, column: str, treatment: Treatment) -> np.ndarray:
    """A column's numbers, none of them missing or too large."""
    numbers = numbers_of(sheet, column, treatment.read).values
    for row in np.flatnonzero(~(np.abs(numbers) <= LARGEST_VALUE)).tolist():
        problem = "the value is missing" if np.isnan(numbers[row]) else BEYOND
        raise DataError(f"{sheet.at(column, row)}: {problem}; correct it, or remove the sequence")
    return numbers


def _check_same(sheet: Sheet, columns: LabelColumns, rows: list[int], labels: list[str]) -> None:
    """A sequence has one label."""
    first = rows[0]
    for row in rows:
        if labels[row] != labels[first]:
            sequence = sheet.rows[row][sheet.column(columns.sequence)]
            raise DataError(
                f"{sheet.at(columns.label, row)}: sequence {sequence} has the label "
                f"{labels[row]!r}, and {labels[first]!r} in {sheet.places[first]}; give each "
                "sequence one label, cut it where the label changes, or set label_each: step"
            )


def _check_times(sheet: Sheet, columns: LabelColumns, rows: list[int], times: np.ndarray) -> None:
    """No two rows of a sequence, which are in order, have the same time."""
    twice = np.flatnonzero(np.diff(times[rows]) == 0)
    if twice.size:
        one, other = rows[twice[0]], rows[twice[0] + 1]
        raise DataError(
            f"{sheet.at(str(columns.time), other)}: {times[other]:g} is there twice in one "
            f"sequence ({sheet.places[one]} has it too); keep one"
        )

"""The origin of every random number: the study's seed, the names and the repeat's index.

Only this module makes seeds. Names enter through SHA-256, never through `hash()` or a
position, so that neither the order of a config nor the block a repeat is trained in matters.
"""

import hashlib
from functools import cache

import numpy as np

SEED_LIMIT = 2**53
"""Seeds lie below this, so that every table format and language holds them exactly."""

WEIGHT_SEED_LIMIT = 2**31 - 2
"""Keras reduces the seeds of its initialisers modulo this number."""


@cache
def _words(name: str) -> tuple[int, ...]:
    """A name's SHA-256 digest as eight unsigned 32-bit words, SeedSequence's native unit."""
    return tuple(np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype=">u4").tolist())


def repeat_seed(study_seed: int, series: str, name: str, repeat: int) -> int:
    """The seed of one repeat, below 2**53; it alone determines the repeat's training.

    `name` is the scenario's, or that of the stream which paired scenarios share.
    """
    entropy = [study_seed, *_words(series), *_words(name), repeat]
    return int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0] % SEED_LIMIT)


def resampling_seed(study_seed: int, series: str, scenario: str, purpose: str) -> int:
    """The seed of an analysis that resamples a scenario's repeats; one for each purpose."""
    entropy = [study_seed, *_words(series), *_words(scenario), *_words(f"resampling {purpose}")]
    return int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0] % SEED_LIMIT)


def weight_seed(seed: int, weight: str) -> int:
    """The seed of one weight's initialiser in the repeat that has this seed."""
    state = np.random.SeedSequence([seed, *_words(f"weight {weight}")]).generate_state(1, np.uint64)
    return int(state[0] % WEIGHT_SEED_LIMIT)


def layer_weight(weight: str, depth: int) -> str:
    """What a weight of the layer at this depth, from 0, is called and seeded by."""
    return f"{weight} {depth}" if depth else weight


def shuffling_generator(seed: int) -> np.random.Generator:
    """The generator that orders the rows of each epoch in the repeat that has this seed."""
    return np.random.default_rng([seed, *_words("shuffle")])


def epoch_orders(generator: np.random.Generator, epochs: int, rows: int) -> np.ndarray:
    """The order of the rows in each of the next epochs: an (epochs, rows) array of row numbers.

    Asking twice for 5 epochs gives the same as asking once for 10.
    """
    return generator.permuted(np.tile(np.arange(rows, dtype=np.int32), (epochs, 1)), axis=1)


def data_generator(seed: int, purpose: str) -> np.random.Generator:
    """The generator of data: it makes up a series, or draws some of many."""
    return np.random.default_rng([seed, *_words(f"data {purpose}")])

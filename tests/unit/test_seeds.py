from itertools import product

import numpy as np
import pytest
from scipy import stats

from thousandfold.seeds import (
    SEED_LIMIT,
    WEIGHT_SEED_LIMIT,
    epoch_orders,
    repeat_seed,
    resampling_seed,
    shuffling_generator,
    weight_seed,
)

EXPECTED = {"repeat": 5208508223407559, "kernel": 447546763}


def test_seeds_never_change():
    """Published results are reproduced by these; a change here breaks every stored study."""
    assert repeat_seed(20170421, "shampoo", "stateful", 0) == EXPECTED["repeat"]
    assert weight_seed(EXPECTED["repeat"], "kernel") == EXPECTED["kernel"]


def test_every_part_of_a_repeats_name_matters():
    keys = list(product((1, 2), ("a", "b", "ab"), ("", "a", "b"), range(50)))
    seeds = {repeat_seed(*key) for key in keys}
    assert len(seeds) == len(keys)
    assert max(seeds) < SEED_LIMIT == 2**53
    assert not seeds & {resampling_seed(1, s, c, "x") for s, c in product("ab", "ab")}


def test_weights_have_seeds_of_their_own():
    seeds = [weight_seed(repeat, name) for repeat in range(500) for name in ("a", "b", "c")]
    assert len(set(seeds)) == len(seeds)
    assert max(seeds) < WEIGHT_SEED_LIMIT == 2**31 - 2
    # Spread over the whole range, not its lower end.
    assert np.mean(seeds) == pytest.approx(WEIGHT_SEED_LIMIT / 2, rel=0.05)


def test_every_row_is_as_likely_at_every_position():
    """Chi-square over 22 rows and positions, 40,000 orders from 400 repeats; fixed seeds."""
    orders = np.vstack([epoch_orders(shuffling_generator(seed), 100, 22) for seed in range(400)])
    counts = np.array([np.bincount(column, minlength=22) for column in orders.T])
    expected = len(orders) / 22
    statistic = ((counts - expected) ** 2 / expected).sum()
    # Rows and columns of the table have fixed sums: (22 - 1)^2 degrees of freedom.
    assert 0.001 < stats.chi2.sf(statistic, df=21**2) < 0.999


def test_orders_are_permutations_that_do_not_depend_on_how_they_are_asked_for():
    whole = epoch_orders(shuffling_generator(5), 30, 22)
    generator = shuffling_generator(5)
    parts = np.vstack([epoch_orders(generator, n, 22) for n in (1, 9, 20)])
    np.testing.assert_array_equal(whole, parts)
    np.testing.assert_array_equal(np.sort(whole, axis=1), np.tile(np.arange(22), (30, 1)))
    assert len({tuple(order) for order in whole}) == 30
    assert not np.array_equal(whole, epoch_orders(shuffling_generator(6), 30, 22))

"""Studies with which an earlier release trained something wrong, or blamed the wrong thing."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from support import ROOT, STATELESS

from thousandfold.config import load_study
from thousandfold.layers import ConfigError
from thousandfold.series import Series, SeriesError, read_series
from thousandfold.supervised import supervise

CASES = ROOT / "tests/cases/trained"


def load(case, monkeypatch, **changes):
    """A case's study; `changes` are keys of its `model`."""
    monkeypatch.chdir(CASES / case)
    config = yaml.safe_load(Path("c.yaml").read_text(encoding="utf-8"))
    config["model"] |= changes
    return load_study(config, [])


# What may be scaled


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("21-near-constant", "series s: its differences are constant over the 22 training rows "
         "(all 0.1, up to rounding), so they cannot be scaled; give a series that varies"),
        ("23-linear-input", "series shampoo: the differences of its input t are constant over the "
         "22 training rows (all 1, up to rounding), so they cannot be scaled; remove t from "
         "inputs or set difference: false"),
    ],
)  # fmt: skip
def test_one_error_that_blames_what_is_constant(case, said, monkeypatch):
    with pytest.raises(ConfigError, match=re.escape(said)):
        load(case, monkeypatch)


def test_the_mend_of_a_linear_input_mends_it(monkeypatch):
    assert load("23-linear-input", monkeypatch, difference=False)


def series_of(values, inputs=None, names=()):
    values = np.asarray(values, float)
    labels = tuple(map(str, range(len(values))))
    return Series("s", values, labels, 4, inputs, input_names=names)


LINE = 0.1 * np.arange(36)
SINE = np.sin(np.arange(36.0))
SCALINGS = ("symmetric", "unit", "standard")


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("timesteps", [1, 3])
@pytest.mark.parametrize(
    ("values", "difference", "each"),
    [
        (100 + LINE, True, "0.1"), (np.round(1e5 - 7 * LINE, 1), True, "-0.7"),
        (1e10 * (100 + LINE), True, "1e+09"), (1e-12 * (100 + LINE), True, "1e-13"),
        (np.cumsum(np.full(36, 0.1)), True, "0.1"), (np.full(36, 5.0), True, "0"),
        (np.full(36, 0.1), False, "0.1"), (np.full(36, -7e50), False, "-7e+50"),
        (np.where(np.arange(36) % 2, 0.3, 0.1 + 0.2), False, "0.3"),
        (np.where(np.arange(36) < 9, 0.3, 0.1 + 0.2), True, "0"), (np.zeros(36), False, "0"),
    ],
)  # fmt: skip
def test_what_varies_by_rounding_only_is_constant(values, difference, each, timesteps, scaling):
    regime = replace(STATELESS, difference=difference, timesteps=timesteps, scaling=scaling)
    kind = "differences" if difference else "values"
    said = re.escape(f"its {kind} are constant over the {36 - difference - timesteps - 4}")
    with pytest.raises(SeriesError, match=f"{said}.*{re.escape(f'(all {each}, up')}"):
        supervise(series_of(values), regime)
    varying = series_of(SINE, np.stack([SINE, values], axis=1), ("fine", "dull"))
    with pytest.raises(SeriesError, match=f"the {kind} of its input dull are constant") as refusal:
        supervise(varying, regime)
    assert ("set difference: false" in str(refusal.value)) == (difference and each != "0")


AIR_PASSENGERS = [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135]
NOISE = np.random.default_rng(0).normal(size=36)


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("difference", [True, False])
@pytest.mark.parametrize(
    "values",
    [
        np.multiply(AIR_PASSENGERS, 1e10), np.multiply(AIR_PASSENGERS, 1e-12),
        np.multiply(AIR_PASSENGERS, 1e90), np.multiply(AIR_PASSENGERS, 1e-90),
        1e6 + 1e-3 * NOISE, 1e6 + 1e-7 * NOISE, -1e6 + 1e-3 * NOISE, 1e-3 * NOISE,
        # A last value of another size, which no training row sees.
        np.append(NOISE, 1e30), np.append(1e30, NOISE),
    ],
)  # fmt: skip
def test_what_varies_is_not_refused(values, difference, scaling):
    regime = replace(STATELESS, difference=difference, scaling=scaling)
    data = supervise(series_of(values), regime)
    assert np.isfinite(data.train.inputs).all()
    assert np.ptp(data.train.targets) > 0


def test_the_target_and_what_is_not_scaled():
    """The target is the series' last step alone; nothing else of a row's last step is used."""
    jump = np.where(np.arange(36) == 0, 3.0, 5.0)
    values = replace(STATELESS, difference=False, timesteps=1)
    with pytest.raises(SeriesError, match="its values are constant"):
        supervise(series_of(jump), values)
    supervise(series_of(jump), replace(values, scale_target=False))
    supervise(series_of(SINE, jump[:, np.newaxis]), values)
    supervise(series_of(np.full(36, 5e20)), replace(values, scaling="none"))


def test_only_the_training_rows_count():
    """Here the last eight before the test, which are constant whatever comes before and after."""
    values = np.concatenate([SINE[:20], np.full(12, 0.3), SINE[:4]])
    regime = replace(STATELESS, difference=False, train_rows=8)
    with pytest.raises(
        SeriesError, match=r"its values are constant over the 8 training rows \(all 0\.3,"
    ):
        supervise(series_of(values), regime)


def test_inputs_without_names_are_numbered_and_read_ones_have_theirs(tmp_path):
    with pytest.raises(SeriesError, match="its input 1 are"):
        supervise(series_of(SINE, LINE[:, np.newaxis]), STATELESS)
    (tmp_path / "x.csv").write_text("t,y,a,b\n1,1,1,1\n2,2,2,2\n", encoding="utf-8")
    assert read_series("x", tmp_path / "x.csv", "y", 1, inputs=["b", "a"]).input_names == ("b", "a")

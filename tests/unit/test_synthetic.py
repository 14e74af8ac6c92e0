"""Series that are made up, judged by independent code."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.tsa.ar_model import AutoReg

from thousandfold.config import study_of
from thousandfold.config_files import ConfigError
from thousandfold.data import load_series
from thousandfold.loading import load_study
from thousandfold.synthetic import Echo, Synthetic

LONG = 20_000


@pytest.mark.parametrize(("lag", "strength"), [(1, 0.5), (2, 0.9), (5, 0.8)])
def test_an_echo_is_the_autoregression_that_it_claims_to_be(lag, strength):
    values = Synthetic(LONG, 1, Echo(lag, strength)).values()
    fit = AutoReg(values, lags=lag + 2).fit()
    expected = np.zeros(lag + 3)
    expected[lag] = strength
    np.testing.assert_allclose(fit.params, expected, atol=5 * fit.bse.max())
    assert np.sqrt(fit.sigma2) == pytest.approx(np.sqrt(1 - strength**2), rel=0.03)
    assert values.std() == pytest.approx(1, abs=0.1)
    assert acorr_ljungbox(fit.resid, lags=[10])["lb_pvalue"].iloc[0] > 0.001


def test_noise_is_independent_and_standard_normal():
    values = Synthetic(LONG, 1).values()
    assert acorr_ljungbox(values, lags=[20])["lb_pvalue"].iloc[0] > 0.001
    assert stats.kstest(values, "norm").pvalue > 0.001


def test_only_the_seed_decides():
    echo = Echo(2, 0.9)
    one, same, other = (Synthetic(60, seed, echo).values() for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.isclose(one, other).any()
    assert len(one) == 60


def test_values_never_change():
    """The verdicts of a shipped study rest on these."""
    assert Synthetic(3, 1).values() == pytest.approx(NOISE)
    assert Synthetic(3, 1, Echo(2, 0.9)).values() == pytest.approx(ECHO)


NOISE = [1.0317318579995491, 0.8165545878333074, -0.49245348564310576]
ECHO = [0.6092974272092917, -1.9453594703287016, 0.333712186657097]


def config_of(**entry):
    made = {"observations": 60, "seed": 1}
    return {
        "study": {"seed": 1, "margin": 1},
        "series": {"made": {"test_rows": 12, "synthetic": made, **entry}},
        "scenarios": {"a": {"stateful": False}},
    }


def test_a_config_says_how_a_series_is_made():
    echo = {"synthetic": {"observations": 60, "seed": 3, "echo": {"lag": 4, "strength": 0.5}}}
    study = study_of(config_of(title="Made up", unit="sd", margin=0.1, horizon=2, **echo))
    [source] = study.series
    series = load_series(source)
    np.testing.assert_array_equal(series.values, Synthetic(60, 3, Echo(4, 0.5)).values())
    assert (source.title, source.unit, source.margin, source.file) == ("Made up", "sd", 0.1, None)
    assert (series.test_rows, series.horizon, series.labels[-1], series.period) == (
        12,
        2,
        "60",
        None,
    )
    assert study.series_files == ()
    assert load_series(study_of(config_of(period=4)).series[0]).period == 4
    assert study_of(config_of()).series[0].synthetic == Synthetic(60, 1)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"value": "y"}, "series.made.value: does not go with what is made up; remove it"),
        ({"where": {"a": "b"}}, "series.made.where: does not go with what is made up"),
        ({"test_rows": 60}, "series.made.synthetic.observations: 60 is not more than the 60 test_rows"),
        ({"synthetic": {"observations": 60}}, "series.made.synthetic: the key 'seed' is missing"),
        ({"synthetic": {"observations": 60, "seed": 1, "echo": {"lag": 2}}}, "echo: the key 'strength' is missing"),
        ({"synthetic": {"observations": 60, "seed": 1, "echo": {"lag": 2, "strength": 1}}}, "has to be less than 1"),
    ],
)  # fmt: skip
def test_a_series_that_cannot_be_made(entry, problem):
    with pytest.raises(ConfigError) as caught:
        load_study(config_of(**entry), [])
    assert problem in str(caught.value)

"""Checks of the training itself: whether what has to give the same numbers does.

Scenarios that are the same by construction, trained from shared seeds; and the fast engine
beside stock Keras, for a few epochs of a scenario of each kind. (The tests compare the engines
for every kind of layer, optimizer, sequence and scenario.)
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from thousandfold.engines.lanes import repeats_come_first
from thousandfold.measuring import measured
from thousandfold.metrics import first_metric
from thousandfold.scenario import Refit, TrainedScenario
from thousandfold.series import Series
from thousandfold.study import ScenarioPair, TrainedStudy
from thousandfold.tables.rows import FidelityRow, IdentityRow
from thousandfold.training import train_repeats

IDENTITY_REPEATS = 20

FIDELITY_REPEATS = 2

FIDELITY_EPOCHS = 5

TOLERANCE = 1e-5
"""As a share of the error; the engines' own tolerance against each other."""


def _errors(
    study: TrainedStudy, series: Series, scenario: TrainedScenario, repeats: int
) -> np.ndarray:
    trained = train_repeats(scenario, series, study.seed, range(repeats))
    task = scenario.regime.task
    return measured(trained, series, task)[first_metric(task)].to_numpy()


def _agreement(errors: list[np.ndarray]) -> dict[str, Any]:
    """How far apart two scenarios' repeats are; repeats that diverged in both agree."""
    differences = np.abs(errors[0] - errors[1])
    both_diverged = np.isnan(errors[0]) & np.isnan(errors[1])
    largest = float(np.max(np.where(both_diverged, 0.0, differences)))
    size = float(np.max(np.nan_to_num(np.abs(errors))))
    return {"largest_difference": largest, "holds": largest <= TOLERANCE * size}


def check_identity(study: TrainedStudy, series: Series, identity: ScenarioPair) -> IdentityRow:
    """The identities table's row of one identity on one series."""
    scenarios = [
        replace(study.scenario(name), seeded_by=f"identity {identity.id}")
        for name in (identity.a, identity.b)
    ]
    errors = [_errors(study, series, scenario, IDENTITY_REPEATS) for scenario in scenarios]
    return IdentityRow(
        series=series.name, id=identity.id, scenario_a=identity.a, scenario_b=identity.b,
        repeats=IDENTITY_REPEATS, **_agreement(errors),
    )  # fmt: skip


def checked_scenarios(study: TrainedStudy) -> Iterator[TrainedScenario]:
    """The first scenario of the fast engine of each kind of network and training."""
    seen = set()
    for scenario in study.scenarios:
        regime = scenario.regime
        network, sequences, training = regime.network, regime.preparation.sequences, regime.training
        cut = regime.preparation.cut
        kind = (
            regime.state.stateful, network.layer, network.layers > 1, network.dropout > 0,
            training.optimizer.name, training.loss, training.optimizer.clips_by_norm,
            sequences and sequences.form, cut and cut.form, training.early_stopping is not None,
            training.reduce_on_plateau is not None, regime.state.validate_from_zero,
            repeats_come_first(regime), regime.preparation.strategy, training.refit is not None,
        )  # fmt: skip
        if regime.execution.engine == "replicated" and kind not in seen:
            seen.add(kind)
            yield scenario


def _of_one_update(refit: Refit | None, series: Series) -> Refit | None:
    """One update, about the middle of the test, shows as much as many, in less time."""
    if refit is None:
        return None
    times = -(-len(series.targets) // (2 * refit.every))
    return Refit(refit.every * times, min(FIDELITY_EPOCHS, refit.epochs))


def check_fidelity(study: TrainedStudy, series: Series, scenario: TrainedScenario) -> FidelityRow:
    """The fidelity table's row of one scenario on one series."""
    epochs = min(FIDELITY_EPOCHS, scenario.regime.training.epochs)
    short = {"epochs": epochs, "refit": _of_one_update(scenario.regime.training.refit, series)}
    engines = [
        replace(scenario, regime=scenario.regime.varied(**short, engine=engine))
        for engine in ("replicated", "keras")
    ]
    errors = [_errors(study, series, each, FIDELITY_REPEATS) for each in engines]
    return FidelityRow(
        series=series.name, scenario=scenario.name, repeats=FIDELITY_REPEATS, epochs=epochs,
        **_agreement(errors),
    )  # fmt: skip

"""From a scenario's fields to its regime: which settings go together, and which do not."""

from dataclasses import replace
from typing import Any

from thousandfold.engine_choice import supports
from thousandfold.scenario import (
    Cut,
    EarlyStopping,
    Optimizer,
    ReduceOnPlateau,
    Refit,
    Regime,
    Sequences,
    TrainedScenario,
)
from thousandfold.schema import BadKeyError

OPTIMIZER_OPTIONS = {
    "adam": {"beta_1", "beta_2", "epsilon", "amsgrad"},
    "rmsprop": {"rho", "momentum", "epsilon", "centered"},
    "sgd": {"momentum", "nesterov"},
}
"""What each optimizer takes beside clipping."""

CLIPPING = {"clipvalue", "clipnorm", "global_clipnorm"}


def trained_scenario(
    name: str, own: dict[str, Any], model: dict[str, Any], settings: dict[str, Any]
) -> TrainedScenario:
    """A scenario of the config, from its own fields, the shared ones and the study's settings.

    What the replicated engine cannot train goes to stock Keras. Raises BadKeyError.
    """
    values = {**model, "model": None, **own}
    label = values.pop("label", name)
    is_paired = settings["design"] == "paired"
    if not is_paired and "stream" in own:
        raise BadKeyError(
            ("scenarios", name, "stream"),
            "only a paired study has streams; remove it or set study.design: paired",
        )
    if values["model"] and not settings["trust_models"]:
        raise BadKeyError(
            ("scenarios", name, "model"),
            "runs code of its own; if you trust it, allow it by study.trust_models: true",
        )
    seeded_by = f"stream {own.get('stream', 0)}" if is_paired else name
    # Keras takes a whole number for no learning rate.
    values["learning_rate"] = float(values["learning_rate"])
    values["dropout"] = float(values["dropout"])
    if isinstance(values["difference"], list):
        values["difference"] = tuple(values["difference"])
    values["huber_delta"] = float(values["huber_delta"])
    values["optimizer"] = _optimizer(name, values["optimizer"])
    values |= _validation(name, values)
    if values["refit"]:
        values["refit"] = Refit(**values["refit"])
    if values["sequences"]:
        values["sequences"] = _sequences(name, values)
        stepwise = values["sequences"].is_stepwise
        values["timesteps"] = 1 if stepwise else values["sequences"].longest
    if values["cut"]:
        values["cut"] = _cut(name, values["cut"])
    regime = replace(Regime.of(**values), task=settings["task"], classes=classes_of(settings))
    for key, problem in _contradictions(regime):
        raise BadKeyError(("scenarios", name, key), problem)
    if not supports(regime):
        regime = regime.varied(engine="keras")
    return TrainedScenario(
        name, label, regime, seeded_by, deterministic=bool(own.get("deterministic"))
    )


def classes_of(settings: dict[str, Any]) -> int | None:
    """How many labels a study's sequences have; None: its task has none."""
    return (settings["classes"] or 2) if settings["task"] == "classification" else None


def _optimizer(scenario: str, options: dict[str, Any]) -> Optimizer:
    name = options["name"]
    for option in options:
        if option != "name" and option not in OPTIMIZER_OPTIONS[name] | CLIPPING:
            takes = ", ".join(sorted(OPTIMIZER_OPTIONS[name] | CLIPPING))
            raise BadKeyError(
                ("scenarios", scenario, "optimizer", option),
                f"{name} has no use for it; it takes {takes}",
            )
    if len(CLIPPING & set(options)) > 1:
        raise BadKeyError(
            ("scenarios", scenario, "optimizer"),
            "clips gradients in two ways; keep one of clipvalue, clipnorm and global_clipnorm",
        )
    return Optimizer(name, tuple(sorted((k, v) for k, v in options.items() if k != "name")))


VALIDATING: dict[str, type[Any]] = {
    "early_stopping": EarlyStopping,
    "reduce_on_plateau": ReduceOnPlateau,
}
"""What is decided by the loss of validation rows, by its key in config."""


def _validation(scenario: str, values: dict[str, Any]) -> dict[str, Any]:
    """The fields of what watches validation rows, and how many rows these are."""
    rules = {key: dict(values[key]) for key in VALIDATING if values[key]}
    rows = {rule.pop("validation_rows") for rule in rules.values()}
    if len(rows) > 1:
        raise BadKeyError(
            ("scenarios", scenario, "reduce_on_plateau", "validation_rows"),
            "is not that of early_stopping; give both the same number, they watch the same rows",
        )
    if not rows and values.get("validate_from_zero"):
        raise BadKeyError(
            ("scenarios", scenario, "validate_from_zero"),
            "nothing is validated; remove it, or add early_stopping or reduce_on_plateau",
        )
    made = {key: VALIDATING[key](**rule) for key, rule in rules.items()}
    return made | {"validation_rows": rows.pop() if rows else 0}


def _sequences(scenario: str, values: dict[str, Any]) -> Sequences:
    sequences = Sequences(**values["sequences"])
    if sequences.longest < sequences.shortest:
        raise BadKeyError(
            ("scenarios", scenario, "sequences", "longest"),
            f"{sequences.longest} is less than shortest, {sequences.shortest}; give at least that",
        )
    return sequences


def _cut(scenario: str, fields: dict[str, Any]) -> Cut:
    every = fields["every"]
    if fields["form"] != "windows" and every is not None:
        raise BadKeyError(("scenarios", scenario, "cut", "every"), "is about windows; remove it")
    return Cut(fields["form"], every)


def _contradictions(regime: Regime) -> list[tuple[str, str]]:
    """Each field that does not go with the others, why, and the fix."""
    network, training, stateful = regime.network, regime.training, regime.state.stateful
    preparation = regime.preparation
    sequences, stepwise = preparation.sequences, preparation.is_stepwise
    masked = sequences is not None and sequences.form == "masking"
    not_stepwise = (
        "is not made for one timestep at a time; remove it or take another form of sequences"
    )
    found = {
        "box_cox_lambda": (
            preparation.box_cox_lambda is not None and preparation.transform != "box_cox",
            "is of transform: box_cox only; remove it or set that",
        ),
        "shuffle": (
            stateful and training.shuffle,
            "a stateful network carries its state from row to row, so their order is its memory "
            "and cannot be shuffled; set shuffle: false or stateful: false",
        ),
        "stateful": (
            stateful and not network.is_recurrent and network.model is None,
            "a feed-forward network has no state; set stateful: false",
        ),
        "bidirectional": (
            network.bidirectional and (stateful or not network.is_recurrent),
            "a layer that reads a row from its end has no state to take from the row before, and a "
            "feed-forward network has no order; remove it, or set stateful: false and a recurrent "
            "layer",
        ),
        "initial_state": (
            (
                network.learns_initial_state
                and (stateful or network.bidirectional or not network.is_recurrent)
            )
            or (network.initial_state == "from_inputs" and sequences is not None),
            "only rows that start from a state of their own, read in one direction, can start from "
            "a learned one, and only rows of one length from their first inputs; remove it, or set "
            "stateful: false, bidirectional: false and a recurrent layer, and no sequences",
        ),
        "layers": (
            network.initial_state == "from_inputs" and network.layers > 1,
            "of several layers, only the first sees the inputs that initial_state: from_inputs "
            "starts from; set layers: 1",
        ),
        "sequences": (
            (masked and not network.is_recurrent)
            or (stepwise and not (stateful and network.is_recurrent)),
            "masking takes a recurrent layer; stepwise forms take stateful: true and a recurrent "
            "layer; change form, layer or stateful",
        ),
        "huber_delta": (
            training.huber_delta != 1 and training.loss != "huber",
            "is used by Huber's loss only; remove it or set loss: huber",
        ),
        "batch_size": (
            stepwise and (training.batch_size, training.rows_per_forecast) != (1, 1),
            "one timestep at a time takes batch_size: 1",
        ),
        "early_stopping": (
            stepwise and training.early_stopping is not None,
            not_stepwise,
        ),
        "reduce_on_plateau": (
            stepwise and training.reduce_on_plateau is not None,
            not_stepwise,
        ),
        "validate_from_zero": (
            regime.state.validate_from_zero and (not stateful or network.model is not None),
            "only our own stateful networks have a state to keep; remove it, or set stateful: true "
            "and remove model",
        ),
        "refit": (
            training.refit is not None and (stepwise or training.validates),
            "is not made for early_stopping or reduce_on_plateau, nor for one timestep at a time; "
            "remove one of them",
        ),
    }
    if regime.task == "classification":
        found |= _of_labels(regime)
    else:
        found["cut"] = (
            regime.preparation.cut is not None,
            "is about sequences with labels (study.task: classification); remove it",
        )
    return [(key, problem) for key, (is_wrong, problem) in found.items() if is_wrong]


def _of_labels(regime: Regime) -> dict[str, tuple[bool, str]]:
    """What does not go with sequences that have labels: whether it is there, why, and the fix."""
    preparation, state = regime.preparation, regime.state
    is_successive = preparation.is_successive
    is_recurrent = regime.network.is_recurrent or regime.network.model is not None
    return {
        "sequences": (
            preparation.sequences is not None,
            "makes sequences of a series; those with labels have lengths of their own; remove it",
        ),
        "difference": (
            bool(preparation.lags),
            "sequences with labels are taken as they are; set difference: false",
        ),
        **{
            key: (
                getattr(preparation, key) != "none",
                "prepares series; sequences with labels are taken as they are; remove it",
            )
            for key in ("transform", "deseasonalise", "detrend")
        },
        "loss": (
            regime.training.loss is not None,
            "is about forecasts of values; labels are learnt by cross-entropy; remove it",
        ),
        "reduce_on_plateau": (
            is_successive and regime.training.reduce_on_plateau is not None,
            "is not made for pieces; remove it or take another form of cut",
        ),
        "strategy": (
            preparation.strategy != "recursive",
            "is about forecasts several steps ahead; remove it",
        ),
        "refit": (
            regime.training.refit is not None,
            "is about forecasts, after which it is known what came; remove it",
        ),
        "cut": (
            is_successive and not (state.stateful and is_recurrent),
            "pieces take stateful: true and a recurrent layer; change form, layer or stateful",
        ),
        "stateful": (
            state.stateful and not is_successive,
            "the state of one sequence would go on in the next; set cut: {form: pieces}, which "
            "resets it before each sequence, or stateful: false",
        ),
        "early_stopping": (
            is_successive and regime.training.early_stopping is not None,
            "is not made for pieces; remove it or take another form of cut",
        ),
        "seed_on_train": (
            state.seed_on_train,
            "each sequence begins at zero state, so there is nothing to seed; remove it",
        ),
        "reset_after_prediction": (
            state.reset_after_prediction,
            "a network would forget each piece before the next; remove it",
        ),
    }

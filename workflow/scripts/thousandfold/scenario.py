"""The regimes: how the data are prepared, what the network is, how it is trained and forecasts.

Pure descriptions; nothing here depends on Keras or files.
"""

from dataclasses import dataclass, field, fields, replace
from typing import Any


@dataclass(frozen=True)
class Optimizer:
    """One of Keras's optimizers; options left out have Keras's default."""

    name: str = "adam"
    """adam, rmsprop or sgd."""
    options: tuple[tuple[str, float | bool], ...] = ()
    """(name, value) pairs, sorted by name."""

    @property
    def clips_by_norm(self) -> bool:
        """Whether a weight's update depends on other weights' gradients too."""
        return any(name in ("clipnorm", "global_clipnorm") for name, _ in self.options)


@dataclass(frozen=True)
class EarlyStopping:
    """Keras's EarlyStopping on the loss of the validation rows."""

    patience: int
    min_delta: float
    restore_best_weights: bool
    start_from_epoch: int


@dataclass(frozen=True)
class Refit:
    """Walking forward: updates of the network in the test, by what has become known."""

    every: int
    """Test rows between two updates."""
    epochs: int
    """Passes of an update over all rows that are known by then."""


@dataclass(frozen=True)
class ReduceOnPlateau:
    """Keras's ReduceLROnPlateau on the loss of the validation rows."""

    factor: float
    patience: int
    min_delta: float
    cooldown: int
    min_learning_rate: float


@dataclass(frozen=True)
class Sequences:
    """Input sequences of several lengths, and how a network takes them."""

    shortest: int
    longest: int
    """Timesteps; the rows' lengths go through shortest, ..., longest and begin again."""
    form: str
    """zeros, masking or flag: filled up on the left with zeros, with timesteps that a Masking
    layer skips, or with zeros beside a flag that tells real values. stepwise: not filled up, but
    one timestep at a time through a stateful network, which learns the label at each;
    stepwise_last: the same, learning at the last only."""

    @property
    def is_stepwise(self) -> bool:
        """Whether a stateful network sees one timestep at a time."""
        return self.form.startswith("stepwise")


@dataclass(frozen=True)
class Cut:
    """How sequences with labels are cut into rows of `timesteps` values."""

    form: str
    """windows: each is a row with the sequence's label, and the last one tells the forecast.
    pieces: one after the other through a stateful network, which learns the label at each;
    pieces_last: the same, learning at the last only."""
    every: int | None = None
    """Steps from one window to the next; None: as many as it has, so that none overlap."""

    @property
    def is_successive(self) -> bool:
        """Whether a stateful network sees one piece after the other."""
        return self.form.startswith("pieces")


@dataclass(frozen=True)
class Preparation:
    """How a series becomes the rows that a network is trained and tested on."""

    timesteps: int
    train_rows: int | None
    """Use only this many rows, those just before the test (None: all)."""
    validation_rows: int = 0
    """How many of these rows, the last, are kept from training for validation."""
    difference: bool | tuple[int, ...] = True
    """Work on differences: True of successive observations, or at these lags one after the other,
    such as (1, 12) of monthly ones."""
    scaling: str = "symmetric"
    """A key of supervised.SCALINGS."""
    scale_target: bool = True
    """Scale the target as the inputs are."""
    sequences: Sequences | None = None
    """None: every row has `timesteps` timesteps."""
    transform: str = "none"
    """none, log or box_cox."""
    box_cox_lambda: float | None = None
    """None: the likeliest of the training observations."""
    deseasonalise: str = "none"
    """none, additive or multiplicative (by classical decomposition), or stl (additive)."""
    detrend: str = "none"
    """none or linear."""
    strategy: str = "recursive"
    """How several steps ahead are forecast: recursive, from the forecasts before; or direct, by
    an output for each."""
    cut: Cut | None = None
    """Of sequences with labels; None: a row is the last `timesteps` values of one."""

    @property
    def lags(self) -> tuple[int, ...]:
        """The lags of the differences, in the order that they are taken in."""
        if isinstance(self.difference, bool):
            return (1,) if self.difference else ()
        return self.difference

    @property
    def is_adjusted(self) -> bool:
        """Whether a series goes through other steps than differences before it is scaled."""
        return (self.transform, self.deseasonalise, self.detrend) != ("none",) * 3

    @property
    def is_stepwise(self) -> bool:
        """Whether a row is one timestep of a sequence."""
        return self.sequences is not None and self.sequences.is_stepwise

    @property
    def is_successive(self) -> bool:
        """Whether a stateful network is to see a sequence part by part."""
        return self.is_stepwise or (self.cut is not None and self.cut.is_successive)


@dataclass(frozen=True)
class Architecture:
    """The layers below the output, which is the task's."""

    units: int
    layer: str = "lstm"
    """lstm, gru, simple_rnn, or dense: a feed-forward network of the same input rows."""
    layers: int = 1
    """How many such layers are stacked below the output."""
    bidirectional: bool = False
    """Beside each recurrent layer, another one reads rows from their end; both are concatenated."""
    initial_state: str = "zero"
    """From what each row of a stateless network starts: zero; learned, weights of each layer; or
    from_inputs, a linear function of the inputs at the first timestep."""
    activation: str = "tanh"
    """What Keras calls it; of an LSTM or GRU, the one that is not the gates'."""
    dropout: float = 0.0
    """Share of the inputs of each layer that is left out in each update."""
    model: str | None = None
    """The user's own model instead, as package.module:function."""

    @property
    def learns_initial_state(self) -> bool:
        """Whether the state before the first timestep is trained."""
        return self.initial_state != "zero"

    @property
    def is_recurrent(self) -> bool:
        """Whether the layers have a state, which they carry from timestep to timestep."""
        return self.layer != "dense"


@dataclass(frozen=True)
class Training:
    """How the weights are fitted to the rows, and in what batches rows go through the network."""

    batch_size: int
    """Rows per update in training and, unless forecast_batch_size says otherwise, per call in
    forecasting."""
    epochs: int
    learning_rate: float
    shuffle: bool
    """Reorder the training rows in every epoch."""
    optimizer: Optimizer = Optimizer()
    loss: str | None = None
    """A key of engines.losses.LOSSES; None: the task's own."""
    huber_delta: float = 1.0
    """Where Huber's loss turns from squares to absolute errors, in the targets' scaled units."""
    early_stopping: EarlyStopping | None = None
    reduce_on_plateau: ReduceOnPlateau | None = None
    forecast_batch_size: int | None = None
    """Rows per call in forecasting, by a model of that batch size with the trained weights."""

    refit: Refit | None = None
    """None: the test is forecast by the network that training left."""

    @property
    def validates(self) -> bool:
        """Whether the loss of validation rows decides anything after each epoch."""
        return self.early_stopping is not None or self.reduce_on_plateau is not None

    @property
    def rows_per_forecast(self) -> int:
        """Rows per call in forecasting."""
        return self.forecast_batch_size or self.batch_size

    def walks(self, test_rows: int) -> list[slice]:
        """The test rows in parts, between which the network is updated."""
        every = self.refit.every if self.refit else test_rows
        starts = range(0, test_rows, every)
        return [slice(start, min(start + every, test_rows)) for start in starts]


@dataclass(frozen=True)
class Statefulness:
    """What a network remembers from row to row, and where it is made to forget."""

    stateful: bool
    """Carry the network's state from batch to batch; a stateless network starts each at zero."""
    reset_after_epoch: bool
    """Zero a stateful network's state after each training epoch."""
    seed_on_train: bool
    """Forecast the training rows before the test, to bring a stateful network into its state."""
    reset_after_prediction: bool
    """Zero a stateful network's state after each predicted batch."""
    validate_from_zero: bool = False
    """Let validation start from zero state and leave that of training as it is, rather than carry
    the state of training through the validation rows."""


@dataclass(frozen=True)
class Execution:
    """By what the network is computed."""

    profile: str
    """Which Keras's defaults apply; a key of engines.profiles.PROFILES."""
    engine: str
    """How repeats are trained; a key of engines.ENGINE_MODULES."""


PARTS: dict[str, type[Any]] = {
    "preparation": Preparation,
    "network": Architecture,
    "training": Training,
    "state": Statefulness,
    "execution": Execution,
}
"""The parts of a regime. No two have a field of the same name: a field's name says its part."""


@dataclass(frozen=True)
class Regime:
    """Everything that shapes a scenario's training and forecast, apart from series and seed."""

    preparation: Preparation
    network: Architecture
    training: Training
    state: Statefulness
    execution: Execution
    task: str = "regression"
    """A key of tasks.TASKS."""
    classes: int | None = None
    """How many labels there are; None: the task has none."""

    @classmethod
    def of(cls, **values: Any) -> "Regime":
        """The regime whose parts have these fields: how a config's keys get into the parts.

        What is left out has its default, and what is no field is ignored.
        """
        parts: dict[str, Any] = {
            name: part(**{f.name: values[f.name] for f in fields(part) if f.name in values})
            for name, part in PARTS.items()
        }
        return cls(**parts)

    def varied(self, **changes: Any) -> "Regime":
        """The same but for some fields of its parts, such as `units=3`. Raises TypeError."""
        parts: dict[str, Any] = {}
        for name, part in PARTS.items():
            own = {f.name: changes.pop(f.name) for f in fields(part) if f.name in changes}
            parts[name] = replace(getattr(self, name), **own)
        if changes:
            raise TypeError(f"a regime has no field {', '.join(sorted(changes))}")
        return replace(self, **parts)

    @property
    def resets_state(self) -> bool:
        """Whether a state is zeroed anywhere in training or forecasting."""
        state = self.state
        resets = state.reset_after_epoch or state.reset_after_prediction
        begins_anew = self.preparation.is_successive or self.training.refit is not None
        return state.stateful and (resets or begins_anew)


@dataclass(frozen=True)
class Scenario:
    """What is repeated, and compared with others."""

    name: str
    label: str
    deterministic: bool = field(default=False, kw_only=True)
    """Every repeat gives the same number by construction."""


@dataclass(frozen=True)
class TrainedScenario(Scenario):
    """A scenario that is trained here: a named regime."""

    regime: Regime
    seeded_by: str
    """The name that its repeats' seeds come from: scenarios that share it are paired."""

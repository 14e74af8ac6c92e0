"""Stock Keras, one repeat after the other, the way the article trains: the reference."""

from typing import Any

import numpy as np

from thousandfold.engines.block import Progress, TrainedBlock
from thousandfold.engines.profiles import PROFILES
from thousandfold.engines.runtime import keras
from thousandfold.scenario import Regime
from thousandfold.seeds import epoch_orders, shuffling_generator, weight_seed
from thousandfold.series import Supervised

WEIGHT_NAMES = ("kernel", "recurrent_kernel", "bias", "dense_kernel", "dense_bias")
"""The weights in the order of `model.get_weights()`."""


def build_model(regime: Regime, features: int, seed: int) -> Any:
    """A compiled LSTM with a dense output, every weight drawn from a seed of its own."""
    profile = PROFILES[regime.profile]
    initializers = keras.initializers
    batch_size = regime.batch_size if regime.stateful else None
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, regime.timesteps, features)),
            keras.layers.LSTM(
                regime.units,
                stateful=regime.stateful,
                recurrent_activation=profile.recurrent_activation,
                kernel_initializer=initializers.GlorotUniform(weight_seed(seed, "kernel")),
                recurrent_initializer=initializers.Orthogonal(
                    seed=weight_seed(seed, "recurrent_kernel")
                ),
            ),
            keras.layers.Dense(
                1,
                kernel_initializer=initializers.GlorotUniform(weight_seed(seed, "dense_kernel")),
            ),
        ]
    )
    optimizer = keras.optimizers.Adam(regime.learning_rate, epsilon=profile.adam_epsilon)
    model.compile(loss="mean_squared_error", optimizer=optimizer)
    return model


def reset_states(model: Any) -> None:
    """Zero the state of every stateful recurrent layer; Keras 3's models have no such method."""
    for layer in model.layers:
        if getattr(layer, "stateful", False):
            layer.reset_state()


def _fit(model: Any, regime: Regime, data: Supervised, seed: int, progress: Progress) -> float:
    """Train a model by its regime; the last epoch's loss."""
    inputs, targets = data.train_inputs, data.train_targets

    def fit(rows: Any, epochs: int) -> float:
        history = model.fit(
            inputs[rows], targets[rows], epochs=epochs, batch_size=regime.batch_size,
            shuffle=False, verbose=0,
        )  # fmt: skip
        return float(history.history["loss"][-1])

    if not (regime.stateful and regime.reset_after_epoch) and not regime.shuffle:
        loss = fit(slice(None), regime.epochs)
        progress(regime.epochs)
        return loss

    generator = shuffling_generator(seed)
    for epoch in range(regime.epochs):
        # Both engines take each epoch's order from the repeat's own generator.
        rows = epoch_orders(generator, 1, len(inputs))[0] if regime.shuffle else slice(None)
        loss = fit(rows, epochs=1)
        if regime.reset_after_epoch:
            reset_states(model)
        progress(epoch + 1)
    return loss


def _predict(model: Any, regime: Regime, inputs: np.ndarray) -> np.ndarray:
    """Forecast rows batch by batch, carrying or resetting the state as the regime says."""
    outputs = []
    for start in range(0, len(inputs), regime.batch_size):
        batch = inputs[start : start + regime.batch_size]
        outputs.append(model.predict(batch, batch_size=regime.batch_size, verbose=0)[:, 0])
        if regime.reset_after_prediction:
            reset_states(model)
    return np.concatenate(outputs)


def train_block(
    regime: Regime, data: Supervised, seeds: list[int], progress: Progress
) -> TrainedBlock:
    """Train one repeat per seed, one after the other, and forecast the test rows."""
    weights, losses, forecasts = [], [], []
    for index, seed in enumerate(seeds):
        model = build_model(regime, data.train_inputs.shape[-1], seed)
        earlier = index * regime.epochs

        def progress_of_all(epochs_done: float, earlier: int = earlier) -> None:
            progress((earlier + epochs_done) / len(seeds))

        losses.append(_fit(model, regime, data, seed, progress_of_all))
        if regime.seed_on_train:
            _predict(model, regime, data.train_inputs)
        forecasts.append(_predict(model, regime, data.test_inputs))
        weights.append(model.get_weights())
        keras.backend.clear_session()
    return TrainedBlock(
        weights={
            name: np.stack([repeat[i] for repeat in weights], axis=-1)
            for i, name in enumerate(WEIGHT_NAMES)
        },
        train_loss=np.array(losses, np.float32),
        scaled_forecasts=np.stack(forecasts),
    )

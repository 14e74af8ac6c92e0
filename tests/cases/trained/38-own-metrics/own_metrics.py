"""One compiled network, with and without metrics beside its loss."""

import keras
from keras import layers

REGULARIZED = {"kernel_regularizer": keras.regularizers.L2(0.1)}


def _network(timesteps, features, batch_size, kind=keras.Sequential, **options):
    return kind(
        [
            keras.Input(batch_shape=(batch_size, timesteps, features)),
            layers.LSTM(2, stateful=batch_size is not None),
            layers.Dense(1, **options),
        ]
    )


def _compiled(model, **options):
    model.compile(**{"loss": "mse", "optimizer": keras.optimizers.Adam(0.02), **options})
    return model


def without_metric(timesteps, features, batch_size, seed):
    return _compiled(_network(timesteps, features, batch_size))


def with_metric(timesteps, features, batch_size, seed):
    return _compiled(_network(timesteps, features, batch_size), metrics=["mae"])


def weighted(timesteps, features, batch_size, seed):
    network = _network(timesteps, features, batch_size, **REGULARIZED)
    return _compiled(network, loss=["mse"], loss_weights=[3.0])


def weighted_with_metrics(timesteps, features, batch_size, seed):
    network = _network(timesteps, features, batch_size, **REGULARIZED)
    options = {"metrics": ["mse", "mape"], "weighted_metrics": ["mae"]}
    return _compiled(network, loss=["mse"], loss_weights=[3.0], **options)


class Silent(keras.Sequential):
    """Does not report its loss."""

    def train_step(self, data):
        logs = super().train_step(data)
        return {"error": logs["loss"]}


class SilentTest(keras.Sequential):
    """Does not report its loss on the validation rows."""

    def test_step(self, data):
        return {"error": super().test_step(data)["loss"]}


def silent(timesteps, features, batch_size, seed):
    return _compiled(_network(timesteps, features, batch_size, Silent))


def silent_test(timesteps, features, batch_size, seed):
    return _compiled(_network(timesteps, features, batch_size, SilentTest))

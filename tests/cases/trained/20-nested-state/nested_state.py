"""One stateful LSTM at several depths, with the same weights everywhere."""

import keras
from keras import layers
from keras.initializers import GlorotUniform, Orthogonal


def _core(seed, **options):
    return layers.LSTM(
        2, stateful=True, kernel_initializer=GlorotUniform(seed),
        recurrent_initializer=Orthogonal(seed=seed), **options,
    )  # fmt: skip


def _model(timesteps, features, batch_size, seed, *below):
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, timesteps, features)),
            *below,
            layers.Dense(1, kernel_initializer=GlorotUniform(seed)),
        ]
    )


class Wrapped(layers.Layer):
    """Has a stateful layer in a list of its own, and says nothing of it."""

    def __init__(self, seed):
        super().__init__()
        self.inner = [_core(seed)]

    def build(self, shape):
        self.inner[0].build(shape)

    def call(self, inputs):
        return self.inner[0](inputs)


class Counting(layers.Layer):
    """Keeps a state that nothing can zero."""

    stateful = True

    def build(self, shape):
        self.rows = self.add_weight(shape=(), trainable=False, name="rows")

    def call(self, inputs):
        self.rows.assign_add(1)
        return inputs + self.rows


def flat(timesteps, features, batch_size, seed):
    return _model(timesteps, features, batch_size, seed, _core(seed))


def nested(timesteps, features, batch_size, seed):
    inputs = keras.Input(batch_shape=(batch_size, timesteps, features))
    return _model(timesteps, features, batch_size, seed, keras.Sequential([inputs, _core(seed)]))


def wrapped(timesteps, features, batch_size, seed):
    return _model(timesteps, features, batch_size, seed, Wrapped(seed))


def both_ways(timesteps, features, batch_size, seed):
    return _model(timesteps, features, batch_size, seed, layers.Bidirectional(_core(seed)))


def side_by_side(timesteps, features, batch_size, seed):
    """What `both_ways` is made of, flat."""
    inputs = keras.Input(batch_shape=(batch_size, timesteps, features))
    forward, backward = _core(seed)(inputs), _core(seed, go_backwards=True)(inputs)
    joined = layers.Concatenate()([forward, backward])
    return keras.Model(inputs, layers.Dense(1, kernel_initializer=GlorotUniform(seed))(joined))


def stacked_cells(timesteps, features, batch_size, seed):
    """Keras can carry the state of such a layer, but fails to reset it."""
    cells = [layers.LSTMCell(2), layers.LSTMCell(2)]
    layer = layers.RNN(cells, stateful=True, name="two_cells")
    return _model(timesteps, features, batch_size, seed, layer)


def no_way_to_reset(timesteps, features, batch_size, seed):
    return _model(
        timesteps, features, batch_size, seed, Counting(name="counting"), layers.Flatten()
    )

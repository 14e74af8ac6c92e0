"""Many networks trained at once by JAX, as a JAX user would: `vmap` over repeats, `scan` over time.

    python benchmarks/peers/jax_vmap.py FILE LAYER EPOCHS GROUP

Reads rows and initial weights from an .npz file that sizes.py wrote, trains all repeats, GROUP of
them at a time, on one core, and prints, as JSON, seconds per epoch and each one's last loss.
"""

import json
import os
import sys
import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

sigmoid = jax.nn.sigmoid


def lstm(w, carry, x):
    h, c = carry
    gates = x @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"]
    i, f, candidate, o = jnp.split(gates, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(candidate)
    return (sigmoid(o) * jnp.tanh(c), c), None


def gru(w, carry, x):
    (h,) = carry
    input_z, input_r, input_h = jnp.split(x @ w["kernel"] + w["bias"][0], 3, axis=-1)
    state_z, state_r, state_h = jnp.split(h @ w["recurrent_kernel"] + w["bias"][1], 3, axis=-1)
    z, r = sigmoid(input_z + state_z), sigmoid(input_r + state_r)
    return (z * h + (1 - z) * jnp.tanh(input_h + r * state_h),), None


def simple_rnn(w, carry, x):
    (h,) = carry
    return (jnp.tanh(x @ w["kernel"] + w["bias"] + h @ w["recurrent_kernel"]),), None


CELLS = {"lstm": (lstm, 2), "gru": (gru, 1), "simple_rnn": (simple_rnn, 1)}


def forward(layer, w, x):
    if layer == "dense":
        h = jnp.tanh(x.reshape(len(x), -1) @ w["kernel"] + w["bias"])
    else:
        cell, states = CELLS[layer]
        zero = jnp.zeros((len(x), w["recurrent_kernel"].shape[0]))
        (h, *_), _ = jax.lax.scan(partial(cell, w), (zero,) * states, x.swapaxes(0, 1))
    return (h @ w["dense_kernel"] + w["dense_bias"])[:, 0]


def update(layer, carry, batch):
    """One step of Adam, as Keras has it."""
    w, m, v, step = carry
    x, y = batch
    loss, g = jax.value_and_grad(lambda w: jnp.mean((forward(layer, w, x) - y) ** 2))(w)
    step = step + 1
    m = jax.tree.map(lambda m, g: m + (g - m) * (1 - 0.9), m, g)
    v = jax.tree.map(lambda v, g: v + (g * g - v) * (1 - 0.999), v, g)
    rate = 0.001 * jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    w = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), w, m, v)
    return (w, m, v, step), loss


def train(layer, epochs, carry, batches):
    """Train one repeat; its mean loss in the last epoch beside what it carries."""
    one_epoch = partial(jax.lax.scan, partial(update, layer), xs=batches)
    carry, losses = jax.lax.scan(lambda carry, _: one_epoch(carry), carry, length=epochs)
    return carry, losses[-1].mean()


def main(file, layer, epochs, group):
    """Train and measure, on one core."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    stored = dict(np.load(file))
    batches = stored.pop("inputs"), stored.pop("targets")
    repeats = len(stored["dense_bias"])
    run = jax.jit(jax.vmap(partial(train, layer, epochs), in_axes=(0, None)))
    carries = []
    for start in range(0, repeats, group):
        w = {name: jnp.asarray(values[start : start + group]) for name, values in stored.items()}
        zeros = jax.tree.map(jnp.zeros_like, w)
        carries.append((w, zeros, zeros, jnp.zeros(len(w["dense_bias"]))))
    losses = [jax.block_until_ready(run(carry, batches))[1] for carry in carries]
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        for carry in carries:
            jax.block_until_ready(run(carry, batches))
        seconds.append((time.perf_counter() - started) / epochs)
    print(json.dumps({"seconds": min(seconds), "losses": np.concatenate(losses).tolist()}))


if __name__ == "__main__":
    main(*sys.argv[1:3], *map(int, sys.argv[3:]))

"""The article's loop in eager PyTorch, one network: run by benchmarks/speed.py in .venv-torch.

    python benchmarks/peers/torch_loop.py FILE.npz EPOCHS

The file holds the initial weights in Keras's shapes, inputs and targets; prints, as JSON, the
seconds of training and the final weights. Keras's LSTM has one bias: PyTorch's second stays zero.
"""

import json
import sys
import time

import numpy as np
import torch


def main():
    """Train one network and print what came of it."""
    file, epochs = np.load(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(1)
    lstm, dense = torch.nn.LSTM(1, 1), torch.nn.Linear(1, 1)
    weights = {
        "kernel": lstm.weight_ih_l0, "recurrent_kernel": lstm.weight_hh_l0, "bias": lstm.bias_ih_l0,
        "dense_kernel": dense.weight, "dense_bias": dense.bias,
    }  # fmt: skip
    with torch.no_grad():
        lstm.bias_hh_l0.zero_()
        for name, parameter in weights.items():
            parameter.copy_(torch.from_numpy(file[name].T))
    lstm.bias_hh_l0.requires_grad_(False)
    inputs, targets = torch.from_numpy(file["inputs"]), torch.from_numpy(file["targets"])
    adam = {"lr": float(file["learning_rate"]), "eps": float(file["epsilon"])}
    optimizer = torch.optim.Adam(weights.values(), **adam)

    started = time.perf_counter()
    for _ in range(epochs):
        state = (torch.zeros(1, 1, 1), torch.zeros(1, 1, 1))
        for x, target in zip(inputs, targets, strict=True):
            optimizer.zero_grad()
            outputs, state = lstm(x.view(1, 1, 1), state)
            loss = torch.nn.functional.mse_loss(dense(outputs).view(()), target)
            loss.backward()
            optimizer.step()
            state = tuple(part.detach() for part in state)
    seconds = time.perf_counter() - started
    trained = {name: x.detach().numpy().T.tolist() for name, x in weights.items()}
    print(json.dumps({"seconds": seconds, "weights": trained, "version": torch.__version__}))


if __name__ == "__main__":
    main()

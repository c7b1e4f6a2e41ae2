"""Training steps of the benchmark nets in PyTorch, one thread. Reads a line for each round, "N" steps, and answers with
their milliseconds; the first answer names the version."""

import json
import sys
import time

import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(0)


def normalized(maps, out_maps):
    return [nn.Conv2d(maps, out_maps, 3, padding=1), nn.BatchNorm2d(out_maps), nn.ReLU()]


def lenet():
    net = nn.Sequential(
        nn.Conv2d(1, 16, 3), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(16, 32, 4), nn.MaxPool2d(2), nn.ReLU(),
        nn.Flatten(), nn.Linear(800, 1024), nn.ReLU(), nn.Linear(1024, 10),
    )  # fmt: skip
    return net, torch.rand(64, 1, 28, 28)


def cifar():
    net = nn.Sequential(
        *normalized(3, 32), *normalized(32, 32), nn.MaxPool2d(2), *normalized(32, 64), *normalized(64, 64),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4096, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip
    return net, torch.rand(32, 3, 32, 32)


net, images = {"lenet": lenet, "cifar": cifar}[sys.argv[1]]()
labels = torch.arange(len(images)) % 10
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)


def step():
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def milliseconds():
    start = time.perf_counter()
    step()
    return (time.perf_counter() - start) * 1000


print(json.dumps(torch.__version__), flush=True)
for line in sys.stdin:
    print(json.dumps([milliseconds() for _ in range(int(line))]), flush=True)

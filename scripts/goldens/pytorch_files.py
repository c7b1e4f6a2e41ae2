"""Writes packages/io/src/pytorch/pytorch-files.golden.ts: small files of torch.save, and what is in them.

    venv/bin/python scripts/goldens/pytorch_files.py
"""

import base64
import collections
import io
import json
import os
import pathlib

import torch
from torch import nn

TARGET = pathlib.Path(__file__).parents[2] / "packages/io/src/pytorch/pytorch-files.golden.ts"


def saved(value, **options):
    file = io.BytesIO()
    torch.save(value, file, **options)
    return base64.b64encode(file.getvalue()).decode()


def net():
    torch.manual_seed(0)
    modules = {"conv": nn.Conv2d(1, 2, 2), "norm": nn.BatchNorm2d(2), "act": nn.PReLU(2), "flat": nn.Flatten()}
    return nn.Sequential(collections.OrderedDict({**modules, "fc": nn.Linear(2, 2)}))


def views():
    """Tensors that look into one storage in every way, and one of each number type."""
    base = torch.arange(24.0).view(2, 3, 4)
    tensors = {
        "whole": base,
        "turned": base.permute(2, 0, 1),
        "part": base[1, 1:, ::2],
        "one": base[:, 2, 3],
        "last": base[:, :1, :].transpose(0, 1),
        "spread": base[0, 0, 1:2].expand(3, 2),
        "scalar": base[1, 2, 3],
        "empty": torch.zeros(0, 3),
        "parameter": nn.Parameter(torch.tensor([1.5, -2.0])),
    }
    for name in ("float64", "float16", "bfloat16", "int64", "int32", "int16", "int8"):
        tensors[name] = torch.tensor([0, -1, 3], dtype=getattr(torch, name))
    tensors["uint8"] = torch.tensor([0, 255], dtype=torch.uint8)
    tensors["bool"] = torch.tensor([True, False])
    return tensors


class Harmful:
    def __reduce__(self):
        return os.system, ("echo harm",)


model = net()
y = model.eval()(torch.arange(4.0).view(1, 1, 2, 2) / 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
model.zero_grad()
y.sum().backward()
optimizer.step()
wrapped = {f"module.{name}": tensor for name, tensor in net().state_dict().items()}
checkpoint = {"epoch": 3, "loss": 0.25, "state_dict": wrapped, "optimizer": optimizer.state_dict(), "best": None}
files = {
    "state": saved(net().state_dict()),
    "legacy": saved(net().state_dict(), _use_new_zipfile_serialization=False),
    "views": saved(views()),
    "legacyViews": saved(views(), _use_new_zipfile_serialization=False),
    "protocol4": saved({"weight": torch.tensor([1.0, 2.0]), "steps": 2**40, "note": "é"}, pickle_protocol=4),
    "checkpoint": saved(checkpoint),
    "wholeModel": saved(nn.Linear(1, 1)),
    "harmful": saved({"weight": torch.ones(1), "more": Harmful()}),
}
held = {
    name: {
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        "values": tensor.detach().to(torch.float64).flatten().tolist(),
    }
    for name, tensor in views().items()
}
say = lambda value: json.dumps(value, ensure_ascii=False)
lines = [
    "// Made by scripts/goldens/pytorch_files.py.",
    f"/** Files that torch {torch.__version__.split('+')[0]} wrote, in base64. */",
    "export const torchFiles = {",
    *(f"  {name}: {say(text)}," for name, text in files.items()),
    "};",
    "",
    "/** What `views` and `legacyViews` hold. */",
    "export const torchViews = {",
    *(f"  {name}: {say(tensor)}," for name, tensor in held.items()),
    "};",
    "",
    "/** What the network of `state` computes of [[[[0, 0.25], [0.5, 0.75]]]]. */",
    f"export const torchOutput = {say(y.flatten().tolist())};",
]
TARGET.write_text("\n".join(lines) + "\n")

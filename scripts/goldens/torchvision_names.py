"""Writes packages/models/src/torchvision.golden.ts: names and shapes of torchvision's narrow models, and what they compute.

    venv/bin/pip install torch torchvision
    venv/bin/python scripts/goldens/torchvision_names.py

Layers are a sixteenth as wide as published, so that the specs can run them; the names are the same.
"""

import json
import pathlib

import torch
import torchvision
from torch import nn

TARGET = pathlib.Path(__file__).parents[2] / "packages/models/src/torchvision.golden.ts"
NARROWER, CLASSES, SIZE = 16, 10, 64


def narrow(count):
    return count if count in (3, CLASSES) else max(1, round(count / NARROWER))


class Conv2d(nn.Conv2d):
    def __init__(self, in_channels, out_channels, *args, **options):
        super().__init__(narrow(in_channels), narrow(out_channels), *args, **options)


class BatchNorm2d(nn.BatchNorm2d):
    def __init__(self, num_features, *args, **options):
        super().__init__(narrow(num_features), *args, **options)


class Linear(nn.Linear):
    def __init__(self, in_features, out_features, *args, **options):
        super().__init__(narrow(in_features), narrow(out_features), *args, **options)


def in_narrow_layers(make):
    wide = nn.Conv2d, nn.BatchNorm2d, nn.Linear
    nn.Conv2d, nn.BatchNorm2d, nn.Linear = Conv2d, BatchNorm2d, Linear
    try:
        return make(num_classes=CLASSES)
    finally:
        nn.Conv2d, nn.BatchNorm2d, nn.Linear = wide


models = {
    "vgg11": in_narrow_layers(torchvision.models.vgg11),
    "resnet18": in_narrow_layers(torchvision.models.resnet18),
    "mobilenet_v2": torchvision.models.mobilenet_v2(num_classes=CLASSES, width_mult=0.25),
    "squeezenet1_1": in_narrow_layers(torchvision.models.squeezenet1_1),
}


def values(place, shape, positive):
    """Numbers that a few integers make, the same in every language: as many as the shape has, around 0 or around 1."""
    count = torch.Size(shape).numel()
    drawn = (torch.arange(count) * 7919 + place * 104729) % 1009 / torch.tensor(1009, dtype=torch.float64) - 0.5
    fan = max(1, count // shape[0]) if shape else 1
    return (drawn / 2 + 1 if positive else drawn * 2 * (3 / fan) ** 0.5).reshape(shape)


def filled(model):
    state = {
        name: values(place, tuple(old.shape), old.ndim == 1 and not name.endswith("bias") and "mean" not in name)
        for place, (name, old) in enumerate(model.state_dict().items())
        if old.is_floating_point()
    }
    model.load_state_dict(state, strict=False)
    return model.eval()


def lines(model):
    """A line for each module: its name, and the shape of its weights; a module without bias ends in "-"."""
    for name, module in model.named_modules():
        if not isinstance(module, (nn.Conv2d, nn.BatchNorm2d, nn.Linear)):
            continue
        yield f"{name} {'x'.join(map(str, module.weight.shape))}{'' if module.bias is not None else ' -'}"


x = values(0, (1, 3, SIZE, SIZE), True).float()
parts = [
    "// Made by scripts/goldens/torchvision_names.py.",
    f"/** Names and shapes of torchvision {torchvision.__version__.split('+')[0]}'s models, narrow, and their scores. */",
    "export const torchvisionModels = {",
]
for title, model in models.items():
    scores = filled(model)(x).flatten().tolist()
    print(title, sum(p.numel() for p in model.parameters()), scores)
    parts += [f"  {title}: {{", "    modules: `", *lines(model), f"`, scores: {json.dumps(scores)},", "  },"]
TARGET.write_text("\n".join([*parts, "};"]) + "\n")

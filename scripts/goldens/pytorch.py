"""Makes and checks the figures of PyTorch in *.golden.ts. Nothing of the project needs it: only who adds figures does.

    python3 -m venv venv && venv/bin/pip install torch
    venv/bin/python scripts/goldens/pytorch.py                 compares all files with what torch computes now
    venv/bin/python scripts/goldens/pytorch.py --write FILE    writes outputs and gradients into them

A new file is the JSON of what goes in, `{"attrs":{}, "inputs":{"x":{"shape":[2,3]}}}`: what has a shape and no data is
drawn. The name of the file says which row of the tables below computes it.
"""

import argparse
import json
import pathlib
import re
import sys

import torch
import torch.nn.functional as F

SEED = 20261120
# Float32 sums in another order, on another processor.
RELATIVE, OF_LARGEST = 1e-4, 1e-5

KINDS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leakyRelu": F.leaky_relu,
    "elu": F.elu,
    "softPlus": F.softplus,
    "clip": F.relu6,
    "hardTanh": F.hardtanh,
    "silu": F.silu,
    "mish": F.mish,
    "gelu": F.gelu,
    "geluTanh": lambda x: F.gelu(x, approximate="tanh"),
    "selu": F.selu,
    "celu": F.celu,
    "hardSigmoid": F.hardsigmoid,
    "hardSwish": F.hardswish,
    "logSigmoid": F.logsigmoid,
    "softSign": F.softsign,
    "tanhShrink": F.tanhshrink,
    "softShrink": F.softshrink,
    "hardShrink": F.hardshrink,
    "threshold": lambda x: F.threshold(x, 0, 0),
}


def batch_norm(x, weight, bias, eps, momentum=None, running_mean=None, running_var=None):
    if momentum is None:
        return F.batch_norm(x, torch.tensor(running_mean), torch.tensor(running_var), weight, bias, False, 0, eps)
    mean, variance = torch.zeros(x.shape[1]), torch.ones(x.shape[1])
    y = F.batch_norm(x, mean, variance, weight, bias, True, momentum, eps)
    return y, {"runningMean": figures(mean), "runningVar": figures(variance)}


def layer_norm(x, normalized_shape, eps, weight, bias):
    return F.layer_norm(x, normalized_shape, weight, bias, eps)


def rms_norm(x, normalized_shape, eps, weight):
    return F.rms_norm(x, normalized_shape, weight, eps)


def group_norm(x, num_groups, eps, weight, bias):
    return F.group_norm(x, num_groups, weight, bias, eps)


def instance_norm(x, eps, weight, bias):
    return F.instance_norm(x, weight=weight, bias=bias, eps=eps)


def max_pool(x, kernel, stride, padding, ceil_mode=False):
    return F.max_pool2d(x, kernel, stride, padding, ceil_mode=ceil_mode)


def avg_pool(x, kernel, stride, padding, count_include_pad, ceil_mode=False):
    return F.avg_pool2d(x, kernel, stride, padding, ceil_mode, count_include_pad)


def cross_entropy(x, target, weights=None, labelSmoothing=0.0, ignoreIndex=-100, reduction="mean"):
    weight = None if weights is None else torch.tensor(weights)
    options = {"ignore_index": ignoreIndex, "label_smoothing": labelSmoothing, "reduction": reduction}
    return F.cross_entropy(x, target, weight, **options)


def upsample(x, scale, mode, align_corners=None):
    return F.interpolate(x, scale_factor=scale, mode=mode, align_corners=align_corners)


def depthwise(x, weight, bias, **attrs):
    return F.conv2d(x, weight, bias, groups=x.shape[1], **attrs)


def separable(x, depthwise, pointwise, bias, **attrs):
    return F.conv2d(F.conv2d(x, depthwise, groups=x.shape[1], **attrs), pointwise, bias)


def max_unpool(x, kernel_size, stride):
    """Of what a pool makes of x: with windows that do not overlap, x where it is the largest, zeros elsewhere."""
    y, places = F.max_pool2d(x, kernel_size, stride, return_indices=True)
    return F.max_unpool2d(y, places, kernel_size, stride, output_size=x.shape[2:])


def dense_block(x, growth, **parameters):
    for layer in range(1, len(parameters) // 6 + 1):
        of = {name.rsplit("_", 1)[0]: tensor for name, tensor in parameters.items() if name.endswith(f"_{layer}")}
        norm = lambda y, which: F.batch_norm(y, None, None, of[f"{which}_weight"], of[f"{which}_bias"], True)
        y = F.conv2d(F.relu(norm(x, "norm1")), of["conv1"])
        x = torch.cat([x, F.conv2d(F.relu(norm(y, "norm2")), of["conv2"], padding=1)], 1)
    return x


def attention(query, key, value, heads, **parameters):
    module = torch.nn.MultiheadAttention(query.shape[-1], heads)
    named = {name.replace("out_proj_", "out_proj."): tensor for name, tensor in parameters.items()}
    return torch.func.functional_call(module, named, (query, key, value))[0]


def spatial_transformer(x, theta, shape=None):
    size = x.shape if shape is None else [x.shape[0], *shape]
    return F.grid_sample(x, F.affine_grid(theta, size, align_corners=True), align_corners=True)


def recurrent(make):
    def run(x, hidden, layers, bidirectional, **parameters):
        module = make(x.shape[-1], hidden, layers, bidirectional=bidirectional, batch_first=True)
        return torch.func.functional_call(module, parameters, (x,))[0]

    return run


MODULES = {
    "activation": lambda x, kind: KINDS[kind](x),
    "adaptive-avg-pool-2d": lambda x, output_size: F.adaptive_avg_pool2d(x, output_size),
    "adaptive-max-pool-2d": lambda x, output_size: F.adaptive_max_pool2d(x, output_size),
    "avg-pool-1d": F.avg_pool1d,
    "avg-pool-2d": avg_pool,
    "avg-pool-3d": F.avg_pool3d,
    "batch-norm-1d": batch_norm,
    "batch-norm-2d": batch_norm,
    "batch-norm-3d": batch_norm,
    "bilinear": F.bilinear,
    "conv-1d": F.conv1d,
    "conv-2d": F.conv2d,
    "conv-3d": F.conv3d,
    "cross-map-lrn": lambda x, **attrs: F.local_response_norm(x, **attrs),
    "deconv-1d": F.conv_transpose1d,
    "deconv-2d": F.conv_transpose2d,
    "deconv-3d": F.conv_transpose3d,
    "dense-block": dense_block,
    "depthwise-conv-2d": depthwise,
    "global-avg-pool-2d": lambda x: F.adaptive_avg_pool2d(x, 1),
    "global-max-pool-2d": lambda x: F.adaptive_max_pool2d(x, 1),
    "glu": lambda x, dim: F.glu(x, dim),
    "group-norm": group_norm,
    "gru": recurrent(torch.nn.GRU),
    "instance-norm-2d": instance_norm,
    "layer-norm": layer_norm,
    "linear": F.linear,
    "log-soft-max": lambda x, dim: F.log_softmax(x, dim),
    "lp-pool-2d": lambda x, **attrs: F.lp_pool2d(x, **attrs),
    "lstm": recurrent(torch.nn.LSTM),
    "max-pool-1d": lambda x, **attrs: F.max_pool1d(x, **attrs),
    "max-pool-2d": max_pool,
    "max-pool-3d": lambda x, **attrs: F.max_pool3d(x, **attrs),
    "max-unpool-2d": max_unpool,
    "multi-head-attention": attention,
    "pixel-shuffle": F.pixel_shuffle,
    "prelu": F.prelu,
    "rms-norm": rms_norm,
    "rnn": recurrent(torch.nn.RNN),
    "separable-conv-2d": separable,
    "soft-max": lambda x, dim: F.softmax(x, dim),
    "spatial-tf": spatial_transformer,
    "upsample-2d": upsample,
    "upsample-3d": upsample,
}


def binary_cross_entropy(x, target, posWeight=1.0):
    return F.binary_cross_entropy_with_logits(x, target, pos_weight=torch.tensor(posWeight))


def kl_divergence(x, target):
    return F.kl_div(F.log_softmax(x.flatten(1), 1), target.flatten(1), reduction="batchmean")


def nll(x, target, weights=None, ignoreIndex=-100):
    return F.nll_loss(x, target, None if weights is None else torch.tensor(weights), ignore_index=ignoreIndex)


def ctc(x, target, blank=0):
    lengths, times = (target >= 0).sum(1), torch.full([len(x)], x.shape[2])
    return F.ctc_loss(F.log_softmax(x, 1).permute(2, 0, 1), target.clamp(0), times, lengths, blank, reduction="sum") / len(x)


def focal(x, target, alpha=0.25, gamma=2):
    p = torch.sigmoid(x)
    of_target = p * target + (1 - p) * (1 - target)
    weight = alpha * target + (1 - alpha) * (1 - target)
    errors = F.binary_cross_entropy_with_logits(x, target, reduction="none")
    return (weight * (1 - of_target) ** gamma * errors).mean()


def cosine_embedding(x, target, margin=0.0):
    return F.cosine_embedding_loss(*x.chunk(2, 1), target, margin)


def triplet(x, target, margin=1.0, p=2, swap=0):
    return F.triplet_margin_loss(*x.chunk(3, 1), margin, p, swap=bool(swap))


# What targets are: numbers for each element, class numbers for each place (or as many shares as elements), a number for
# each row, or a row of labels for each, filled up with -1.
ROWS = "rows"
LABELS = "labels"
COSTS = {
    "abs": (F.l1_loss, torch.float32),
    "bce": (binary_cross_entropy, torch.float32),
    "cosine-embedding": (cosine_embedding, ROWS),
    "cross-entropy": (cross_entropy, torch.int64),
    "ctc": (ctc, LABELS),
    "focal": (focal, torch.float32),
    "huber": (F.huber_loss, torch.float32),
    "kl-divergence": (kl_divergence, torch.float32),
    "mse": (F.mse_loss, torch.float32),
    "nll": (nll, torch.int64),
    "smooth-l1": (F.smooth_l1_loss, torch.float32),
    "triplet": (triplet, ROWS),
}
OPTIMIZERS = {
    "ada-delta": torch.optim.Adadelta,
    "ada-grad": torch.optim.Adagrad,
    "adam": torch.optim.Adam,
    "adam-w": torch.optim.AdamW,
    "momentum-sgd": torch.optim.SGD,
    "n-adam": torch.optim.NAdam,
    "nesterov-sgd": torch.optim.SGD,
    "r-adam": torch.optim.RAdam,
    "rms-prop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
}
STEPS = 20
SCHEDULES = "schedules"


def figures(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().flatten().tolist()}


def leaf(entry):
    """The numbers of an entry, or random ones of its shape."""
    shape = entry["shape"]
    data = torch.tensor(entry["data"], dtype=torch.float32) if "data" in entry else torch.randn(shape)
    return data.reshape(shape).requires_grad_()


def of_module(function, call):
    inputs = {name: leaf(entry) for name, entry in call["inputs"].items()}
    result = function(**inputs, **call["attrs"])
    y, more = result if isinstance(result, tuple) else (result, {})
    g = leaf(call.get("gradOutput", {"shape": list(y.shape)})).detach()
    y.backward(g)
    grads = {name: figures(tensor.grad) for name, tensor in inputs.items()}
    given = {name: figures(tensor) for name, tensor in inputs.items()}
    results = {"output": figures(y), "gradOutput": figures(g), "grads": grads, **more}
    return {"attrs": call["attrs"], "inputs": given, **results}


def of_cost(row, call):
    function, kind = row
    x = leaf({"shape": call["shape"], **({"data": call["x"]} if "x" in call else {})})
    target = torch.tensor(call["target"], dtype=torch.float32)
    if kind == LABELS:
        target, places = target.long(), [call["shape"][0], -1]
    elif kind == ROWS:
        places = call["shape"][:1]
    elif kind == torch.int64 and target.numel() < x.numel():
        target, places = target.long(), [call["shape"][0], *call["shape"][2:]]
    else:
        places = call["shape"]
    y = function(x, target.reshape(places), **call["attrs"])
    g = call.get("gradOutput", torch.randn([]).item())
    y.backward(torch.tensor(g))
    return {
        **{"attrs": call["attrs"], "shape": call["shape"], "x": figures(x)["data"], "target": call["target"]},
        **{"output": y.item(), "gradOutput": g, "grad": figures(x.grad)["data"]},
    }


def of_optimizer(make, run):
    w = torch.nn.Parameter(torch.tensor(run["initial"]))
    grads = run.get("grads") or torch.randn([STEPS, len(run["initial"])]).tolist()
    optimizer = make([w], **run["attrs"])
    values = []
    for grad in grads:
        w.grad = torch.tensor(grad)
        optimizer.step()
        values.append(w.detach().tolist())
    return {"attrs": run["attrs"], "initial": run["initial"], "grads": grads, "values": values}


def of_schedule(call):
    """The rates of a schedule; of one that is driven by a metric, for these metrics."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros([]))], lr=call["lr"])
    schedule = getattr(torch.optim.lr_scheduler, call["class"])(optimizer, **call["attrs"])
    rates = [optimizer.param_groups[0]["lr"]]
    for metric in call.get("metrics", [None] * call["steps"]):
        optimizer.step()
        schedule.step(*([] if metric is None else [metric]))
        rates.append(optimizer.param_groups[0]["lr"])
    return {**call, "rates": rates}


def compute(name, call):
    if name == SCHEDULES:
        return of_schedule(call)
    for table, of in ((MODULES, of_module), (COSTS, of_cost), (OPTIMIZERS, of_optimizer)):
        if name in table:
            return of(table[name], call)
    raise SystemExit(f"{name}: no row computes it")


def numbers(value):
    if isinstance(value, dict):
        return [number for key in sorted(value) for number in numbers(value[key])]
    if isinstance(value, list):
        return [number for part in value for number in numbers(part)]
    return [value] if isinstance(value, (int, float)) else []


def worst(was, now):
    """The largest difference, in tolerances; infinite where they are not of one form."""
    a, b = (torch.tensor(numbers(value), dtype=torch.float64) for value in (was, now))
    if a.shape != b.shape:
        return float("inf")
    allowed = RELATIVE * b.abs() + OF_LARGEST * b.abs().max()
    return ((a - b).abs() / allowed).max().item()


def text(value):
    """JSON with float32 numbers as short as they may be."""
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{text(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(text(part) for part in value) + "]"
    return json.dumps(value)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    known = {*MODULES, *COSTS, *OPTIMIZERS, SCHEDULES}
    goldens = sorted(pathlib.Path("packages").glob("*/src/*/*.golden.ts"))
    files = options.files or [file for file in goldens if file.name.split(".")[0] in known]
    failed = False
    for file in files:
        torch.manual_seed(SEED)
        source = file.read_text()
        whole, body = re.search(r"JSON\.parse\(`(.*?)`\)", source, re.S).group(0, 1)
        before = json.loads(body)
        after = [compute(file.name.split(".")[0], call) for call in before]
        if options.write:
            lines = ",\n".join(text(call) for call in after)
            file.write_text(source.replace(whole, f"JSON.parse(`[\n{lines}\n]`)"))
            print(f"{file}: {len(after)} calls written by PyTorch {torch.__version__}")
        else:
            difference = max(worst(was, now) for was, now in zip(before, after))
            failed |= not difference <= 1
            print(f"{file}: {len(after)} calls, worst difference {difference:.3f} of what is allowed")
    sys.exit(failed)


main()

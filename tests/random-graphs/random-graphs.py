"""Draws 30 random graphs, differentiates them with PyTorch in float64, and writes them beside this file.

    python random-graphs.py   # writes random-graphs.golden.ts

A graph is a list of leaves and a list of nodes; a node names its op, the values it reads (leaves come first, then nodes
in order) and its attributes. The loss is the sum over the outputs of a random cotangent times the output. Recorded are the
outputs, the gradient of the loss in every leaf, and the gradient of the squared length of all these gradients.

Graphs that float32 cannot resolve are drawn again: PyTorch in float32 must agree with PyTorch in float64.
"""

import json
import pathlib
import random

import torch

SEED = 20261121
GRAPHS = 30
MOST_ELEMENTS = 48
LARGEST = 20.0
KINK_MARGIN = 0.02
FLOAT32_ERROR = 4e-6  # of the largest element; the spec allows more

LEAF_SHAPES = [[3, 4], [4], [1, 4], [3, 1], [2, 3, 4], [2, 1, 4], [1], [], [4, 3], [4, 4], [3]]


def evaluate(op, args, attrs):
    """One node. Whatever is written here has a counterpart in random-graphs.spec.ts."""
    a = args[0]
    b = args[1] if len(args) > 1 else None
    match op:
        case "add":
            return a + b
        case "sub":
            return a - b
        case "mul":
            return a * b
        case "div":
            return a / b
        case "matmul":
            return a @ b
        case "affine":
            return a * attrs["scale"] + attrs["shift"]
        case "pow":
            return a ** attrs["exponent"]
        case "sum":
            return a.sum(dim=attrs["axes"], keepdim=attrs["keepDims"])
        case "mean":
            return a.mean(dim=attrs["axes"], keepdim=attrs["keepDims"])
        case "reshape":
            return a.reshape(attrs["shape"])
        case "transpose":
            return a.permute(attrs["order"])
        case "slice":
            return a[tuple(slice(begin, begin + size) for begin, size in zip(attrs["begin"], attrs["size"]))]
        case "pad":
            flat = [side for pair in reversed(attrs["paddings"]) for side in pair]
            return torch.nn.functional.pad(a, flat)
        case "broadcastTo":
            return a.broadcast_to(attrs["shape"])
        case "stack":
            return torch.stack(args)
        case "exp" | "log" | "sqrt" | "tanh" | "sigmoid" | "relu" | "abs":
            return getattr(torch, op)(a)
        case "where":  # the first where it is greater than the bound, the second elsewhere
            return torch.where(a > attrs["bound"], a, b)
        case "maximum":
            return torch.where(a - b > 0, a, b)
        case "detach":
            return a.detach()
        case "linear":
            return a @ b + args[2]
        case "prelu":
            return torch.where(a > 0, a, a * b.reshape([1, -1] + [1] * (a.dim() - 2)))
        case "conv2d":
            return torch.nn.functional.conv2d(a, b, args[2], padding=attrs["pad"])
        case "batchNorm2d":
            return torch.nn.functional.batch_norm(a, None, None, b, args[2], training=True, eps=1e-5)
        case "maxPool2d":
            return torch.nn.functional.max_pool2d(a, 2)
    raise ValueError(op)


class Unfit(Exception):
    """A node whose value would be of no use: too large, not finite, or at a kink."""


class Graph:
    def __init__(self, rng):
        self.rng = rng
        self.leaves, self.nodes, self.values = [], [], []

    def leaf(self, shape):
        assert not self.nodes, "leaves come first"
        count = torch.Size(shape).numel()
        data = [round(self.rng.gauss(0, 1), 3) or 0.5 for _ in range(count)]
        tensor = torch.tensor(data, dtype=torch.float32).to(torch.float64).reshape(shape)
        self.leaves.append({"shape": shape, "data": data})
        self.values.append(tensor)
        return len(self.values) - 1

    def node(self, op, inputs, **attrs):
        """Adds a node and gives its index. Raises Unfit."""
        args = [self.values[i] for i in inputs]
        value = evaluate(op, args, attrs)
        if value.numel() > MOST_ELEMENTS or not torch.isfinite(value).all() or value.abs().max() > LARGEST:
            raise Unfit
        margins = {
            "relu": lambda: args[0],
            "abs": lambda: args[0],
            "prelu": lambda: args[0],
            "where": lambda: args[0] - attrs["bound"],
            "maximum": lambda: args[0] - args[1],
        }
        if op in margins and margins[op]().abs().min() < KINK_MARGIN:
            raise Unfit
        self.nodes.append({"op": op, "in": inputs, **({"attrs": attrs} if attrs else {})})
        self.values.append(value.detach())
        return len(self.values) - 1

    def shape(self, i):
        return list(self.values[i].shape)

    def pick(self, fits=lambda shape: True):
        """A value, rather a late one; early ones come again and again, so that there is fan-out."""
        known = [i for i in range(len(self.values)) if fits(self.shape(i))]
        if not known:
            return None
        return known[-1 - int(len(known) * self.rng.random() ** 1.6)]


def broadcasts(a, b):
    return all(x == y or 1 in (x, y) for x, y in zip(reversed(a), reversed(b)))


def grow(graph):
    """Adds one random op, of one node or a few."""
    rng, node = graph.rng, graph.node
    kind = rng.choice(
        ["arithmetic"] * 6 + ["function"] * 4 + ["matmul", "reduce", "shape", "choice", "pattern"] * 2 + ["twice", "detach"]
    )
    a = graph.pick()
    shape = graph.shape(a)
    if kind == "arithmetic":
        b = graph.pick(lambda other: broadcasts(shape, other))
        op = rng.choice(["add", "sub", "mul", "mul", "div"])
        if op == "div":
            b = node("affine", [node("pow", [b], exponent=2)], scale=1, shift=0.5)
        node(op, [a, b] if rng.random() < 0.5 or op == "div" else [b, a])
    elif kind == "twice":
        node(rng.choice(["add", "mul"]), [a, a])
    elif kind == "function":
        op = rng.choice(["exp", "log", "sqrt", "tanh", "sigmoid", "relu", "abs", "pow", "affine"])
        if op == "exp":
            node("exp", [node("tanh", [a])])
        elif op in ("log", "sqrt"):
            node(op, [node("affine", [node("mul", [a, a])], scale=1, shift=0.75)])
        elif op == "pow":
            node("pow", [a], exponent=rng.choice([2, 3]))
        elif op == "affine":
            node("affine", [a], scale=rng.choice([-1, 0.5, 2]), shift=rng.choice([0, 1, -0.25]))
        else:
            node(op, [a])
    elif kind == "matmul":
        a = graph.pick(lambda s: len(s) == 2)
        if a is None:
            return
        b = graph.pick(lambda s: len(s) == 2 and s[0] == graph.shape(a)[1])
        if b is None:
            b = node("transpose", [a], order=[1, 0])
        node("affine", [node("matmul", [a, b])], scale=0.5, shift=0)
    elif kind == "reduce" and shape:
        axes = sorted(rng.sample(range(len(shape)), rng.randint(1, len(shape))))
        node(rng.choice(["sum", "mean"]), [a], axes=axes, keepDims=rng.random() < 0.5)
    elif kind == "shape" and shape:
        op = rng.choice(["reshape", "reshape", "transpose", "slice", "slice", "pad"])
        if op == "reshape":
            node("reshape", [a], shape=rng.choice([[-1], list(reversed(shape)), [1] + shape]))
        elif op == "transpose":
            node("transpose", [a], order=rng.sample(range(len(shape)), len(shape)))
        elif op == "pad":
            node("pad", [a], paddings=[[rng.randint(0, 1), rng.randint(0, 1)] for _ in shape])
        else:
            size = [rng.randint(1, length) for length in shape]
            node("slice", [a], begin=[rng.randint(0, n - s) for n, s in zip(shape, size)], size=size)
    elif kind == "choice":
        b = graph.pick(lambda other: other == shape)
        if rng.random() < 0.5:
            node("where", [a, b], bound=rng.choice([0, 0.25, -0.5]))
        elif a != b:
            node("maximum", [a, b])
    elif kind == "pattern":
        if rng.random() < 0.5:
            same = [i for i in range(len(graph.values)) if graph.shape(i) == shape]
            node("stack", [a] + [rng.choice(same) for _ in range(rng.randint(1, 2))])
        else:
            node("broadcastTo", [a], shape=[2] + [3 if n == 1 else n for n in shape])
    elif kind == "detach":
        node("mul", [a, node("detach", [a])])


def module_graph(graph, which):
    """A small network whose parameters are shared by two calls, and one of them read beside as well."""
    node = graph.node
    if which == "linear":
        x, w, b, slopes = graph.leaf([3, 4]), graph.leaf([4, 4]), graph.leaf([4]), graph.leaf([4])
        for _ in range(2):
            x = node("prelu", [node("linear", [x, w, b]), slopes])
            x = node("affine", [x], scale=0.5, shift=0)
        node("matmul", [x, w])
        return
    x, w, b, slopes = graph.leaf([1, 2, 4, 4]), graph.leaf([2, 2, 3, 3]), graph.leaf([2]), graph.leaf([2])
    for _ in range(2):
        x = node("affine", [x], scale=0.25, shift=0)
        x = node("prelu", [node("conv2d", [x, w, b], pad=1), slopes])
    if which == "pool":
        x = node("maxPool2d", [node("batchNorm2d", [x, slopes, b])])
    node("mul", [node("mean", [x], axes=[0, 2, 3], keepDims=False), b])
    node("mul", [node("sum", [w], axes=[1, 2, 3], keepDims=False), slopes])


def draw(rng, index):
    graph = Graph(rng)
    modules = {26: "linear", 27: "linear", 28: "conv", 29: "pool"}.get(index)
    if modules:
        module_graph(graph, modules)
    else:
        for shape in rng.sample(LEAF_SHAPES, rng.randint(3, 5)):
            graph.leaf(shape)
        wanted = rng.randint(10, 22)
        for _ in range(300):
            if len(graph.nodes) >= wanted:
                break
            try:
                grow(graph)
            except Unfit:
                continue
    used = {i for node in graph.nodes for i in node["in"]}
    count = len(graph.leaves)
    ends = [i for i in range(count, len(graph.values)) if i not in used]
    ends = ends[:3] + [i for i in ends[3:] if i == len(graph.values) - 1]
    outputs = [{"of": i, "cotangent": [round(rng.gauss(0, 1), 3) for _ in range(graph.values[i].numel())]} for i in ends]
    return graph, outputs


def differentiate(graph, outputs, dtype):
    leaves = [
        torch.tensor(leaf["data"], dtype=torch.float32).to(dtype).reshape(leaf["shape"]).requires_grad_()
        for leaf in graph.leaves
    ]
    values = list(leaves)
    for node in graph.nodes:
        values.append(evaluate(node["op"], [values[i] for i in node["in"]], node.get("attrs", {})))
    results = [values[output["of"]] for output in outputs]
    loss = sum(
        (torch.tensor(output["cotangent"], dtype=torch.float32).to(dtype).reshape(result.shape) * result).sum()
        for output, result in zip(outputs, results)
    )
    grads = torch.autograd.grad(loss, leaves, create_graph=True, materialize_grads=True)
    square = sum((grad**2).sum() for grad in grads)
    second = torch.autograd.grad(square, leaves, materialize_grads=True, allow_unused=True)
    kinds = {"outputs": results, "grads": grads, "second": second}
    return {kind: [torch.zeros(t.shape, dtype=torch.float64).copy_(t.detach()) for t in some] for kind, some in kinds.items()}


def resolved(exact, rough):
    """Whether float32 is enough, element by element, and nothing is trivial."""
    for name in exact:
        for a, b in zip(exact[name], rough[name]):
            largest = a.abs().max()
            if not torch.isfinite(a).all() or largest > 1e4 or (a - b).abs().max() > FLOAT32_ERROR * largest:
                return False
    return any(g.abs().max() > 1e-3 for g in exact["second"]) and sum(g.abs().max() > 1e-3 for g in exact["grads"]) >= 2


def figures(tensor):
    return [float(f"{value:.9g}") for value in tensor.flatten().tolist()]


def main():
    rng = random.Random(SEED)
    graphs = []
    while len(graphs) < GRAPHS:
        try:
            graph, outputs = draw(rng, len(graphs))
            exact, rough = (differentiate(graph, outputs, dtype) for dtype in (torch.float64, torch.float32))
        except (Unfit, RuntimeError):
            continue  # the latter where nothing leads to the loss
        if not resolved(exact, rough):
            continue
        for leaf, grad, second in zip(graph.leaves, exact["grads"], exact["second"]):
            leaf |= {"grad": figures(grad), "second": figures(second)}
        for output, result in zip(outputs, exact["outputs"]):
            output["data"] = figures(result)
        graphs.append({"leaves": graph.leaves, "nodes": graph.nodes, "outputs": outputs})
    lines = ",\n".join(json.dumps(graph, separators=(",", ":")) for graph in graphs)
    pathlib.Path(__file__).with_name("random-graphs.golden.ts").write_text(
        "// Random graphs with all their gradients, computed by PyTorch. Written by random-graphs.py; JSON in a string, for a\n"
        "// formatter would give every figure a line.\n\n"
        f"/** PyTorch {torch.__version__.split('+')[0]} CPU float64, seed {SEED}. */\n"
        f"export const randomGraphs: unknown = JSON.parse(`[\n{lines}\n]`);\n"
    )


main()

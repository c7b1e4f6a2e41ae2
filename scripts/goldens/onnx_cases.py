"""Makes the figures of ONNX in packages/tessera/src/onnx-cases.golden.ts. Nothing of the project needs it: only who adds a case.

    python3 -m venv venv && venv/bin/pip install onnx
    venv/bin/python scripts/goldens/onnx_cases.py

The cases are those of ONNX's own backend tests. Their data would fill megabytes: what is larger than a screen is cut to fewer
images, maps and places, and all numbers are rounded. What comes out then says onnx.reference, which is first held against the
output that the case has for its own data.
"""

import json
import pathlib
import warnings

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases
from onnx.reference import ReferenceEvaluator

FILE = pathlib.Path(__file__).parents[2] / "packages/tessera/src/onnx-cases.golden.ts"
CONVERTED = pathlib.Path(onnx.__file__).parent / "backend/test/data/pytorch-converted"

# By what was missing once.
CASES = {
    "windows over volumes": """averagepool_3d_default averagepool_3d_dilations_small
        averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_True
        averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_False
        averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True
        averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_False
        maxpool_3d_default maxpool_3d_dilations maxpool_3d_dilations_use_ref_impl maxpool_3d_dilations_use_ref_impl_large
        convtranspose_3d AvgPool3d AvgPool3d_stride AvgPool3d_stride1_pad0_gpu_input Conv3d Conv3d_dilated
        Conv3d_dilated_strided Conv3d_groups Conv3d_no_bias Conv3d_stride Conv3d_stride_padding MaxPool3d MaxPool3d_stride
        MaxPool3d_stride_padding""",
    "each loss by itself": """sce_none sce_none_log_prob sce_none_weights sce_none_weights_log_prob
        sce_NCd1d2d3d4d5_none_no_weight sce_NCd1d2d3d4d5_none_no_weight_log_prob
        sce_NCd1d2d3_none_no_weight_negative_ii sce_NCd1d2d3_none_no_weight_negative_ii_log_prob""",
    "modes of padding": "edge_pad reflect_pad wrap_pad ConstantPad2d ReflectionPad2d ReplicationPad2d",
    "dilation in pools": """averagepool_2d_dilations maxpool_2d_dilations lppool_2d_dilations
        MaxPool1d_stride_padding_dilation MaxPool2d_stride_padding_dilation""",
    "padding that is not the same on both sides": """averagepool_2d_same_lower maxpool_2d_same_lower
        averagepool_2d_same_upper maxpool_2d_same_upper""",
    "a last window beyond the images": "averagepool_2d_ceil maxpool_2d_ceil",
    "pieces of no size": """split_zero_size_splits_opset13 split_zero_size_splits_opset18 reshape_allowzero_reordered
        reduce_sum_empty_set reduce_prod_empty_set""",
    "what else was missing": """upsample_nearest resize_upsample_scales_linear_align_corners depthtospace_crd_mode_example
        maxunpool_export_without_output_shape lrn instancenorm_epsilon lppool_2d_pads globalmaxpool""",
}
# Windows of hundreds of places, for which the numbers are smaller here by ten.
TENTHS = ("MaxPool1d_stride_padding_dilation", "MaxPool2d_stride_padding_dilation")
SPATIAL = ("AveragePool", "MaxPool", "LpPool", "Conv", "Pad")
MANY = 400
# Places beyond the reach of a window, along each axis. With others the last windows of onnx.reference 1.23 are wrong where
# ceil_mode adds them: it agrees with plain loops for 32 places, and does not for 10 or 13.
MORE = (5, 2, 3)


def node_cases():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {case.name.removeprefix("test_"): case for case in collect_testcases(None)}


def tensor_in(file):
    tensor = onnx.TensorProto()
    tensor.ParseFromString(file.read_bytes())
    return numpy_helper.to_array(tensor)


def converted(name):
    folder = CONVERTED / f"test_{name}"
    data = folder / "test_data_set_0"
    inputs = [tensor_in(file) for file in sorted(data.glob("input_*"))]
    return onnx.load(folder / "model.onnx"), inputs, [tensor_in(file) for file in sorted(data.glob("output_*"))]


def attributes(node):
    values = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in values.items()}


def run(model, inputs):
    given = {i.name for i in model.graph.initializer}
    names = [i.name for i in model.graph.input if i.name not in given]
    return ReferenceEvaluator(model).run(None, dict(zip(names, inputs)))


def smaller(name, op, attrs, arrays):
    """The same case with fewer numbers."""
    x = arrays[0]
    if op == "SoftmaxCrossEntropyLoss" and x.size > MANY:
        part = (slice(None), slice(None), *[slice(2)] * (x.ndim - 2))
        return [x[part], arrays[1][part[:1] + part[2:]], *arrays[2:]]
    if op == "LRN":  # whose reference takes the count of images for that of maps
        return [x[:, :, :2, :2]]
    if op not in SPATIAL or x.ndim < 3:
        return arrays
    lengths = x.shape[2:]
    if x[:1].size > MANY:
        kernel, dilations = attrs["kernel_shape"], attrs.get("dilations", [1] * len(lengths))
        reaches = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
        lengths = [min(n, reach + more) for n, reach, more in zip(lengths, reaches, MORE)]
    maps = slice(None) if op == "Conv" else slice(2)
    return [x[(slice(1), maps, *map(slice, lengths))], *arrays[1:]]


def rounded(array):
    return np.round(array, 1).astype(array.dtype) if array.dtype.kind == "f" else array


def figures(array):
    flat = array.reshape(-1)
    data = [float(f"{v:.7g}") for v in flat.tolist()] if array.dtype.kind == "f" else flat.tolist()
    return {"shape": list(array.shape), "data": [int(v) if float(v).is_integer() else v for v in data]}


def golden(name, nodes):
    if name in nodes:
        case = nodes[name]
        model, (inputs, outputs) = case.model, case.data_sets[0]
    else:
        model, inputs, outputs = converted(name)
    (node,) = model.graph.node
    attrs = attributes(node)
    if name not in TENTHS:
        for ours, theirs in zip(run(model, inputs), outputs):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5, err_msg=name)
    else:
        for attribute in node.attribute:
            if attribute.name in ("kernel_shape", "pads"):
                attribute.ints[:] = [value // 10 for value in attribute.ints]
            if attribute.name == "dilations":
                attribute.ints[:] = [2] * len(attribute.ints)
        attrs = attributes(node)
    inputs = [rounded(array) for array in smaller(name, node.op_type, attrs, list(inputs))]
    for tensor in model.graph.initializer:
        tensor.CopyFrom(numpy_helper.from_array(rounded(numpy_helper.to_array(tensor)), tensor.name))
    outputs = run(model, inputs)
    weights = [numpy_helper.to_array(tensor) for tensor in model.graph.initializer]
    return {
        "name": name,
        "op": node.op_type,
        "attrs": attrs,
        "inputs": [figures(array) for array in [*inputs, *weights]],
        "outputs": [figures(np.asarray(array)) for array in outputs],
    }


def main():
    nodes = node_cases()
    parts = []
    for missing, names in CASES.items():
        lines = ",\n".join(json.dumps(golden(name, nodes), separators=(",", ":")) for name in names.split())
        parts.append(f"{json.dumps(missing)}:[\n{lines}\n]")
    text = ",\n".join(parts)
    FILE.write_text(
        "// JSON in a string: a formatter would give every figure a line. Made by scripts/goldens/onnx_cases.py.\n"
        "import type { Figures } from '@tessera-nn/testing';\n\n"
        "export interface OnnxCase {\n  name: string;\n  op: string;\n  attrs: Record<string, unknown>;\n"
        "  inputs: Figures[];\n  outputs: Figures[];\n}\n\n"
        f"/** onnx {onnx.__version__}, cases of its backend tests, by what they need. */\n"
        f"export const cases = JSON.parse(`{{\n{text}\n}}`) as Record<string, OnnxCase[]>;\n"
    )


main()

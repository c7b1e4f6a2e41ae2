"""Writes packages/io/src/keras/keras-models.golden.ts: whole models as Keras saves them, and what they compute.

    venv/bin/pip install keras h5py tensorflow-cpu
    venv/bin/python scripts/goldens/keras_models.py
"""

import base64
import json
import pathlib
import tempfile
import zlib

import keras
import numpy

TARGET = pathlib.Path(__file__).parents[2] / "packages/io/src/keras/keras-models.golden.ts"
L = keras.layers


def images():
    return keras.Sequential(
        [
            keras.Input((9, 7, 2)),
            L.Conv2D(4, (3, 2), strides=2, padding="same", activation="relu", name="conv"),
            L.BatchNormalization(scale=False, momentum=0.9, name="norm"),
            L.PReLU(shared_axes=[1, 2], name="by_map"),
            L.DepthwiseConv2D(3, padding="same", depth_multiplier=2, name="depthwise"),
            L.SeparableConv2D(5, 2, dilation_rate=2, use_bias=False, name="separable"),
            L.PReLU(name="each"),
            L.ZeroPadding2D(((1, 0), (0, 2)), name="pad"),
            L.AveragePooling2D(2, strides=1, padding="same", name="mean"),
            L.Conv2DTranspose(3, 2, strides=3, activation="tanh", name="gaps"),
            L.PReLU(shared_axes=[1], name="by_column"),
            L.MaxPooling2D((2, 3), name="max"),
            L.Conv2DTranspose(2, 3, strides=2, padding="same", use_bias=False, name="larger"),
            L.Dense(3, activation="gelu", name="by_pixel"),
            L.SpatialDropout2D(0.5),
            L.Flatten(),
            L.Dense(4, activation="softmax", trainable=False, name="head"),
        ],
        name="images",
    )


def volumes():
    return keras.Sequential(
        [
            keras.Input((4, 6, 5, 2)),
            L.Conv3D(3, 2, padding="same", groups=1, activation="elu", name="conv"),
            L.BatchNormalization(name="norm"),
            L.MaxPooling3D((1, 2, 2), name="max"),
            L.UpSampling3D((1, 1, 2), name="wide"),
            L.Conv3DTranspose(2, 2, strides=2, name="larger"),
            L.GlobalAveragePooling3D(name="mean"),
        ],
        name="volumes",
    )


def sequences():
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            L.Embedding(11, 4, name="words"),
            L.SpatialDropout1D(0.5),
            L.Conv1D(3, 2, padding="causal", dilation_rate=2, activation="softplus", name="conv"),
            L.MaxPooling1D(2, strides=1, padding="same", name="max"),
            L.LayerNormalization(name="norm"),
            L.Bidirectional(L.LSTM(2, return_sequences=True), name="both"),
            L.GRU(3, return_sequences=True, name="gated"),
            L.SimpleRNN(3, return_sequences=True, use_bias=False, name="plain"),
            L.TimeDistributed(L.Dense(2), name="each"),
            L.Conv1DTranspose(2, 2, strides=2, name="longer"),
            L.BatchNormalization(center=False, name="batch"),
        ],
        name="sequences",
    )


def repeated():
    return keras.Sequential(
        [
            keras.Input((6, 3)),
            L.GlobalMaxPooling1D(name="largest"),
            L.RepeatVector(3),
            L.LSTM(2, name="last"),
        ],
        name="repeated",
    )


def functional():
    left, right = keras.Input((6, 6, 2), name="left"), keras.Input((3,), name="right")
    inner = keras.Sequential(
        [keras.Input((6, 6, 2)), L.Conv2D(2, 3, padding="same", name="conv"), L.ReLU(max_value=6, name="to_six")], name="inner"
    )
    x = L.Rescaling(2.0, -1.0, name="scaled")(left)
    shared = L.Conv2D(2, 1, activation="hard_sigmoid", name="shared")
    x = L.Add(name="sum")([inner(x), shared(x)])
    x = L.Multiply(name="product")([x, shared(x)])
    x = L.GroupNormalization(groups=2, name="groups")(x)
    up = L.UpSampling2D(2, interpolation="bilinear", name="smooth")(x)
    small = L.Conv2D(1, 1, name="mixed")(L.Permute((2, 1, 3), name="turned")(L.Reshape((9, 4, 2), name="shaped")(x)))
    v = L.LeakyReLU(negative_slope=0.2, name="leaky")(L.Dense(18, activation="selu", name="dense")(right))
    v = L.Conv2D(2, 1, name="of_vector")(L.Reshape((3, 3, 2), name="as_image")(v))
    joined = L.Concatenate(axis=1, name="rows")([L.AveragePooling2D(2, name="half")(x), v])
    one = L.Dense(2, name="one")(L.GlobalAveragePooling2D(name="mean")(L.Softmax(axis=1, name="by_row")(joined)))
    two = L.Dense(2, activation="silu", name="two")(L.Flatten(name="flat")(L.Concatenate(name="flats")([L.Flatten()(small), one])))
    peak = L.GlobalMaxPooling2D(keepdims=True, name="peak")(up)
    return keras.Model([left, right], [two, up, peak], name="functional")


def filled(shape, seed):
    """Numbers that any language computes alike."""
    count = int(numpy.prod(shape))
    return (((numpy.arange(count) + seed) * 7919 % 101) / 101 - 0.5).astype("f4").reshape(shape)


def inputs(model):
    for place, tensor in enumerate(model.inputs):
        x = filled((2, *tensor.shape[1:]), place)
        yield numpy.floor((x + 0.5) * 11).astype("i4") if tensor.dtype == "int32" else x


def saved(model, ending):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"model{ending}"
        model.save(path)
        data = path.read_bytes()
    return {"size": len(data), "packed": base64.b64encode(zlib.compress(data, 9)).decode()}


def golden(make):
    keras.utils.clear_session()
    model = make()
    weights = [2 * filled(w.shape, 3 * i) + (2 if "var" in w.path else 0) for i, w in enumerate(model.weights)]
    model.set_weights(weights)
    x = list(inputs(model))
    outputs = model.predict(x if len(x) > 1 else x[0], verbose=0)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    return {
        "inputs": [{"shape": list(each.shape), "whole": each.dtype == "int32"} for each in x],
        "outputs": [{"shape": list(y.shape), "values": [float(f"{v:.8g}") for v in y.flatten().tolist()]} for y in outputs],
        "keras": saved(model, ".keras"),
        "h5": saved(model, ".h5"),
    }


TARGET.write_text(
    "// Made by scripts/goldens/keras_models.py.\n"
    f"/** Models as Keras {keras.__version__} saves them, in zlib's format and base64, and what they compute of `kerasInput`. */\n"
    f"export const kerasModels = {json.dumps({f.__name__: golden(f) for f in (images, volumes, sequences, repeated, functional)})};\n"
)

"""Writes packages/io/src/keras/keras-files.golden.ts: a small model as Keras saves it, and what it computes.

    venv/bin/pip install keras h5py torch
    KERAS_BACKEND=torch venv/bin/python scripts/goldens/keras_files.py
"""

import base64
import json
import pathlib
import tempfile
import zlib

import keras
import numpy

TARGET = pathlib.Path(__file__).parents[2] / "packages/io/src/keras/keras-files.golden.ts"

layers = keras.layers
model = keras.Sequential(
    [
        keras.Input((6, 5, 2)),
        layers.Conv2D(3, (2, 3), name="first"),
        layers.BatchNormalization(name="norm", epsilon=1e-5),
        layers.PReLU(shared_axes=[1, 2], name="act"),
        layers.Conv2D(3, 1, use_bias=False, name="second"),
        layers.PReLU(name="each"),
        layers.Flatten(),
        layers.Dense(4, name="hidden"),
        layers.Dense(4, name="head"),
    ]
)
rng = numpy.random.default_rng(5)
model.set_weights([rng.uniform(0.1, 1, w.shape).astype("f4") * (1 if "var" in w.path else rng.choice([-1, 1], w.shape))
                   for w in model.weights])
x = numpy.arange(60, dtype="f4").reshape(1, 6, 5, 2) / 60
y = numpy.asarray(model.predict(x, verbose=0)).flatten()


def saved(ending):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"model{ending}"
        model.save(path)
        data = path.read_bytes()
    return {"size": len(data), "packed": base64.b64encode(zlib.compress(data, 9)).decode()}


TARGET.write_text(
    "// Made by scripts/goldens/keras_files.py.\n"
    f"/** A model as Keras {keras.__version__} saves it, in zlib's format and base64. */\n"
    f"export const kerasFiles = {json.dumps({'keras': saved('.keras'), 'h5': saved('.h5')})};\n\n"
    "/** What it computes of 0, 1, ... 59 sixtieths as [1, 6, 5, 2]. */\n"
    f"export const kerasOutput = {json.dumps(y.tolist())};\n"
)

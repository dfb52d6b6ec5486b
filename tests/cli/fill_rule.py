"""Weights by rule, as tests/models/fill_rule.h makes them; with NumPy, for whole checkpoints."""
import json
import math
import struct

import numpy as np

CONSTANTS = {
    "rgb2yuv.M": [[0.299, 0.587, 0.114], [-0.14713, -0.28886, 0.436], [0.615, -0.51499, -0.10001]],
    "attenuation.conv_x.weight": [[[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]],
    "attenuation.conv_y.weight": [[[[1, 2, 1], [0, 0, 0], [-1, -2, -1]]]],
    "attenuation.conv_lum.weight": [[[[1, 1, 1, 1, 1], [1, 2, 2, 2, 1], [1, 2, 0, 2, 1], [1, 2, 2, 2, 1],
                                      [1, 1, 1, 1, 1]]]],
}


def uniform(name, count):
    """Numbers in 0..1 from FNV-1a-64 of the name and splitmix64's finaliser."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) & (1 << 64) - 1
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / 2**24


def scaled(name, shape, u):
    if "running_var" in name:
        return 0.5 + u
    if "running_mean" in name:
        return 0.2 * (u - 0.5)
    if "grn" in name:
        return (0.5 if "gamma" in name else 0.1) * (u - 0.5)
    if "gamma" in name:
        return 0.75 + 0.5 * u
    if "rel_pos" in name or "pos_embed" in name:
        return 0.4 * (u - 0.5)
    if "msg_embeddings" in name:
        return 2 * (u - 0.5)
    if name.endswith("bias"):
        return 0.2 * (u - 0.5)
    if len(shape) == 1:
        return 0.75 + 0.5 * u
    factor = 0.25 if ".outc." in name else 1
    return 2 * (u - 0.5) * math.sqrt(3 / math.prod(shape[1:])) * factor


def filled(name, shape):
    if name.endswith("num_batches_tracked"):
        return np.zeros(shape, dtype=np.int64)
    if name in CONSTANTS:
        return np.array(CONSTANTS[name], dtype=np.float32)
    hashed = name.replace("embedder.unet.msg_processor", "embedder.msg_processor")
    u = uniform(hashed, math.prod(shape))
    return scaled(name, shape, u).reshape(shape).astype(np.float32)


def write_checkpoint(listed, path):
    """A safetensors file of the tensors that a file of VSEAL_DATA/golden lists (NAME.tensors.json), filled by rule."""
    shapes = {name: entry["shape"] if isinstance(entry, dict) else entry
              for name, entry in json.loads(listed.read_text()).items()}
    header, offset = {}, 0
    arrays = {name: filled(name, shape) for name, shape in shapes.items() if not name.endswith("num_batches_tracked")}
    for name, array in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(array.tobytes())

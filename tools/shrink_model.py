#!/usr/bin/env python3
"""Turns a trained nano model (f32, PyTorch's layout) into the file that the binary carries.

Matrices and filters become i8 with a factor for each row, "NAME.scale" (the row's largest magnitude
is 127), or f16; vectors stay f32 (they are few, and BatchNorm divides by some).
Axes are put into the order of vseal's graphs, so that loading copies nothing: filters [oc,kh,kw,ic],
and the message's and the detector's tile [T,T,channels] instead of [channels,T,T]. The card gains
what the training did not know. The same input gives the same bytes.
"""
import argparse
import array
import json
import math

import safetensors_file

LICENCE = ("MIT. Trained for vseal from photographs that are in the public domain (CC0) or freely "
           "licensed.")


def swap_middle(values, outer, a, b, inner):
    """[outer,a,b,inner] -> [outer,b,a,inner]"""
    if a == 1 or b == 1:
        return values
    out = array.array("f", values)
    for o in range(outer):
        base = o * a * b * inner
        for j in range(b):
            for k in range(inner):
                start = base + j * a * inner + k
                out[start:start + a * inner:inner] = values[base + j * inner + k:
                                                            base + a * b * inner:b * inner]
    return out


def graph_layout(name, tensor, sizes):
    """(shape, values) in the axis order of the graphs."""
    values, shape = tensor.floats(), tensor.shape
    if len(shape) == 4:
        oc, ic, kh, kw = shape
        return [oc, kh, kw, ic], swap_middle(values, oc, ic, kh * kw, 1)
    channels, cells = sizes[name.split(".")[0]]
    if name.startswith("embedder.msg."):
        return shape, swap_middle(values, 1, channels, cells, len(values) // (channels * cells))
    if name == "detector.head.weight":
        return shape, swap_middle(values, shape[0], channels, cells, 1)
    return shape, values


def tile_sizes(tensors):
    """Channels and cells of each network's tile, from the shapes."""
    width = tensors["embedder.stem.0.weight"].shape[0]
    message = tensors["embedder.mix.0.weight"].shape[1] - width
    folded = tensors["detector.out.weight"].shape[0]
    sizes = {"embedder": (message, tensors["embedder.msg.weight"].shape[0] // message),
             "detector": (folded, tensors["detector.head.weight"].shape[1] // folded)}
    for network, (_, cells) in sizes.items():
        if math.isqrt(cells) ** 2 != cells:
            raise SystemExit(f"{network}: a tile of {cells} cells is no square")
    return sizes


def integer_rows(values, rows):
    """(i8 values, factor of each row): values[r] ~ factor[r] * integers[r]"""
    columns = len(values) // rows
    integers, factors = [], array.array("f")
    for start in range(0, len(values), columns):
        row = values[start:start + columns]
        factor = max(map(abs, row)) / 127
        factors.append(factor)
        integers += [round(value / factor) if factor > 0 else 0 for value in row]
    return integers, factors


def stored(name, shape, values, weights):
    """{name: Tensor}: what the file holds of a tensor in the graphs' layout."""
    if len(shape) == 1:
        return {name: safetensors_file.Tensor.from_values("F32", shape, values)}
    if weights == "f16":
        return {name: safetensors_file.Tensor.from_values("F16", shape, values)}
    integers, factors = integer_rows(values, shape[0])
    return {name: safetensors_file.Tensor.from_values("I8", shape, integers),
            name + ".scale": safetensors_file.Tensor.from_values("F32", [shape[0]], factors)}


def extended_card(text, arguments):
    card = json.loads(text)
    cfg = card["cfg"]
    card.update({
        "family": "nano",
        "layout": "nhwc",
        "licence": LICENCE,
        "step": arguments.step,
        "promised_psnr_db": arguments.psnr,
        "heatmap": {"low_gain": cfg["jnd"][0], "low_offset": cfg["jnd"][1],
                    "replicate_sobel_border": True},
        "gain": {"exponent": cfg["gexp"], "reference": 8 / 255},
        "real_valued_message": True,
    })
    return json.dumps(card, indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--step", type=int, default=4, help="video: frames from key to key")
    parser.add_argument("--psnr", type=float, default=43.0,
                        help="mean PSNR in dB that the strength gives on the test pictures")
    parser.add_argument("--weights", choices=("i8", "f16"), default="i8")
    arguments = parser.parse_args()
    metadata, tensors = safetensors_file.read(arguments.input)
    sizes = tile_sizes(tensors)
    shrunk = {}
    for name, tensor in tensors.items():
        shrunk.update(stored(name, *graph_layout(name, tensor, sizes), arguments.weights))
    card = extended_card(metadata["card"], arguments)
    safetensors_file.write(arguments.output, {"card": card}, shrunk)


if __name__ == "__main__":
    main()

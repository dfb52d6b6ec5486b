"""What an app does with the files of `vseal export --format tflite`, in Python: mark and read pictures with LiteRT alone.

    phone.py mark EMBEDDER.tflite PICTURE MARKED BITS    (the embedder exported with --with-jnd)
    phone.py read DETECTOR.tflite PICTURE                prints the bits

Needs numpy and ai-edge-litert; ffmpeg opens and saves the pictures. docs/phones.md has the contract.
"""
import json
import subprocess
import sys

import numpy
from ai_edge_litert.interpreter import Interpreter


def load(path):
    """A picture as [h,w,3] in 0..1."""
    size = json.loads(subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-select_streams", "v:0", "-show_entries",
                                      "stream=width,height", path], check=True, capture_output=True).stdout)["streams"][0]
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], check=True,
                         capture_output=True).stdout
    return numpy.frombuffer(raw, "u1").reshape(size["height"], size["width"], 3).astype("f4") / 255


def save(picture, path):
    height, width, _ = picture.shape
    raw = numpy.rint(255 * numpy.clip(picture, 0, 1)).astype("u1").tobytes()
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-i",
                    "-", path], check=True, input=raw)


def filters(samples, outputs):
    """[outputs, samples]: bilinear, half-pixel centres, the triangle widened when shrinking."""
    centres = (numpy.arange(outputs)[:, None] + 0.5) * samples / outputs
    support = max(samples / outputs, 1)
    weights = numpy.maximum(0, 1 - abs((numpy.arange(samples)[None] + 0.5 - centres) / support))
    return (weights / weights.sum(1, keepdims=True)).astype("f4")


def resize(picture, height, width):
    """[h,w,c] to [height,width,c]."""
    rows = numpy.tensordot(filters(picture.shape[0], height), picture, (1, 0))
    return numpy.tensordot(filters(picture.shape[1], width), rows, (1, 1)).transpose(1, 0, 2)


class Network:
    def __init__(self, path):
        self.runner = Interpreter(model_path=path).get_signature_runner("serving_default")
        self.inputs = self.runner.get_input_details()

    def seen(self, picture):
        """The input that is a picture, by name."""
        name = "luma" if "luma" in self.inputs else "rgb"
        _, height, width, _ = self.inputs[name]["shape"]
        values = picture @ numpy.array([[0.299], [0.587], [0.114]], "f4") if name == "luma" else picture
        return {name: resize(values, height, width)[None]}


def mark(path, picture, bits):
    network = Network(path)
    message = numpy.array([[1.0 if bit == "1" else -1.0 for bit in bits]], "f4")
    delta = network.runner(**network.seen(picture), message=message)["delta"][0]
    return picture + resize(delta, *picture.shape[:2])


def read(path, picture):
    network = Network(path)
    return "".join("1" if value > 0 else "0" for value in network.runner(**network.seen(picture))["logits"][0])


if __name__ == "__main__":
    if sys.argv[1:2] == ["mark"] and len(sys.argv) == 6:
        save(mark(sys.argv[2], load(sys.argv[3]), sys.argv[5]), sys.argv[4])
    elif sys.argv[1:2] == ["read"] and len(sys.argv) == 4:
        print(read(sys.argv[2], load(sys.argv[3])))
    else:
        sys.exit(__doc__)

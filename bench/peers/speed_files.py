"""The files that speed.py times: one network in the forms that each runtime is best at."""
import json
import os
import pathlib
import struct
import subprocess
import sys

import numpy

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests" / "cli"))
import fill_rule  # noqa: E402

PICTURES = 16  # to calibrate on
FAMILY = "videoseal_1.0"


def vseal(*arguments):
    subprocess.run([os.environ["VSEAL"], *arguments, "--quiet"], check=True)


def write_checkpoint(path):
    """VideoSeal 1.0 of the published sizes with weights by rule (tests/models/fill_rule.h), as safetensors."""
    shapes = json.loads(pathlib.Path(os.environ["VSEAL_DATA"], "golden", f"{FAMILY}.tensors.json").read_text())
    header, arrays, offset = {}, [], 0
    for name, entry in shapes.items():
        if name.endswith("num_batches_tracked"):
            continue
        array = fill_rule.filled(name, entry["shape"] if isinstance(entry, dict) else entry)
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
        arrays.append(array)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays:
            file.write(array.tobytes())


def read_safetensors(path):
    content = path.read_bytes()
    length, = struct.unpack_from("<Q", content)
    header = json.loads(content[8:8 + length])
    header.pop("__metadata__", None)
    return {name: numpy.frombuffer(content[8 + length:][slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"])
            for name, entry in header.items()}


def pictures(folder, side):
    """The first pictures of a folder as [side,side,3] in 0..1."""
    for path in sorted(pathlib.Path(folder).iterdir())[:PICTURES]:
        done = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-vf", f"scale={side}:{side}", "-f", "rawvideo",
                               "-pix_fmt", "rgb24", "-"], check=True, capture_output=True)
        yield numpy.frombuffer(done.stdout, numpy.uint8).reshape(side, side, 3).astype("f4") / 255


class Network:
    """One half of a model: its inputs, the engine's answer in f32, and its files."""

    def __init__(self, model, part, vectors):
        self.model, self.part = model, part
        prefix = f"{part}.0."
        self.values = {name[len(prefix):]: value for name, value in vectors.items() if name.startswith(prefix)}
        self.values.pop("delta", None)
        self.wanted = self.values.pop("residual" if part == "embedder" else "logits")
        self.files = {}

    def calibration(self, data):
        """Inputs in ONNX's layout, with messages at random."""
        random = numpy.random.default_rng(1)
        picture, = (name for name in self.values if name != "message")
        side, channels = self.values[picture].shape[1], self.values[picture].shape[3]
        for rgb in pictures(data, side):
            seen = rgb if channels == 3 else (rgb @ numpy.array([0.299, 0.587, 0.114], "f4"))[..., None]
            sample = {picture: numpy.ascontiguousarray(seen.transpose(2, 0, 1)[None])}
            if "message" in self.values:
                shape = self.values["message"].shape
                sample["message"] = random.choice([-1.0, 1.0], shape).astype("f4")
            yield sample


def openvino_int8(network, onnx, path, data, only_products):
    """NNCF's recipe for speed; with `only_products`, matrices alone become integers."""
    import nncf
    import openvino
    nncf.set_log_level("ERROR")
    graph = openvino.Core().read_model(onnx)
    others = {op.get_type_name() for op in graph.get_ops()} - {"MatMul", "Convolution"}
    quantised = nncf.quantize(
        graph, nncf.Dataset(list(network.calibration(data))), preset=nncf.QuantizationPreset.PERFORMANCE,
        subset_size=PICTURES,
        ignored_scope=nncf.IgnoredScope(types=sorted(others), validate=False) if only_products else None)
    openvino.save_model(quantised, path, compress_to_fp16=False)


def onnxruntime_int8(network, onnx, path, data):
    """ONNX Runtime's static recipe: quantise and dequantise nodes, filters by channel."""
    from onnxruntime import quantization as q
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Samples(q.CalibrationDataReader):
        samples = network.calibration(data)

        def get_next(self):
            return next(self.samples, None)

    prepared = str(path) + ".prepared"
    quant_pre_process(onnx, prepared, skip_symbolic_shape=True)
    q.quantize_static(prepared, path, Samples(), quant_format=q.QuantFormat.QDQ, per_channel=True,
                      activation_type=q.QuantType.QUInt8, weight_type=q.QuantType.QInt8)


def make_files(model, folder, data):
    """Both halves of `model` ("default" or a file) with all their files."""
    named = "default-f32" if model == "default" else str(model)
    vectors = folder / "vectors.safetensors"
    subprocess.run([os.environ["ENGINE_VECTORS"], named, "0", str(vectors)], check=True)
    for file_format, precision in (("onnx", "f32"), ("tflite", "f32"), ("tflite", "dynamic")):
        vseal("export", named, "--format", file_format, "--precision", precision, "-o", str(folder), "--overwrite")
    integers = folder / "int8.vseal"
    vseal("quantize", named, "--data", str(data), "--samples", str(PICTURES), "-o", str(integers), "--overwrite")
    for part in ("embedder", "detector"):
        network = Network(model, part, read_safetensors(vectors))
        onnx = str(folder / f"{part}-f32.onnx")
        made = {name: str(folder / f"{part}-{name}") for name in ("ov.xml", "ov-products.xml", "qdq.onnx")}
        openvino_int8(network, onnx, made["ov.xml"], data, False)
        openvino_int8(network, onnx, made["ov-products.xml"], data, True)
        onnxruntime_int8(network, onnx, made["qdq.onnx"], data)
        network.files = {
            "vseal f32": ("vseal", named),
            "vseal int8": ("vseal", str(integers)),
            "OpenVINO f32": ("openvino-f32", onnx),
            "OpenVINO bf16": ("openvino-bf16", onnx),
            "OpenVINO int8 (NNCF)": ("openvino-f32", made["ov.xml"]),
            "OpenVINO int8 (products)": ("openvino-f32", made["ov-products.xml"]),
            "ONNX Runtime f32": ("onnxruntime", onnx),
            "ONNX Runtime int8 (QDQ)": ("onnxruntime", made["qdq.onnx"]),
            "LiteRT f32": ("litert", str(folder / f"{part}-f32.tflite")),
            "LiteRT int8 (dynamic)": ("litert", str(folder / f"{part}-dynamic.tflite")),
        }
        yield network

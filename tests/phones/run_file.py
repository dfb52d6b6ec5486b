"""Runs one exported file on one stock runtime and prints how far it is from the engine, as JSON.

    run_file.py RUNTIME FILE VECTORS PART [THREADS [ROUNDS [TYPE]]]

TYPE: what the file takes pictures as, float, uint8 or int8. RUNTIME: litert (XNNPACK), litert-builtin (LiteRT's plain
kernels), onnxruntime, openvino, openvino-plain (without its transforms of quantised networks). Runs in the virtual
environment of ./dev phones. The runtimes log to standard error, which the caller searches for errors.
"""
import json
import pathlib
import statistics
import struct
import sys
import time

import numpy


def read_vectors(path):
    content = pathlib.Path(path).read_bytes()
    length, = struct.unpack_from("<Q", content)
    header = json.loads(content[8:8 + length])
    header.pop("__metadata__", None)
    return {name: numpy.frombuffer(content[8 + length:][slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"])
            for name, entry in header.items()}


class LiteRt:
    def __init__(self, path, threads, builtin):
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
        kind = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES if builtin else OpResolverType.AUTO
        self.interpreter = Interpreter(model_path=str(path), num_threads=threads, experimental_op_resolver_type=kind)
        self.runner = self.interpreter.get_signature_runner("serving_default")
        self.inputs = list(self.runner.get_input_details())
        self.outputs = list(self.runner.get_output_details())

    def run(self, values):
        return self.runner(**values)


class OnnxRuntime:
    """ONNX's maps are [n,c,h,w]; the vectors' [n,h,w,c]."""

    def __init__(self, path, threads):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.inputs = [value.name for value in self.session.get_inputs()]
        self.outputs = [value.name for value in self.session.get_outputs()]

    def run(self, values):
        results = self.session.run(self.outputs, {name: channels_first(value) for name, value in values.items()})
        return {name: channels_last(value) for name, value in zip(self.outputs, results)}


class OpenVino:
    def __init__(self, path, threads, known, settings):
        import openvino
        core = openvino.Core()
        # As exact as the others: by default f32 is computed in bf16 where the processor can.
        self.network = core.compile_model(str(path), "CPU", {"INFERENCE_NUM_THREADS": threads,
                                                             "INFERENCE_PRECISION_HINT": "f32", **settings})
        self.inputs = [value.any_name for value in self.network.inputs]
        # One value may have several names here: a change (delta) also that of the residual that it came from.
        self.outputs = [min(value.get_names() & known, default=value.any_name) for value in self.network.outputs]

    def run(self, values):
        results = self.network({name: channels_first(value) for name, value in values.items()})
        return {name: channels_last(results[i]) for i, name in enumerate(self.outputs)}


def channels_first(value):
    return numpy.ascontiguousarray(value.transpose(0, 3, 1, 2)) if value.ndim == 4 else value


def channels_last(value):
    return value.transpose(0, 2, 3, 1) if value.ndim == 4 else value


def open_file(runtime, path, threads, known):
    if runtime.startswith("litert"):
        return LiteRt(path, threads, runtime == "litert-builtin")
    if runtime == "onnxruntime":
        return OnnxRuntime(path, threads)
    if runtime.startswith("openvino"):
        return OpenVino(path, threads, known, {"LP_TRANSFORMS_MODE": False} if runtime == "openvino-plain" else {})
    raise SystemExit(f"unknown runtime {runtime}")


def median_ms(network, values, rounds):
    """Of the clock and of the processor, whose time other processes disturb less."""
    times, used = [], []
    for _ in range(rounds):
        begin, before = time.perf_counter(), time.process_time()
        network.run(values)
        times.append(1e3 * (time.perf_counter() - begin))
        used.append(1e3 * (time.process_time() - before))
    return statistics.median(times), statistics.median(used)


def stored(values, dtype):
    """Values of a picture in 0..1 as a file with 8-bit pictures wants them; others as they are."""
    if dtype == numpy.float32 or values.ndim != 4:
        return values
    return (numpy.rint(255 * values) - (128 if dtype == numpy.int8 else 0)).astype(dtype)


def as_float(values):
    """A residual of 8 bits as numbers in -1..1; floats as they are."""
    if values.dtype == numpy.float32:
        return values
    return (values.astype("f4") - (128 if values.dtype == numpy.uint8 else 0)) / 128


def main():
    runtime, path, vectors, part = sys.argv[1:5]
    threads = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    rounds = int(sys.argv[6]) if len(sys.argv) > 6 else 0
    vectors = read_vectors(vectors)
    dtype = {"uint8": numpy.uint8, "int8": numpy.int8}.get(sys.argv[7] if len(sys.argv) > 7 else "", numpy.float32)
    known = {name.split(".", 2)[2] for name in vectors if name.startswith(part)}
    network = open_file(runtime, path, threads, known)
    report = {"inputs": network.inputs, "outputs": network.outputs, "samples": []}
    for sample in range(2):
        values = {name: stored(vectors[f"{part}.{sample}.{name}"], dtype) for name in network.inputs}
        results = network.run(values)
        for name in network.outputs:
            want = vectors[f"{part}.{sample}.{name}"]
            got = as_float(numpy.asarray(results[name]))
            if got.shape != want.shape:
                raise SystemExit(f"{name}: expected shape {want.shape}, got {got.shape}")
            error = numpy.abs(got.astype("f8") - want)
            largest = float(numpy.abs(want).max())
            power, noise = float((want.astype("f8") ** 2).mean()), float((error ** 2).mean())
            report["samples"].append({
                "output": name, "max_error": float(error.max()), "range": largest,
                "far": float((error > 1e-4 * max(1.0, largest)).mean()),
                "snr_db": 10 * float(numpy.log10(power / noise)) if noise > 0 else None,
                "signs": float(((got > 0) != (want > 0)).mean()), "finite": bool(numpy.isfinite(got).all())})
    if rounds:
        report["ms"], report["processor_ms"] = median_ms(network, values, rounds)
    print(json.dumps(report))


if __name__ == "__main__":
    main()

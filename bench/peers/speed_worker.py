"""One network on one stock runtime, as a process that speed.py drives: the commands of vseal_peer.cc.

    speed_worker.py RUNTIME FILE THREADS INPUTS

RUNTIME: litert, onnxruntime, openvino-f32, openvino-bf16. INPUTS holds the values of the inputs in the vectors'
layout ([n,h,w,c]) and in the order of the file's own inputs, named in NAME:COUNT,... before the path, with an @.
"""
import pathlib
import re
import sys
import time

import numpy

EVICTED_BYTES = 128 << 20  # more than caches hold


class LiteRt:
    def __init__(self, path, threads):
        from ai_edge_litert.interpreter import Interpreter
        self.interpreter = Interpreter(model_path=path, num_threads=threads)
        self.signature = self.interpreter.get_signature_runner("serving_default")

    def set(self, values):
        details = self.signature.get_input_details()
        self.values = {name: value.reshape(details[name]["shape"]) for name, value in values.items()}

    def run(self):
        self.output, = self.signature(**self.values).values()

    def result(self):
        return self.output


class OnnxRuntime:
    def __init__(self, path, threads):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.binding = self.session.io_binding()

    def set(self, values):
        for value in self.session.get_inputs():
            self.binding.bind_cpu_input(value.name, channels_first(values[value.name], value.shape))
        self.binding.bind_output(self.session.get_outputs()[0].name)

    def run(self):
        self.session.run_with_iobinding(self.binding)

    def result(self):
        return channels_last(self.binding.copy_outputs_to_cpu()[0])


class OpenVino:
    def __init__(self, path, threads, precision):
        import openvino
        network = openvino.Core().compile_model(path, "CPU", {
            "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"})
        self.request = network.create_infer_request()
        self.network, self.tensor = network, openvino.Tensor

    def set(self, values):
        for port in self.network.inputs:
            name, = port.get_names() & values.keys()
            value = channels_first(values[name], [d.get_length() for d in port.partial_shape])
            self.request.set_tensor(port, self.tensor(value))

    def run(self):
        self.request.infer()

    def result(self):
        return channels_last(self.request.get_output_tensor(0).data)


def channels_first(values, shape):
    if len(shape) != 4:
        return values.reshape(shape)
    n, c, h, w = shape
    return numpy.ascontiguousarray(values.reshape(n, h, w, c).transpose(0, 3, 1, 2))


def channels_last(values):
    return values.transpose(0, 2, 3, 1) if values.ndim == 4 else values


def open_network(runtime, path, threads):
    if runtime == "litert":
        return LiteRt(path, threads)
    if runtime == "onnxruntime":
        return OnnxRuntime(path, threads)
    return OpenVino(path, threads, runtime.removeprefix("openvino-"))


def run_ms(network):
    begin = time.perf_counter()
    network.run()
    return 1e3 * (time.perf_counter() - begin)


def answer(network, command, argument):
    if command == "warm":
        run_ms(network)
        return " ".join(f"{run_ms(network):.4f}" for _ in range(int(argument)))
    if command == "cold":
        other, times = numpy.zeros(EVICTED_BYTES, numpy.uint8), []
        for _ in range(int(argument)):
            other += 1
            times.append(run_ms(network))
        return " ".join(f"{ms:.4f}" for ms in times)
    if command == "write":
        numpy.ascontiguousarray(network.result(), "f4").tofile(argument)
        return "written"
    return re.search(r"VmHWM:\s+(\d+)", pathlib.Path("/proc/self/status").read_text())[1]


def read_inputs(described):
    parts, path = described.split("@", 1)
    content, values = numpy.fromfile(path, "f4"), {}
    for part in parts.split(","):
        name, count = part.split(":")
        values[name], content = content[:int(count)], content[int(count):]
    return values


def main():
    runtime, path, threads, inputs = sys.argv[1:]
    network = open_network(runtime, path, int(threads))
    network.set(read_inputs(inputs))
    network.run()
    print("ready", flush=True)
    for line in sys.stdin:
        command, *argument = line.split()
        print(answer(network, command, *argument or [""]), flush=True)


main()

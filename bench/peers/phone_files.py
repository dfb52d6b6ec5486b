"""A model's .tflite files beside those that Google's quantiser makes of the same network, on stock LiteRT.

    phone_files.py [--model MODEL] [--integers FILE] [--parts PART...] [--recipes NAME...] [--calibration N]
                   [--measured N] [--rounds N] [--converted FOLDER] [--json FILE]   (./dev bench phone-files ...)

MODEL as in quantizers.py (videoseal_1.0); FILE is what `vseal quantize` made of it before, or it is made here.
ai-edge-quantizer starts from vseal's f32 file, in which the message is a bias and large depthwise windows are split
already. With --converted also from embedder-f32.tflite and detector-f32.tflite in
FOLDER, as another converter made them of the same weights (inputs and outputs named as vseal names them, or in order).

Printed of each file: size; ops that convolve, and how many of them on integers; whether a BROADCAST_TO is in it; power
of the output over that of the error against vseal's engine in f32, and signs that change, over N pictures of
VSEAL_DATA/data/eval; medians of a run on two threads and on one, files interleaved, and of the processor's time on one
thread, which other processes disturb less; by how much a process grows that loads the file and runs it once.
"""
import argparse
import contextlib
import importlib.metadata
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

import quantizers
import quantizers_rivals
import run_file

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = ("ai-edge-litert", "ai-edge-quantizer")
RECIPES = {"dynamic": "dynamic", "static": {}, "static, min/max": {"min_max": True},
           "static, min/max, float norms": {"min_max": True, "float_norms": True}}


def quantised(source, made, samples, recipe):
    """Writes the file that one of Google's recipes makes of a float file."""
    if recipe != "dynamic":
        quantizers_rivals.google_static(source, made, samples, **recipe)
        return
    from ai_edge_quantizer import quantizer, recipe as recipes
    quantizer.Quantizer(str(source), recipes.dynamic_wi8_afp32()).quantize().export_model(str(made), overwrite=True)


def operators(path):
    """How many ops convolve, how many of them have weights and sums of integers, and whether one is BROADCAST_TO."""
    from ai_edge_litert import schema_py_generated as schema
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(path.read_bytes(), 0))
    graph, codes = model.subgraphs[0], schema.BuiltinOperator
    kinds = [(model.operatorCodes[op.opcodeIndex].builtinCode, op) for op in graph.operators]
    products = [op for code, op in kinds
                if code in (codes.CONV_2D, codes.FULLY_CONNECTED, codes.DEPTHWISE_CONV_2D)]
    integers = [op for op in products if graph.tensors[op.inputs[1]].type == schema.TensorType.INT8]
    return {"products": len(products), "integers": len(integers),
            "broadcast": any(code == codes.BROADCAST_TO for code, _ in kinds), "ops": len(kinds)}


class File:
    """One .tflite file, open on one and on two threads."""

    def __init__(self, name, path):
        self.name, self.path = name, path
        self.open = {threads: run_file.LiteRt(path, threads, False) for threads in (1, 2)}
        self.ms, self.cpu_ms = {1: [], 2: []}, []

    def inputs(self, sample):
        """By name; of a file with other names in order of size, the picture first."""
        names = self.open[1].inputs
        if set(names) == set(sample):
            return sample
        details = self.open[1].runner.get_input_details()
        by_size = sorted(sample.values(), key=numpy.size)
        return dict(zip(sorted(names, key=lambda name: numpy.prod(details[name]["shape"])), by_size))

    def outputs(self, samples, shape):
        made = [next(iter(self.open[2].run(self.inputs(sample)).values())) for sample in samples]
        # A detector may have an output before its bits that says whether there is a mark.
        return numpy.concatenate([values[..., -shape[-1]:].reshape(1, *shape[1:]) for values in made])

    def time(self, sample):
        values = self.inputs(sample)
        for threads, network in self.open.items():
            begin, used = time.perf_counter(), time.thread_time()
            network.run(values)
            self.ms[threads].append(1e3 * (time.perf_counter() - begin))
            if threads == 1:
                self.cpu_ms.append(1e3 * (time.thread_time() - used))


def growth_mib(path):
    """Of a process that loads a file and runs it once, on zeros."""
    script = ("import sys, numpy; sys.path.insert(0, sys.argv[2]); import run_file\n"
              "from ai_edge_litert.interpreter import Interpreter\n"
              "resident = lambda: int([l for l in open('/proc/self/status') if l.startswith('VmRSS')][0].split()[1])\n"
              "before = resident(); n = run_file.LiteRt(sys.argv[1], 1, False)\n"
              "n.run({k: numpy.zeros(d['shape'], 'f4') for k, d in n.runner.get_input_details().items()})\n"
              "print((resident() - before) / 1024)")
    done = subprocess.run([sys.executable, "-B", "-c", script, path, quantizers.SOURCE / "tests" / "phones"],
                          capture_output=True, text=True, check=True)
    return float(done.stdout)


class Comparison(quantizers.Comparison):
    def __init__(self, folder, arguments):
        super().__init__(arguments.model, folder, arguments)
        self.arguments = arguments
        integers, program = arguments.integers, os.environ["VSEAL"]
        if not integers:
            integers = folder / "int8.vseal"
            quantizers.run(program, "quantize", self.named, "--data", folder / "train", "--samples", self.calibration,
                           "-o", integers, "--quiet")
        for model, precision in ((self.named, "dynamic"), (integers, "int8")):
            quantizers.run(program, "export", model, "--format", "tflite", "--precision", precision, "-o", folder)

    def files(self, part):
        samples = quantizers_rivals.samples_of(self.folder / "calibration.safetensors", part)
        for precision in ("f32", "dynamic", "int8"):
            yield File(f"vseal, {precision}", self.folder / f"{part}-{precision}.tflite")
        sources = {"Google of vseal's f32": self.folder / f"{part}-f32.tflite"}
        if self.arguments.converted:
            sources["Google of the converted"] = self.arguments.converted / f"{part}-f32.tflite"
        for number, (source, path) in enumerate(sources.items()):
            named = File(source, path)
            if number > 0:
                yield File("converted, f32", path)
            inputs = [named.inputs(sample) for sample in samples]
            for recipe in self.arguments.recipes:
                made = self.folder / f"{part}-{number}-{recipe.replace('/', '-')}.tflite"
                with contextlib.redirect_stdout(sys.stderr):
                    quantised(path, made, inputs, RECIPES[recipe])
                yield File(f"{source}, {recipe}", made)

    def rows(self, part):
        wanted = quantizers.outputs(self.folder / "expected.safetensors", part)
        samples = quantizers_rivals.samples_of(self.folder / "measured.safetensors", part)
        files = list(self.files(part))
        for turn in range(self.arguments.rounds):
            for file in files[turn % len(files):] + files[:turn % len(files)]:
                file.time(samples[turn % len(samples)])
        for file in files:
            try:
                made = quantizers.compare(wanted, file.outputs(samples, wanted.shape))
            except RuntimeError as error:  # a picture that integers of others fail on
                yield {"part": part, "file": file.name, "error": str(error).splitlines()[0]}
                continue
            yield {"part": part, "file": file.name, "bytes": file.path.stat().st_size, **operators(file.path), **made,
                   "ms_2": statistics.median(file.ms[2]), "ms_1": statistics.median(file.ms[1]),
                   "cpu_ms_1": statistics.median(file.cpu_ms), "growth_mib": growth_mib(file.path)}


def print_row(row):
    if "error" in row:
        print(f"| {row['part']} | {row['file']} | fails: {row['error']} |", flush=True)
        return
    print(f"| {row['part']} | {row['file']} | {row['bytes'] / 2**20:.2f} | {row['integers']} of {row['products']} | "
          f"{'yes' if row['broadcast'] else 'no'} | {row['snr_db']:.1f} | {100 * row['flips'] / row['values']:.2f} % | "
          f"{row['ms_2']:.0f} | {row['ms_1']:.0f} | {row['cpu_ms_1']:.0f} | {row['growth_mib']:.0f} |", flush=True)


def parse():
    parser = argparse.ArgumentParser(prog="dev bench phone-files", description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="videoseal_1.0")
    parser.add_argument("--integers", type=pathlib.Path, metavar="FILE", help="the model after vseal quantize")
    parser.add_argument("--parts", nargs="+", choices=quantizers.OUTPUTS, default=list(quantizers.OUTPUTS))
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES), metavar="NAME",
                        help="; ".join(RECIPES))
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="timed runs of each file (15)")
    parser.add_argument("--converted", type=pathlib.Path, metavar="FOLDER")
    return quantizers.parse(parser)


def main():
    arguments, report = parse(), []
    print(", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES))
    print(f"\n| {arguments.model} | file | MiB | convolutions on integers | BROADCAST_TO | SNR dB | signs | ms, 2 threads | "
          "ms, 1 thread | processor's ms | MiB more |\n" + "|---" * 11 + "|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        comparison = Comparison(pathlib.Path(folder), arguments)
        for part in arguments.parts:
            for row in comparison.rows(part):
                report.append(row)
                print_row(row)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()

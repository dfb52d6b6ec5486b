"""Integer networks of vseal beside those of other quantisers, from the same float network and the same pictures.

    quantizers.py [--models MODEL...] [--calibration N] [--measured N] [--others N] [--only RIVAL...] [--json FILE]
                                                                                    (./dev bench quantizers ...)

MODEL: default, a model file, or the name of tensors in VSEAL_DATA/golden (videoseal_1.0), whose weights are then filled
by rule. All are calibrated on the same N pictures of VSEAL_DATA/data/train (three of four marked), and measured on
VSEAL_DATA/data/eval, and on --others of data/train that nobody calibrated on, against vseal's engine in f32: power of
the output over that of the error, over all pictures, and logits that change sign. First each runtime has to compute the
float network to 80 dB.
"""
import argparse
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
sys.path[:0] = [str(SOURCE / "tests" / "cli"), str(SOURCE / "tests" / "phones")]
import fill_rule  # noqa: E402
import run_file  # noqa: E402

OUTPUTS = {"embedder": "residual", "detector": "logits"}
PACKAGES = ("onnxruntime", "openvino", "nncf", "ai-edge-quantizer", "ai-edge-litert")
NAMES = {
    "onnxruntime-f32": "ONNX Runtime, f32",
    "openvino-f32": "OpenVINO, f32",
    "litert-f32": "LiteRT, f32",
    "onnxruntime-all": "ONNX Runtime static, all ops",
    "onnxruntime-products": "ONNX Runtime static, products alone",
    "nncf-performance": "NNCF, performance preset",
    "nncf-mixed": "NNCF, mixed preset",
    "nncf-products": "NNCF, mixed preset, products alone",
    "google-stock": "ai-edge-quantizer, static recipe",
    "google-minmax": "ai-edge-quantizer, static recipe, min/max ranges",
    "google-minmax-norms": "ai-edge-quantizer, static recipe, min/max ranges, float norms",
    "vseal": "vseal quantize",
}
PICTURES = (".jpg", ".png")
KEPT_APART = 16  # pictures that `vseal quantize` measures on
FAITHFUL_DB = 80


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command[:4]))}: "
                           f"{(done.stderr or done.stdout).strip().splitlines()[-1]}")


def spread(paths, count):
    """So many of `paths`, evenly."""
    return [paths[i * len(paths) // count] for i in range(count)]


def outputs(path, part):
    """The outputs in a file of network_samples, one below the other."""
    vectors = run_file.read_vectors(path)
    count = sum(name.startswith(part) and name.endswith("." + OUTPUTS[part]) for name in vectors)
    return numpy.concatenate([vectors[f"{part}.{k}.{OUTPUTS[part]}"] for k in range(count)])


def compare(expected, got):
    if got.shape != expected.shape:
        raise RuntimeError(f"expected outputs {expected.shape}, got {got.shape}")
    signal, noise = (numpy.square(values, dtype="f8").sum() for values in (expected, got.astype("f8") - expected))
    return {"snr_db": 10 * float(numpy.log10(signal / noise)) if noise > 0 else 200.0,
            "flips": int(((got > 0) != (expected > 0)).sum()), "values": int(expected.size)}


class Comparison:
    """One model's float files, samples and expected outputs in a folder."""

    def __init__(self, model, folder, arguments):
        self.folder, self.calibration = folder, arguments.calibration
        data = pathlib.Path(os.environ["VSEAL_DATA"])
        self.named = "default-f32" if model == "default" else model
        listed = data / "golden" / f"{model}.tensors.json"
        if listed.exists():
            self.named = folder / f"{model}.safetensors"
            fill_rule.write_checkpoint(listed, self.named)
        available = sorted(path for path in (data / "data" / "train").iterdir() if path.suffix in PICTURES)
        chosen = self.choose(available)
        self.take("calibration", chosen[:self.calibration])
        others = spread([path for path in available if path not in chosen], arguments.others)
        self.take("measured", sorted((data / "data" / "eval").iterdir())[:arguments.measured] + others)
        self.compute(self.named, "expected")
        for file_format in ("onnx", "tflite"):
            run(os.environ["VSEAL"], "export", self.named, "--format", file_format, "--precision", "f32", "-o", folder)

    def choose(self, available):
        """A folder of pictures for `vseal quantize`, which calibrates on the first and measures on the last of them."""
        chosen = spread(available, self.calibration + KEPT_APART)
        (self.folder / "train").mkdir()
        for path in chosen:
            (self.folder / "train" / path.name).symlink_to(path)
        return chosen

    def take(self, name, pictures):
        run(os.environ["NETWORK_SAMPLES"], "take", self.named, self.folder / f"{name}.safetensors",
            *pictures)

    def compute(self, model, name):
        run(os.environ["NETWORK_SAMPLES"], "run", model, self.folder / "measured.safetensors",
            self.folder / f"{name}.safetensors")

    def vseal(self):
        run(os.environ["VSEAL"], "quantize", self.named, "--data", self.folder / "train", "--samples",
            self.calibration, "-o", self.folder / "int8.vseal", "--quiet")
        self.compute(self.folder / "int8.vseal", "vseal")
        return {part: outputs(self.folder / "vseal.safetensors", part) for part in OUTPUTS}

    def rival(self, rival, part):
        run(sys.executable, "-B", HERE / "quantizers_rivals.py", rival, self.folder, part)
        return numpy.load(self.folder / f"{rival}.{part}.npy")

    def rows(self, rivals):
        """For each rival a comparison of each part, or the text of an error."""
        for rival in rivals:
            row, begin = {"quantizer": rival}, time.monotonic()
            made = self.vseal() if rival == "vseal" else {}
            for part in OUTPUTS:
                try:
                    got = made[part] if rival == "vseal" else self.rival(rival, part)
                    row[part] = compare(outputs(self.folder / "expected.safetensors", part), got)
                except RuntimeError as error:
                    row[part] = {"error": str(error)}
            row["seconds"] = time.monotonic() - begin
            check_float(rival, row)
            yield row


def check_float(rival, row):
    """Refuses to go on where a runtime does not compute the float network."""
    for part in OUTPUTS if rival.endswith("-f32") else ():
        if row[part].get("snr_db", 0) < FAITHFUL_DB:
            raise SystemExit(f"quantizers: {rival}, {part}: expected the float network to {FAITHFUL_DB} dB, got "
                             f"{row[part]}")


def cell(result, part):
    if "error" in result:
        return "fails" if part == "embedder" else "fails | "
    if part == "embedder":
        return f"{result['snr_db']:.2f} dB"
    share = 100 * result["flips"] / result["values"]
    return f"{result['snr_db']:.2f} dB | {result['flips']} of {result['values']} ({share:.2f} %)"


def print_rows(rows):
    for row in rows:
        print(f"| {NAMES[row['quantizer']]} | {cell(row['embedder'], 'embedder')} | "
              f"{cell(row['detector'], 'detector')} | {row['seconds']:.0f} |", flush=True)
        for part in OUTPUTS:
            if "error" in row[part]:
                print(f"quantizers: {row['quantizer']}, {part}: {row[part]['error']}", file=sys.stderr)
        yield row


def parse(parser):
    """The arguments of a comparison: those of `parser`, and those that each takes."""
    parser.add_argument("--calibration", type=int, default=32, metavar="N", help="pictures to calibrate on (32)")
    parser.add_argument("--measured", type=int, default=24, metavar="N", help="pictures to measure on (24)")
    parser.add_argument("--others", type=int, default=0, metavar="N", help="and pictures of data/train (0)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    arguments = parser.parse_args()
    if not os.environ.get("VSEAL_DATA"):
        parser.error("VSEAL_DATA: expected a folder of data, got none")
    return arguments


def main():
    parser = argparse.ArgumentParser(prog="dev bench quantizers", description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=["default", "videoseal_1.0"], metavar="MODEL")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=list(NAMES), metavar="RIVAL", help=", ".join(NAMES))
    arguments = parse(parser)
    report = {"versions": {name: importlib.metadata.version(name) for name in PACKAGES},
              "calibrated_on": arguments.calibration, "measured_on": arguments.measured + arguments.others,
              "models": {}}
    print(", ".join(f"{name} {version}" for name, version in report["versions"].items()))
    for model in arguments.models:
        print(f"\n| {model} | embedder | detector | logits that change sign | s |\n|---|---|---|---|---|", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            comparison = Comparison(model, pathlib.Path(folder), arguments)
            report["models"][model] = list(print_rows(comparison.rows(arguments.only)))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()

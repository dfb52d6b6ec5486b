"""Sizes, ops, accuracy and, if asked, time of exported files, as a table for docs/phones.md.

    full_size.py [--ms ROUNDS] [--runtimes NAME...] [--integers FILE] MODEL...      (./dev phones table ...)

MODEL: default; a model file; or the name of tensors in VSEAL_DATA/golden (videoseal_1.0), whose weights are then
filled by rule (tests/models/fill_rule.h). Its integers are those inside vseal, FILE, or what `vseal quantize` makes of it
with 64 pictures of VSEAL_DATA. Errors are against vseal's engine in f32, the worst of two pictures; the detector sees what
the embedder marked. Runs in the virtual environment of ./dev phones.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
sys.path.insert(0, str(SOURCE / "tests" / "cli"))
import fill_rule  # noqa: E402

RUNTIMES = {"tflite": ("litert",), "onnx": ("onnxruntime", "openvino-plain")}
PRECISIONS = ("f32", "f16", "dynamic", "int8")


def vseal(*arguments):
    done = subprocess.run([os.environ["VSEAL"], *map(str, arguments)], check=True, capture_output=True, text=True)
    return done.stdout


def find(model, folder):
    if model == "default" or pathlib.Path(model).exists():
        return "default-f32" if model == "default" else model
    path = folder / f"{model}.safetensors"
    fill_rule.write_checkpoint(pathlib.Path(os.environ["VSEAL_DATA"], "golden", f"{model}.tensors.json"), path)
    return str(path)


def integers(model, chosen, folder, given):
    if given or model == "default":
        return given or "default"
    path = folder / "int8.vseal"
    vseal("quantize", chosen, "--data", pathlib.Path(os.environ["VSEAL_DATA"], "data", "train"), "--samples", "64", "-o", path,
          "--quiet")
    return str(path)


def run(runtime, file, vectors, threads, rounds):
    done = subprocess.run([sys.executable, "-B", str(HERE / "run_file.py"), runtime, file["path"], str(vectors),
                           file["part"], str(threads), str(rounds)], capture_output=True, text=True, check=True)
    if "error" in done.stderr.lower():
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def accelerated(path):
    """Whether LiteRT's fast kernels take every op."""
    done = subprocess.run([sys.executable, "-B", str(HERE / "is_accelerated.py"), path], capture_output=True, text=True,
                          check=True)
    return "all" if done.stdout.strip().endswith("True") else "some"


def rows(model, folder, arguments):
    chosen = find(model, folder)
    vectors = folder / "vectors.safetensors"
    subprocess.run([os.environ["ENGINE_VECTORS"], chosen, "0", str(vectors)], check=True)
    whole = integers(model, chosen, folder, arguments.integers)
    for file_format, runtimes in RUNTIMES.items():
        for precision in PRECISIONS:
            exported = vseal("export", whole if precision == "int8" else chosen, "--format", file_format, "--precision",
                             precision, "-o", folder, "--overwrite", "--json")
            for file in json.loads(exported)["files"]:
                for runtime in runtimes:
                    if runtime in arguments.runtimes:
                        result = run(runtime, file, vectors, 1, arguments.ms)
                        if arguments.ms:
                            result["ms_2"] = run(runtime, file, vectors, 2, arguments.ms)["ms"]
                        yield file, runtime, result
                os.unlink(file["path"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ms", type=int, default=0, metavar="ROUNDS",
                        help="also time so many runs: by the clock on two threads and on one, and the processor's on one")
    parser.add_argument("--runtimes", nargs="+", default=[name for names in RUNTIMES.values() for name in names])
    parser.add_argument("--integers", metavar="FILE", help="what vseal quantize made of the model")
    parser.add_argument("models", nargs="+", metavar="MODEL")
    arguments = parser.parse_args()
    titles = ["model", "file", "MB", "ops", "fast", "runtime", "max error", "of", "SNR"]
    titles += ["ms, 2 threads", "1 thread", "processor's"] if arguments.ms else []
    print(f"| {' | '.join(titles)} |\n{'|---' * len(titles)}|")
    for model in arguments.models:
        with tempfile.TemporaryDirectory() as folder:
            for file, runtime, result in rows(model, pathlib.Path(folder), arguments):
                samples = result["samples"]
                fast = accelerated(file["path"]) if runtime == "litert" else ""
                cells = [model, pathlib.Path(file["path"]).name, f"{file['bytes'] / 1e6:.2f}", str(file["ops"]), fast, runtime,
                         f"{max(s['max_error'] for s in samples):.1e}", f"{max(s['range'] for s in samples):.2g}",
                         f"{min(s['snr_db'] or 999 for s in samples):.1f} dB"]
                if arguments.ms:
                    cells += [f"{result[name]:.1f}" for name in ("ms_2", "ms", "processor_ms")]
                print(f"| {' | '.join(cells)} |", flush=True)


main()

"""Sizes, ops, accuracy and, if asked, time of exported files, as a table for docs/phones.md.

    full_size.py [--ms ROUNDS] MODEL...      (./dev phones table ...)

MODEL: default; a model file; or the name of tensors in VSEAL_DATA/golden (videoseal_1.0), whose weights are then
filled by rule (tests/models/fill_rule.h). Errors are against vseal's engine in f32, the worst of two pictures; the
detector sees what the embedder marked. Runs in the virtual environment of ./dev phones.
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

RUNTIMES = {"tflite": ("litert",), "onnx": ("onnxruntime", "openvino")}


def find(model, folder):
    if model == "default" or pathlib.Path(model).exists():
        return "default-f32" if model == "default" else model
    path = folder / f"{model}.safetensors"
    fill_rule.write_checkpoint(pathlib.Path(os.environ["VSEAL_DATA"], "golden", f"{model}.tensors.json"), path)
    return str(path)


def rows(model, folder, rounds):
    chosen = find(model, folder)
    vectors = folder / "vectors.safetensors"
    subprocess.run([os.environ["ENGINE_VECTORS"], chosen, "0", str(vectors)], check=True)
    for file_format, runtimes in RUNTIMES.items():
        for precision in ("f32", "f16", "dynamic"):
            done = subprocess.run([os.environ["VSEAL"], "export", chosen, "--format", file_format, "--precision",
                                   precision, "-o", str(folder), "--overwrite", "--json"],
                                  check=True, capture_output=True, text=True)
            for file in json.loads(done.stdout)["files"]:
                for runtime in runtimes:
                    done = subprocess.run([sys.executable, "-B", str(HERE / "run_file.py"), runtime, file["path"],
                                           str(vectors), file["part"], "1", str(rounds)],
                                          capture_output=True, text=True, check=True)
                    if "error" in done.stderr.lower():
                        raise SystemExit(done.stderr)
                    yield file, runtime, json.loads(done.stdout.splitlines()[-1])
                os.unlink(file["path"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ms", type=int, default=0, metavar="ROUNDS", help="also time so many runs on one thread")
    parser.add_argument("models", nargs="+")
    arguments = parser.parse_args()
    print("| model | file | MB | ops | runtime | max error | of | SNR | " + ("ms |" if arguments.ms else ""))
    for model in arguments.models:
        with tempfile.TemporaryDirectory() as folder:
            for file, runtime, result in rows(model, pathlib.Path(folder), arguments.ms):
                samples = result["samples"]
                time = f" {result['ms']:.1f} |" if arguments.ms else ""
                print(f"| {model} | {pathlib.Path(file['path']).name} | {file['bytes'] / 1e6:.2f} | {file['ops']} | "
                      f"{runtime} | {max(s['max_error'] for s in samples):.1e} | {max(s['range'] for s in samples):.2g} | "
                      f"{min(s['snr_db'] or 999 for s in samples):.1f} dB |{time}", flush=True)


main()

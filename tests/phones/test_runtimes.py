"""Exported files of the default and of the tiny model on stock runtimes, against the engine.

Needs the virtual environment that `./dev phones` makes; without it every test is skipped, and says so.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = pathlib.Path(os.environ["VSEAL_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "tests" / "cli"))
from harness import DATA, VsealTest, needs_data, report  # noqa: E402
from integer_model import integer_model  # noqa: E402

PYTHON = SOURCE / "build" / "phones" / "bin" / "python"
VECTORS = os.environ["ENGINE_VECTORS"]
TINY = SOURCE / "tests" / "data" / "tiny_videoseal_1.0.pth"

needs_runtimes = unittest.skipUnless(
    PYTHON.exists(), "SKIPPED: no runtimes: ./dev phones installs them, so exported files are not run")


def golden(name):
    return pathlib.Path(DATA, "golden", name) if DATA else None


def is_accelerated(path):
    # Its standard error tells of plugins that are not there.
    done = subprocess.run([str(PYTHON), "-B", str(HERE / "is_accelerated.py"), str(path)],
                          capture_output=True, text=True, check=True)
    return done.stdout.strip().endswith("True")


MOST_F32 = 1e-4        # error of any value, against the engine's f32; of the largest, where that is above 1
LEAST_F16_DB = 50.0    # signal to noise
LEAST_DYNAMIC_DB = 20.0
LEAST_INT8_DB = 35.0   # of a file of integers, against the engine's integers
LEAST_8_BIT_PICTURES_DB = 18.0


@needs_runtimes
class Runtimes(VsealTest):
    """One model in every precision; the vectors are computed once."""
    model = "default-f32"  # or a path

    def setUp(self):
        super().setUp()
        self.vectors = self.dir / "vectors.safetensors"
        subprocess.run([VECTORS, str(self.model), "0", str(self.vectors)], check=True)

    def export(self, *arguments):
        done = self.vseal("export", self.model, *arguments, "-o", self.dir / "out", "--overwrite", "--json")
        return json.loads(done.stdout)["files"]

    def run_file(self, runtime, path, part, kind="float"):
        """What run_file.py reports; a runtime that says "error" anywhere fails."""
        done = subprocess.run([str(PYTHON), "-B", str(HERE / "run_file.py"), runtime, path, str(self.vectors), part, "1",
                               "0", kind], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f"{runtime} {path}\n{done.stdout}\n{done.stderr}")
        self.assertNotIn("error", done.stderr.lower(), f"{runtime} {path}")
        return json.loads(done.stdout.splitlines()[-1])

    def assert_as_engine(self, runtime, file, least_db=None, jumps=0.0, kind="float"):
        """Values within MOST_F32, or all but a share `jumps` of them; or noise below the signal by `least_db`."""
        result = self.run_file(runtime, file["path"], file["part"], kind)
        name = f"{runtime} {pathlib.Path(file['path']).name}"
        for sample in result["samples"]:
            self.assertTrue(sample["finite"], name)
            if least_db is None:
                # run_file.py's "far": the share of values that are further apart than MOST_F32.
                self.assertLessEqual(sample["far"], jumps, f"{name}: {sample}")
                self.assertGreater(sample["range"], 10 * MOST_F32, name)  # else the bound would say nothing
            else:
                self.assertGreater(sample["snr_db"] or 999, least_db, f"{name}: {sample}")
        worst = max(sample["max_error"] for sample in result["samples"])
        noise = min(sample["snr_db"] or 999 for sample in result["samples"])
        report(f"{self.id().split('.')[-2]}: {name}: max error {worst:.1e}, SNR {noise:.1f} dB")
        return result

    def check_format(self, file_format, runtimes):
        for precision, least_db in (("f32", None), ("f16", LEAST_F16_DB), ("dynamic", LEAST_DYNAMIC_DB)):
            for file in self.export("--format", file_format, "--precision", precision):
                for runtime in runtimes:
                    self.assert_as_engine(runtime, file, least_db)

    def check_change(self, file_format, runtimes):
        file, = self.export("--format", file_format, "--part", "embedder", "--with-jnd")
        for runtime in runtimes:
            # Where luma is 127 the map jumps: rounding decides, in PyTorch as here.
            result = self.assert_as_engine(runtime, file, jumps=1 / 5000)
            self.assertEqual(result["outputs"], ["delta"])

    def check_accelerated(self):
        """LiteRT leaves no op of these to its plain kernels."""
        for precision in ("f32", "dynamic"):
            for file in self.export("--format", "tflite", "--precision", precision):
                self.assertTrue(is_accelerated(file["path"]), file["path"])
        file, = self.export("--format", "tflite", "--part", "embedder", "--with-jnd")
        self.assertTrue(is_accelerated(file["path"]), file["path"])

    def check_contract(self, file_format, runtime):
        embedder, detector = self.export("--format", file_format)
        self.assertEqual(self.run_file(runtime, embedder["path"], "embedder")["outputs"], ["residual"])
        self.assertEqual(self.run_file(runtime, detector["path"], "detector")["outputs"], ["logits"])
        self.assertEqual(len(embedder["digest"]), 64)
        self.assertNotEqual(embedder["digest"], detector["digest"])


@needs_runtimes
class Integers(Runtimes):
    """The model as one of integers, against the engine on those integers."""
    float_model = "default-f32"
    model = "default"
    least_db = LEAST_INT8_DB
    openvino = "openvino-plain"

    def check_int8(self, file_format, runtimes):
        for file in self.export("--format", file_format, "--precision", "int8"):
            for runtime in runtimes:
                self.assert_as_engine(runtime, file, self.least_db)

    def test_tflite(self):
        self.check_int8("tflite", ("litert", "litert-builtin"))

    def test_onnx(self):
        self.check_int8("onnx", ("onnxruntime", self.openvino))

    def test_fast_kernels_take_every_op(self):
        for arguments in ((), ("--part", "embedder", "--with-jnd")):
            for file in self.export("--format", "tflite", *arguments):
                self.assertTrue(is_accelerated(file["path"]), file["path"])

    def test_pictures_of_8_bits(self):
        for file_format, runtimes in (("tflite", ("litert", "litert-builtin")), ("onnx", ("onnxruntime",))):
            for kind in ("uint8", "int8"):
                for file in self.export("--format", file_format, "--io", kind):
                    for runtime in runtimes:
                        self.assert_as_engine(runtime, file, LEAST_8_BIT_PICTURES_DB, kind=kind)

    def test_as_near_to_floats_as_the_engine(self):
        subprocess.run([VECTORS, str(self.float_model), "0", str(self.vectors)], check=True)
        for file in self.export("--format", "tflite"):
            result = self.run_file("litert", file["path"], file["part"])
            noise = min(sample["snr_db"] for sample in result["samples"])
            report(f"{type(self).__name__}: {file['part']} against f32: SNR {noise:.1f} dB")
            self.assertGreater(noise, 18)


class TinyIntegers(Integers):
    """LayerNorm makes much of little where a picture is even: one value that is rounded the other way, and the
    whole network is as far from the engine as that is from f32."""
    float_model = TINY
    least_db = 28.0
    openvino = "openvino-plain"

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.model = integer_model(pathlib.Path(folder.name), cls.float_model)


@needs_data
class TinyIntegers00(TinyIntegers):
    """RMS norms, SiLU, and a transformer whose places are a map that is added to a convolution."""
    float_model = golden("tiny_videoseal_0.0.pth")
    least_db = 26.0  # the engine's integers are 29 dB from f32 themselves


@needs_data
class TinyIntegersChunkySeal(TinyIntegers):
    float_model = golden("tiny_chunkyseal.pth")


@needs_runtimes
class IntegerOps(Runtimes):
    """Every way in which an integer op is written, alone: within one step of the engine."""
    STEP = 0.02  # of integer_graphs.h's outputs

    def setUp(self):
        VsealTest.setUp(self)

    def test_all_runtimes(self):
        out = self.dir / "op"
        subprocess.run([VECTORS, "integers", "0", str(out)], check=True)
        names = sorted(path.stem for path in self.dir.glob("op-*.tflite"))
        self.assertGreater(len(names), 15)
        for name in names:
            self.vectors = self.dir / f"{name}.safetensors"
            for suffix, runtimes in ((".tflite", ("litert", "litert-builtin")), (".onnx", ("onnxruntime", "openvino-plain"))):
                for runtime in runtimes:
                    for sample in self.run_file(runtime, self.dir / f"{name}{suffix}", "graph")["samples"]:
                        self.assertLessEqual(sample["max_error"], 1.01 * self.STEP, f"{runtime} {name}: {sample}")
                        if name.startswith(("op-conv", "op-linear")):  # the others may round halves otherwise
                            self.assertLess(sample["far"], 0.01 if "builtin" not in runtime else 0.1,
                                            f"{runtime} {name}: {sample}")


class Default(Runtimes):
    def test_tflite(self):
        self.check_format("tflite", ("litert", "litert-builtin"))

    def test_tflite_change(self):
        self.check_change("tflite", ("litert", "litert-builtin"))

    def test_onnx(self):
        self.check_format("onnx", ("onnxruntime", "openvino"))

    def test_onnx_change(self):
        self.check_change("onnx", ("onnxruntime", "openvino"))

    def test_onnx_names(self):
        self.check_contract("onnx", "onnxruntime")

    def test_tflite_accelerated(self):
        self.check_accelerated()

    def test_tflite_names(self):
        self.check_contract("tflite", "litert")


class Tiny(Default):
    model = TINY


@needs_data
class TinyVideoSeal00(Default):
    """RMS norms, SiLU, three colours, and a transformer."""
    model = golden("tiny_videoseal_0.0.pth")


@needs_data
class TinyChunkySeal(Default):
    """Three colours, and a detector whose maps have odd sides."""
    model = golden("tiny_chunkyseal.pth")


@needs_runtimes
class RandomGraphs(Runtimes):
    """Every op in many combinations, on every runtime."""
    SEEDS = range(1, 13)

    def setUp(self):
        VsealTest.setUp(self)

    def test_all_runtimes(self):
        for seed in self.SEEDS:
            out = self.dir / f"graph{seed}"
            self.vectors = out.with_suffix(".safetensors")
            subprocess.run([VECTORS, "random", str(seed), str(out)], check=True)
            for suffix, runtimes in ((".tflite", ("litert", "litert-builtin")), (".onnx", ("onnxruntime", "openvino"))):
                for runtime in runtimes:
                    result = self.run_file(runtime, out.with_suffix(suffix), "graph")
                    for sample in result["samples"]:
                        # Values have no common scale here: relative to the largest.
                        self.assertLessEqual(sample["max_error"], 1e-4 * max(1, sample["range"]),
                                             f"{runtime} seed {seed}: {sample}")


@needs_runtimes
@unittest.skipUnless(os.environ.get("VSEAL_LARGE"), "SKIPPED: files of more than 2 GB: VSEAL_LARGE=1 runs them (8 GB of memory)")
class LargeFiles(Runtimes):
    """Weights behind a flatbuffer, and in a file beside an .onnx."""

    def setUp(self):
        VsealTest.setUp(self)

    def test_all_runtimes(self):
        out = self.dir / "large"
        self.vectors = out.with_suffix(".safetensors")
        subprocess.run([VECTORS, "large", "0", str(out)], check=True)
        for weights in (out.with_suffix(".tflite"), self.dir / "large.onnx.data"):
            self.assertGreater(weights.stat().st_size, 1 << 31)
        for suffix, runtimes in ((".tflite", ("litert", "litert-builtin")), (".onnx", ("onnxruntime", "openvino"))):
            for runtime in runtimes:
                self.assert_as_engine(runtime, {"path": str(out.with_suffix(suffix)), "part": "graph"})


@needs_runtimes
class PublishedFailures(VsealTest):
    """The two errors that published files of VideoSeal meet are of the files, not of 8-bit kernels."""

    def loads(self, name):
        done = subprocess.run([str(PYTHON), "-B", str(HERE / "load_file.py"), str(self.dir / name)],
                              capture_output=True, text=True)
        return done.stdout + done.stderr

    def test_as_published_and_put_right(self):
        subprocess.run([os.environ["SMALL_MODELS"], str(self.dir)], check=True)
        for kind, words in (("broadcast-f32", "Output shape must be broadcastable from input shape"),
                            ("broadcast-i8", "Output shape must be broadcastable from input shape"),
                            ("matmul", "failed to prepare")):
            self.assertIn(words, self.loads(f"{kind}-wrong.tflite"))
            self.assertIn("runs", self.loads(f"{kind}-right.tflite"))
        # What is_accelerated says no to: BROADCAST_TO runs, on the plain kernels.
        self.assertFalse(is_accelerated(self.dir / "broadcast-f32-right.tflite"))


del Runtimes  # what is not a test of its own

if __name__ == "__main__":
    unittest.main()

"""The deployments of examples/deployments, and how many bits come back when a phone does everything in integers.

Needs the virtual environment that `./dev phones` makes; without it every test is skipped, and says so.
"""
import os
import pathlib
import random
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ["VSEAL_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "tests" / "cli"))
from harness import PICTURE, VSEAL, VsealTest, data, needs_data, report, tool  # noqa: E402

PYTHON = SOURCE / "build" / "phones" / "bin" / "python"
EXAMPLES = SOURCE / "examples" / "deployments"


def random_bits(seed, count):
    return "".join(random.Random(seed).choices("01", k=count))


def agreeing(a, b):
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


@unittest.skipUnless(PYTHON.exists(), "SKIPPED: no runtimes: ./dev phones installs them, so deployments are not run")
class Deployments(VsealTest):
    def setUp(self):
        super().setUp()
        self.bits = self.model_info()["card"]["bits"]

    def script(self, name, *arguments):
        environment = os.environ | {"VSEAL": str(pathlib.Path(VSEAL).resolve()), "PYTHON": str(PYTHON)}
        return tool(EXAMPLES / name, *arguments, env=environment).strip()

    def phone(self, *arguments):
        return tool(PYTHON, "-B", EXAMPLES / "phone.py", *arguments).strip()

    def test_server_marks_phone_reads(self):
        bits = random_bits(1, self.bits)
        read = self.script("server_marks_phone_reads.sh", "default", PICTURE, bits, self.dir)
        self.assertGreaterEqual(agreeing(bits, read), 0.97)

    def test_phone_marks_in_float_and_reads_in_integers(self):
        bits = random_bits(2, self.bits)
        read = self.script("phone_marks_and_reads.sh", "default-f32", "default", PICTURE, bits, self.dir)
        self.assertGreaterEqual(agreeing(bits, read), 0.97)

    @needs_data
    def test_bits_back_after_jpeg_75(self):
        """Int8 embedder file, JPEG 75, int8 detector file, against the engine in f32 that does the same: marks once,
        without the feedback (--passes) that vseal embed has and a phone's file has not."""
        for part, more in (("embedder", ["--with-jnd"]), ("detector", [])):
            self.vseal("export", "default", "--format", "tflite", "--part", part, *more, "-o", self.dir / "files")
        pictures = sorted(path for path in data("eval").rglob("*") if path.suffix in (".png", ".jpg"))[:24]
        self.assertEqual(len(pictures), 24)
        phone, engine = [], []
        for i, picture in enumerate(pictures):
            bits = random_bits(i, self.bits)
            marked, jpeg = self.dir / "marked.png", self.dir / "marked.jpg"
            self.phone("mark", self.dir / "files" / "embedder-int8.tflite", picture, marked, bits)
            tool("convert", marked, "-quality", "75", jpeg)
            phone.append(agreeing(bits, self.phone("read", self.dir / "files" / "detector-int8.tflite", jpeg)))
            self.vseal("embed", picture, marked, "--bits", bits, "--passes", "0", "--overwrite", "--model", "default-f32")
            tool("convert", marked, "-quality", "75", jpeg)
            engine.append(agreeing(bits, self.detect(jpeg, "--raw", "--model", "default-f32")["bits"]))
        mean = [100 * sum(values) / len(values) for values in (phone, engine)]
        report(f"24 pictures, JPEG 75: int8 files on LiteRT {mean[0]:.2f} %, the engine {mean[1]:.2f} %")
        self.assertGreaterEqual(mean[0], mean[1] - 0.5)


if __name__ == "__main__":
    unittest.main()

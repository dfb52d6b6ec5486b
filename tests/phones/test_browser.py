"""The page of examples/browser in headless Chromium, with int8 files of the default model.

Needs what `./dev browser` installs; without it the test is skipped, and says so.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ["VSEAL_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "tests" / "cli"))
from harness import PICTURE, VSEAL, VsealTest, report, tool  # noqa: E402

INSTALLED = SOURCE / "build" / "browser"
PAGE = SOURCE / "examples" / "browser"


@unittest.skipUnless((INSTALLED / "installed.json").exists(),
                     "SKIPPED: no packages: ./dev browser installs them, so the page is not run")
class Browser(VsealTest):
    def node(self, *arguments, **variables):
        done = subprocess.run(["node", *map(str, arguments)], cwd=INSTALLED, env=os.environ | variables,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_preprocessing(self):
        self.node("--test", PAGE / "test" / "resize.test.mjs")

    def build(self):
        self.assertTrue(shutil.which("chromium"), "no chromium")
        for part, more in (("embedder", ["--with-jnd"]), ("detector", [])):
            tool(VSEAL, "export", "default", "--format", "tflite", "--precision", "int8", "--part", part,
                 *more, "-o", self.dir / "networks")
        self.node(PAGE / "build.mjs", self.dir / "networks", self.dir / "site")

    def test_page(self):
        self.build()
        self.node("--test", PAGE / "test" / "page.test.mjs", VSEAL=str(pathlib.Path(VSEAL).resolve()),
                  PAGE=str(self.dir / "site"), PICTURE=str(PICTURE))

    def test_files_compute_what_the_engine_does(self):
        self.build()
        vectors = self.dir / "vectors.safetensors"
        subprocess.run([os.environ["ENGINE_VECTORS"], "default", "0", str(vectors)], check=True)
        said = self.node("--test", PAGE / "test" / "vectors.test.mjs", PAGE=str(self.dir / "site"), VECTORS=str(vectors))
        report("LiteRT.js, int8: " + ", ".join(line[2:] for line in said.splitlines() if line.endswith(" dB")))


if __name__ == "__main__":
    unittest.main()

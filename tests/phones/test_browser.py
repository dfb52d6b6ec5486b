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
from harness import PICTURE, VSEAL, VsealTest, tool  # noqa: E402

INSTALLED = SOURCE / "build" / "browser"
PAGE = SOURCE / "examples" / "browser"


@unittest.skipUnless((INSTALLED / "installed.json").exists(),
                     "SKIPPED: no packages: ./dev browser installs them, so the page is not run")
class Browser(VsealTest):
    def node(self, *arguments, **variables):
        done = subprocess.run(["node", *map(str, arguments)], cwd=INSTALLED, env=os.environ | variables,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_preprocessing(self):
        self.node("--test", PAGE / "test" / "resize.test.mjs")

    def test_page(self):
        self.assertTrue(shutil.which("chromium"), "no chromium")
        for part, more in (("embedder", ["--with-jnd"]), ("detector", [])):
            tool(VSEAL, "export", "default", "--format", "tflite", "--precision", "int8", "--part", part,
                 *more, "-o", self.dir / "networks")
        self.node(PAGE / "build.mjs", self.dir / "networks", self.dir / "site")
        self.node("--test", PAGE / "test" / "page.test.mjs", VSEAL=str(pathlib.Path(VSEAL).resolve()),
                  PAGE=str(self.dir / "site"), PICTURE=str(PICTURE))


if __name__ == "__main__":
    unittest.main()

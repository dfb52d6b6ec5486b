"""Running vseal, ffmpeg and ffprobe in tests."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

VSEAL = os.environ["VSEAL"]
SOURCE = pathlib.Path(os.environ["VSEAL_SOURCE_DIR"])
CLIP = SOURCE / "examples" / "clip.mp4"
PICTURE = SOURCE / "tests" / "data" / "picture.png"
DATA = os.environ.get("VSEAL_DATA")

needs_data = unittest.skipUnless(DATA, "SKIPPED: VSEAL_DATA is not set, so the larger data is not tested")


def data(*parts):
    return pathlib.Path(DATA, "data", *parts)


def tool(*command, **options):
    """Runs a tool that must succeed; returns its standard output as text."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def ffmpeg(*arguments):
    return tool("ffmpeg", "-nostdin", "-v", "error", "-y", *arguments)


def ffprobe(path, *arguments):
    return json.loads(tool("ffprobe", "-v", "error", "-of", "json", *arguments, path))


class VsealTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def vseal(self, *arguments, expect=0, **options):
        """Runs vseal and checks its exit code; returns the finished process (text)."""
        options.setdefault("text", True)
        done = subprocess.run([VSEAL, *map(str, arguments)], capture_output=True, **options)
        self.assertEqual(done.returncode, expect,
                         f"vseal {' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}")
        return done

    def embed(self, source, target, *arguments, identifier="4711"):
        done = self.vseal("embed", source, target, "--id", identifier, "--json", *arguments)
        return json.loads(done.stdout)

    def detect(self, path, *arguments, expect=0):
        return json.loads(self.vseal("detect", "--json", path, *arguments, expect=expect).stdout)

    def model_info(self, *arguments):
        return json.loads(self.vseal("model", "info", "--json", *arguments).stdout)

    def assert_reads(self, path, identifier="4711", *arguments):
        found = self.detect(path, *arguments)
        self.assertEqual(found["id"]["value"], identifier)
        return found

    def assert_empty(self, folder=None):
        self.assertEqual(sorted(p.name for p in (folder or self.dir).iterdir()), [])


def report(text):
    """A measured figure, shown in the test's log."""
    print(text, file=sys.stderr, flush=True)

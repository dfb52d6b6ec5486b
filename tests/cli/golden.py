"""Golden vectors of the upstream project, and pictures in and out of files."""
import json
import pathlib
import struct
import subprocess

from harness import SOURCE, tool

FIXTURES = SOURCE / "tests" / "data"


class Safetensors:
    """Reads tensors by name as lists of numbers."""

    def __init__(self, path):
        self.bytes = pathlib.Path(path).read_bytes()
        length = struct.unpack_from("<Q", self.bytes)[0]
        self.header = json.loads(self.bytes[8:8 + length])
        self.first = 8 + length

    def raw(self, name):
        begin, end = self.header[name]["data_offsets"]
        return self.bytes[self.first + begin:self.first + end]

    def shape(self, name):
        return self.header[name]["shape"]

    def floats(self, name):
        raw = self.raw(name)
        return struct.unpack(f"<{len(raw) // 4}f", raw)


def write_png16(path, rgb8, width, height):
    """A 16-bit PNG with the values v * 257 of 8-bit samples."""
    wide = b"".join(struct.pack("<H", v * 257) for v in rgb8)
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb48le",
                    "-s", f"{width}x{height}", "-i", "-", str(path)], input=wide, check=True)


def read_png16(path):
    """Interleaved 16-bit samples."""
    raw = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-f", "rawvideo",
                          "-pix_fmt", "rgb48le", "-"], capture_output=True, check=True).stdout
    return struct.unpack(f"<{len(raw) // 2}H", raw)


def planar(interleaved):
    """[h,w,3] -> [3,h,w]."""
    return [v for c in range(3) for v in interleaved[c::3]]


def bits_text(raw):
    return "".join(map(str, raw))

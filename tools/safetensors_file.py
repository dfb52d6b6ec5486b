"""Reads and writes safetensors files with the standard library alone.

Values are kept as array.array('f') or raw bytes; nothing here is meant for files beyond what fits
into memory several times over.
"""
import array
import json
import struct
import sys

SIZES = {"F32": 4, "F16": 2, "U16": 2, "U8": 1, "I8": 1}
CODES = {"F32": "f", "F16": "e", "U16": "H", "U8": "B", "I8": "b"}  # of the struct module


class Tensor:
    """Values as stored: `dtype` is the file's name for the type, `data` its little-endian bytes."""

    def __init__(self, dtype, shape, data):
        self.dtype, self.shape, self.data = dtype, list(shape), bytes(data)

    @classmethod
    def from_values(cls, dtype, shape, values):
        """Floats round to nearest even; a value that the type cannot hold is an error."""
        return cls(dtype, shape, struct.pack(f"<{len(values)}{CODES[dtype]}", *values))

    def floats(self):
        """The values of an F32 tensor as array('f')."""
        if self.dtype != "F32":
            raise ValueError(f"expected F32, got {self.dtype}")
        values = array.array("f", self.data)
        if sys.byteorder == "big":
            values.byteswap()
        return values


def read(path):
    """({name: text} of the metadata, {name: Tensor})"""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    data = memoryview(content)[8 + length:]
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = Tensor(entry["dtype"], entry["shape"], data[begin:end])
    return metadata, tensors


def write(path, metadata, tensors):
    """Widest type first and then by name, so that each tensor is aligned and runs are repeatable."""
    header = {"__metadata__": metadata} if metadata else {}
    order = sorted(tensors, key=lambda name: (-SIZES[tensors[name].dtype], name))
    offset = 0
    for name in order:
        tensor = tensors[name]
        end = offset + len(tensor.data)
        header[name] = {"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in order:
            file.write(tensors[name].data)

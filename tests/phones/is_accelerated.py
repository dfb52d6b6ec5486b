"""Prints whether LiteRT hands every op of a .tflite file to its fast kernels (XNNPACK).

    is_accelerated.py FILE
"""
import sys

from ai_edge_litert.compiled_model import CompiledModel
from ai_edge_litert.hardware_accelerator import HardwareAccelerator

print(bool(CompiledModel.from_file(sys.argv[1], HardwareAccelerator.CPU).is_fully_accelerated()))

"""Loads a .tflite file on LiteRT, runs it on zeros, and prints "runs" or what the runtime says.

    load_file.py FILE
"""
import sys

import numpy
from ai_edge_litert.interpreter import Interpreter

try:
    interpreter = Interpreter(model_path=sys.argv[1])
    interpreter.allocate_tensors()
    for details in interpreter.get_input_details():
        interpreter.set_tensor(details["index"], numpy.zeros(details["shape"], details["dtype"]))
    interpreter.invoke()
    print("runs")
except (RuntimeError, ValueError) as error:
    print(error)

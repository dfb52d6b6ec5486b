#!/usr/bin/env python3
"""Makes the small golden file that the tests carry from the large one that the training wrote.

One picture: luma and marked luma as U16 (65535 is 1), the message as U8 bits, the residual as F16,
the logits as they are.
"""
import argparse

import safetensors_file


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--picture", default="v0")
    arguments = parser.parse_args()
    _, tensors = safetensors_file.read(arguments.input)

    def values(name):
        return tensors[f"{arguments.picture}.{name}"].floats()

    def unsigned(name):
        scaled = [round(65535 * value) for value in values(name)]
        return safetensors_file.Tensor.from_values("U16", [256, 256], scaled)

    bits = [int(value > 0) for value in values("message")]
    small = {
        "luma": unsigned("luma256"),
        "marked": unsigned("marked256"),
        "message_bits": safetensors_file.Tensor.from_values("U8", [len(bits)], bits),
        "residual": safetensors_file.Tensor.from_values("F16", [256, 256], values("residual")),
        "logits": safetensors_file.Tensor.from_values("F32", [len(bits)], values("logits")),
    }
    safetensors_file.write(arguments.output, {}, small)


if __name__ == "__main__":
    main()

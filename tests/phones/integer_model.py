"""Models as models of integers, for tests."""
import subprocess

from harness import DATA, PICTURE, VSEAL, data


def calibration():
    """Pictures for vseal quantize: those of VSEAL_DATA, or the one that is here."""
    return ["--data", data("train"), "--samples", "16"] if DATA else ["--data", PICTURE]


def integer_model(folder, model):
    """The file in `folder` that vseal quantize makes of a float model."""
    path = folder / "integers.vseal"
    subprocess.run([VSEAL, "quantize", model, *map(str, calibration()), "-o", str(path), "--quiet"], check=True)
    return path

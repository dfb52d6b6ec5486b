"""The default model as one of integers, for tests: the one inside vseal where that is one, else quantised."""
import subprocess

from harness import DATA, PICTURE, VSEAL, data


def calibration():
    """Pictures for vseal quantize: those of VSEAL_DATA, or the one that is here."""
    return ["--data", data("train"), "--samples", "16"] if DATA else ["--data", PICTURE]


def is_float(model=None):
    chosen = [str(model)] if model else []
    shown = subprocess.run([VSEAL, "model", "info", *chosen, "--ops", "--json"], capture_output=True, text=True, check=True)
    return '"quantize"' not in shown.stdout


def integer_model(folder, model=None):
    """Arguments that name it to vseal embed and detect, and its path; neither for the one inside vseal."""
    if not is_float(model):
        return (["--model", str(model)], model) if model else ([], None)
    path = folder / "integers.vseal"
    chosen = [str(model)] if model else []
    subprocess.run([VSEAL, "quantize", *chosen, *map(str, calibration()), "-o", str(path), "--quiet"], check=True)
    return ["--model", str(path)], path

"""The learning curve of a run, drawn from what it printed."""
import pathlib
import re

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

SHOWN = ("none", "jpeg", "strong_jpeg", "noise", "tone", "blur", "h264", "combined")


def read(log: pathlib.Path) -> list[dict]:
    """The numbers of each report line: step, pictures, strength, %none, ..."""
    pattern = re.compile(r"(%?\w+) (-?[\d.]+(?:e[+-]?\d+)?)")
    lines = log.read_text().splitlines()
    return [{name: float(value) for name, value in pattern.findall(line)} for line in lines if line.startswith("step ")]


def draw(log: pathlib.Path, output: pathlib.Path):
    """Bit accuracy by attack and the mark's PSNR against pictures seen; without a timestamp, so that the same log gives
    the same bytes."""
    reports = read(log)
    pictures = [r["pictures"] / 1000 for r in reports]
    plt.rcParams["svg.hashsalt"] = "vseal"
    figure, (accuracy, quality) = plt.subplots(2, 1, figsize=(8, 7), sharex=True, height_ratios=(3, 1))
    for name in SHOWN:
        accuracy.plot(pictures, [r.get("%" + name) for r in reports], label=name.replace("_", " "), linewidth=1)
    accuracy.set_ylabel("bits right in training, %")
    accuracy.legend(ncols=4, fontsize="small")
    quality.plot(pictures, [r["psnr"] for r in reports], linewidth=1)
    quality.set_ylabel("PSNR, dB")
    quality.set_xlabel("thousand pictures seen")
    for axes in (accuracy, quality):
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(output, metadata={"Date": None})

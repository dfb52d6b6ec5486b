"""Command line of the training: python -m vseal_training prepare|train|export|curve."""
import argparse
import pathlib
import sys

import cv2
import torch
from safetensors.torch import load_file

from . import curve, export, photos, recipe
from .trainer import Trainer


def main() -> int:
    parser = argparse.ArgumentParser(prog="vseal_training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    prepare = commands.add_parser("prepare", help="decode photographs once")
    prepare.add_argument("folders", nargs="+", type=pathlib.Path)
    prepare.add_argument("--cache", type=pathlib.Path, required=True)
    train = commands.add_parser("train", help="train, or go on where the checkpoint stands")
    train.add_argument("recipe", type=pathlib.Path)
    train.add_argument("--cache", type=pathlib.Path, required=True)
    train.add_argument("--checkpoint", type=pathlib.Path, required=True)
    train.add_argument("--init", type=pathlib.Path, help="an exported model to start from")
    train.add_argument("--hours", type=float, default=1e9, help="stop after this long")
    train.add_argument("--threads", type=int, default=2)
    write = commands.add_parser("export", help="write the averaged networks as safetensors with card and vectors")
    write.add_argument("checkpoint", type=pathlib.Path)
    write.add_argument("output", type=pathlib.Path, help="NAME.safetensors; the other files lie beside it")
    write.add_argument("--cache", type=pathlib.Path, required=True)
    write.add_argument("--strength", type=float, required=True, help="the card's: what gives the promised PSNR")
    write.add_argument("--weights", choices=("i8", "f32"), default="i8")
    write.add_argument("--gain-exponent", type=float, help="the card's, in place of the recipe's")
    write.add_argument("--mix", type=pathlib.Path, help="an exported model to average the weights with")
    write.add_argument("--mix-share", type=float, default=0.5, help="its share of the average")
    draw = commands.add_parser("curve", help="draw the learning curve from a run's output")
    draw.add_argument("log", type=pathlib.Path)
    draw.add_argument("output", type=pathlib.Path, help="an SVG file")
    arguments = parser.parse_args()
    if arguments.command == "prepare":
        print(photos.prepare(arguments.folders, arguments.cache), "pictures")
    elif arguments.command == "train":
        run(arguments)
    elif arguments.command == "curve":
        curve.draw(arguments.log, arguments.output)
    else:
        choices = export.Choices(arguments.strength, arguments.gain_exponent, arguments.weights, arguments.mix,
                                 arguments.mix_share)
        export.write(arguments.checkpoint, arguments.output, arguments.cache, choices)
    return 0


def run(arguments):
    cv2.setNumThreads(1)
    torch.set_num_threads(arguments.threads)
    if arguments.checkpoint.exists():
        trainer = Trainer.resume(arguments.checkpoint)
    else:
        trainer = Trainer(recipe.load(arguments.recipe))
        if arguments.init:
            trainer.start_from(load_file(arguments.init))
    trainer.run(arguments.cache, arguments.checkpoint, arguments.hours, lambda text: print(text, flush=True))


if __name__ == "__main__":
    sys.exit(main())

"""A quick look at held-out photographs while training runs. The figures that count come from `vseal eval`."""
import random

import numpy as np
import torch
import torch.nn.functional as F

from . import attacks, codecs, feedback, geometry, photos

PICTURES = 32
PASSES = 3
SIZE = 256


def _brighter(x):
    return (x * 0.5).clamp(0, 1)


def _noisy(x):
    return (x + torch.randn(x.shape, generator=torch.Generator().manual_seed(5)) * 15 / 255).clamp(0, 1)


def _jpeg(quality):
    return lambda x: attacks.straight_through(x, lambda p: codecs.jpeg(p, quality))


ATTACKS = {
    "clean": lambda x: x,
    "jpeg 40": _jpeg(40),
    "jpeg 20": _jpeg(20),
    "noise 15": _noisy,
    "brightness .5": _brighter,
    "blur 2": lambda x: attacks.gaussian_blur(x, 2.0),
}


@torch.no_grad()
def line(trainer, held_out: photos.Photos) -> str:
    """Bit accuracy in percent of the averaged networks after feedback, by attack, at the trainer's strength; and of a
    window of one tile without attack."""
    rng = random.Random(0)
    native = photos.to_luma(np.stack([held_out.window(rng, 2 * SIZE) for _ in range(PICTURES)]))
    luma = F.avg_pool2d(native, 2)
    generator = torch.Generator().manual_seed(3)
    bits = torch.randint(0, 2, (PICTURES, trainer.plan.network.bits), generator=generator).float() * 2 - 1

    def read(weighted_bits):
        return trainer.average_detector((luma + residual(weighted_bits)).clamp(0, 1))

    def residual(weighted_bits):
        return trainer.mark(luma, weighted_bits, trainer.average_embedder)[1]

    weighted = feedback.weigh(read, bits, PASSES)
    marked = attacks.rounded((native + geometry.double(residual(weighted))).clamp(0, 1))
    psnr = (-10 * torch.log10((marked - native).square().mean((1, 2, 3)))).mean().item()
    figures = []
    for name, attack in ATTACKS.items():
        logits = trainer.average_detector(F.avg_pool2d(attacks.rounded(attack(marked)), 2))
        figures.append(f"{name} {_right(logits, bits):.2f}")
    half = F.avg_pool2d(marked, 2)[..., 40:168, 72:200]
    logits = trainer.average_detector(half, (-5 % trainer.plan.network.tile, -9 % trainer.plan.network.tile))
    figures.append(f"one tile {_right(logits, bits):.2f}")
    return f"VALIDATION psnr {psnr:.2f} " + " ".join(figures)


def _right(logits, bits) -> float:
    return 100 * ((logits > 0) == (bits > 0)).float().mean().item()

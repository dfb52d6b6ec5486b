"""From a checkpoint to the files that vseal reads: NAME.safetensors (f32, PyTorch's axis order, card in the metadata),
NAME.card.json, and NAME.vectors.safetensors, what the networks computed for two pictures, against which vseal's own
are tested."""
import dataclasses
import json
import pathlib
import random

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from . import feedback, heatmap, networks, photos
from .trainer import Trainer

SIZE = 256
VECTOR_PICTURES = 2


@dataclasses.dataclass
class Choices:
    """What of a run leaves it, and with which card."""
    strength: float  # the card's
    gain_exponent: float | None = None  # the card's; the recipe's when None
    weights: str = "i8"  # "f32" as trained, or "i8": rows rounded to 8 bits before the vectors are computed
    mix_with: pathlib.Path | None = None  # an exported model of the same sizes, from which the run started
    mix_share: float = 0.5  # of that model


def write(checkpoint: pathlib.Path, output: pathlib.Path, cache: pathlib.Path, choices: Choices):
    trainer = Trainer.resume(checkpoint)
    if choices.gain_exponent is not None:
        trainer.plan.network.gain_exponent = choices.gain_exponent
    embedder, detector = trainer.average_embedder.eval(), trainer.average_detector.eval()
    if choices.mix_with:
        mix(trainer, load_file(choices.mix_with), choices.mix_share)
    if choices.weights == "i8":
        round_rows(embedder)
        round_rows(detector)
    tensors = {}
    for prefix, network in (("embedder.", embedder), ("detector.", detector)):
        for name, value in network.state_dict().items():
            if not name.endswith("num_batches_tracked"):
                tensors[prefix + name] = value.float().contiguous()
    card = json.dumps(_card(trainer, output.stem, choices.strength), indent=1)
    save_file(tensors, output, {"card": card})
    output.with_suffix(".card.json").write_text(card + "\n")
    save_file(_vectors(trainer, choices.strength, cache), output.with_suffix(".vectors.safetensors"))


@torch.no_grad()
def mix(trainer: Trainer, tensors: dict, share: float):
    """Moves the averaged networks a share of the way to another model. A run and what it started from lie in one basin
    of the loss, and between them reads better than either end (Wortsman et al., Model soups, ICML 2022)."""
    for prefix, network in (("embedder.", trainer.average_embedder), ("detector.", trainer.average_detector)):
        for name, value in network.state_dict().items():
            if not name.endswith("num_batches_tracked"):
                value.lerp_(tensors[prefix + name], share)


@torch.no_grad()
def round_rows(network: torch.nn.Module):
    """Every row of a filter or matrix to whole multiples of its largest magnitude / 127, in place."""
    for parameter in network.parameters():
        if parameter.dim() > 1:
            step = parameter.abs().amax(tuple(range(1, parameter.dim())), keepdim=True) / 127
            parameter.copy_((parameter / step.clamp(min=1e-30)).round() * step)


def _card(trainer: Trainer, name: str, strength: float) -> dict:
    sizes = trainer.plan.network
    luma = torch.zeros(1, 1, SIZE, SIZE)
    count = [networks.multiply_adds(trainer.average_embedder, luma, torch.zeros(1, sizes.bits)),
             networks.multiply_adds(trainer.average_detector, luma)]
    return {
        "name": name,
        "bits": sizes.bits,
        "processing_size": SIZE,
        "colour": "luma",
        "strength": strength,
        "cfg": {"T": sizes.tile, "jnd": list(sizes.luminance), "gexp": sizes.gain_exponent},
        "pictures_seen": trainer.pictures,
        "hours": round(trainer.hours, 2),
        "embedder_mmac": round(count[0] / 1e6, 1),
        "detector_mmac": round(count[1] / 1e6, 1),
    }


@torch.no_grad()
def _vectors(trainer: Trainer, strength: float, cache: pathlib.Path) -> dict:
    """For pictures v0, v1: luma256, message, heatmap256, gain, residual (the tanh output), marked256 =
    clamp(luma + strength * gain * heatmap * residual), features (before the fold), logits; in f32."""
    rng, held_out = random.Random(0), photos.Photos(cache, held_out=True)
    generator = torch.Generator().manual_seed(3)
    tensors = {}
    for index in range(VECTOR_PICTURES):
        luma = photos.to_luma(held_out.window(rng, SIZE)[np.newaxis])
        message = feedback.unit(torch.randint(0, 2, (1, trainer.plan.network.bits), generator=generator).float() * 2 - 1)
        heat = heatmap.heat_map(luma, trainer.plan.network.luminance)
        gain = heatmap.gain(heat, trainer.plan.network.gain_exponent)
        residual = trainer.average_embedder(luma, message)
        marked = (luma + strength * gain * heat * residual).clamp(0, 1)
        features = trainer.average_detector.features(marked)
        logits = trainer.average_detector.head(trainer.average_detector.fold(features).flatten(1))
        for name, value in {"luma256": luma, "message": message, "heatmap256": heat, "gain": gain.flatten(1),
                            "residual": residual, "marked256": marked, "features": features,
                            "logits": logits}.items():
            tensors[f"v{index}.{name}"] = value[0].contiguous()
    return tensors

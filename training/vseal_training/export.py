"""From a checkpoint to the files that vseal reads: NAME.safetensors (f32, PyTorch's axis order, card in the metadata),
NAME.card.json, and NAME.vectors.safetensors, what the networks computed for two pictures, against which vseal's own
are tested."""
import json
import pathlib
import random

import numpy as np
import torch
from safetensors.torch import save_file

from . import feedback, heatmap, networks, photos
from .trainer import Trainer

SIZE = 256
VECTOR_PICTURES = 2


def write(checkpoint: pathlib.Path, output: pathlib.Path, strength: float, cache: pathlib.Path, weights: str = "i8"):
    """weights: "f32" as trained, or "i8": filters and matrices rounded to what 8 bits and a factor a row hold, before
    the vectors are computed, so that the packed model meets them."""
    trainer = Trainer.resume(checkpoint)
    embedder, detector = trainer.average_embedder.eval(), trainer.average_detector.eval()
    if weights == "i8":
        round_rows(embedder)
        round_rows(detector)
    tensors = {}
    for prefix, network in (("embedder.", embedder), ("detector.", detector)):
        for name, value in network.state_dict().items():
            if not name.endswith("num_batches_tracked"):
                tensors[prefix + name] = value.float().contiguous()
    card = json.dumps(_card(trainer, output.stem, strength), indent=1)
    save_file(tensors, output, {"card": card})
    output.with_suffix(".card.json").write_text(card + "\n")
    save_file(_vectors(trainer, strength, cache), output.with_suffix(".vectors.safetensors"))


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

"""A recipe: everything that decides what a training run computes. One JSON file, kept in every checkpoint."""
import dataclasses
import json
import pathlib


@dataclasses.dataclass
class Network:
    """Sizes of the two networks (networks.py)."""
    bits: int = 256
    tile: int = 16  # side of the message tile, in cells of 8 px
    width: int = 96  # channels of every hidden layer
    embedder_blocks: int = 2
    detector_blocks: int = 3
    message_channels: int = 32
    feature_channels: int = 32
    luminance: tuple[float, float] = (9.0, 3.0)  # heatmap.py: luminance term at or below luma 127
    gain_exponent: float = 0.5  # heatmap.py: gain


@dataclasses.dataclass
class Stage:
    """A stretch of the run with one picture size."""
    pictures: int = 300_000
    size: int = 128  # working size, px; photographs are attacked at twice this size
    batch: int = 64
    windows: float = 0.0  # share of steps in which half of the batch is read from a part of the picture


@dataclasses.dataclass
class Recipe:
    """Defaults are what the shipped model was trained with where its recipe file is silent."""
    network: Network = dataclasses.field(default_factory=Network)
    stages: list[Stage] = dataclasses.field(default_factory=lambda: [Stage()])
    seed: int = 1
    learning_rate: float = 1e-3
    final_learning_rate: float = 2e-5
    warmup_steps: int = 200
    weight_decay: float = 1e-3
    ema: float = 0.999
    strength: float = 2.0  # of the residual at the start
    final_strength: float = 0.23
    strength_decay: float = 0.006  # a step, while the clean accuracy is above curriculum_accuracy
    severity: float = 0.0  # of the attacks at the start, 1 at the end
    severity_rate: float = 0.002  # a step, likewise
    curriculum_accuracy: float = 0.85
    feedback: float = 0.4  # share of steps that embed with feedback
    isotropy: float = 0.15  # weight of the penalty on stripes of one direction
    shift: float = 2.5  # jitter of the read picture: px of the working size
    warp: float = 3.5  # jitter of scale, aspect, rotation: px at the border


def load(path: pathlib.Path) -> Recipe:
    """The recipe in a JSON file. Raises TypeError on a key that no field has."""
    return from_dict(json.loads(path.read_text()))


def from_dict(fields: dict) -> Recipe:
    fields = dict(fields)
    if "network" in fields:
        network = dict(fields["network"])
        if "luminance" in network:
            network["luminance"] = tuple(network["luminance"])
        fields["network"] = Network(**network)
    if "stages" in fields:
        fields["stages"] = [Stage(**stage) for stage in fields["stages"]]
    return Recipe(**fields)


def to_dict(recipe: Recipe) -> dict:
    return dataclasses.asdict(recipe)

"""What happens to a marked picture before it is read. Pictures are luma (B,1,N,N) in 0..1 at twice the working size;
`severity` in 0..1 scales how bad it gets. Encoders and rounding pass the gradient straight through."""
import dataclasses
import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from . import codecs


def straight_through(x, function: Callable[[np.ndarray], np.ndarray]):
    """function on every 8-bit picture, with the gradient of the identity."""
    pictures = (x.detach().clamp(0, 1) * 255).round().byte().numpy()[:, 0]
    after = torch.from_numpy(np.stack([function(p) for p in pictures])).float().div_(255)[:, None]
    return x + (after - x).detach()


def rounded(x):
    """To 8 bits, as a file stores it."""
    return x + ((x.detach() * 255).round().clamp(0, 255) / 255 - x.detach())


def jpeg(x, severity, rng):
    return straight_through(x, lambda p: codecs.jpeg(p, rng.randint(int(95 - 45 * severity), 95)))


def strong_jpeg(x, severity, rng):
    return straight_through(x, lambda p: codecs.jpeg(p, rng.randint(int(90 - 72 * severity), int(90 - 30 * severity))))


def webp(x, severity, rng):
    return straight_through(x, lambda p: codecs.webp(p, rng.randint(int(90 - 70 * severity), 90)))


def h264(x, severity, rng):
    return straight_through(x, lambda p: codecs.intra_frame(p, "libx264", int(20 + rng.random() * 14 * severity)))


def h265(x, severity, rng):
    return straight_through(x, lambda p: codecs.intra_frame(p, "libx265", int(20 + rng.random() * 14 * severity)))


def gaussian_blur(x, sigma: float):
    radius = max(1, math.ceil(3 * sigma))
    t = torch.arange(-radius, radius + 1).float()
    kernel = torch.exp(-t * t / (2 * sigma * sigma))
    kernel = kernel / kernel.sum()
    x = F.pad(x, (radius,) * 4, mode="reflect")
    return F.conv2d(F.conv2d(x, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1))


def blur(x, severity, rng):
    return gaussian_blur(x, 0.3 + rng.random() * 2.2 * severity)


def resize(x, severity, rng, deepest: float = 0.7):
    size = x.shape[-1]
    small = max(8, int(size * (1 - rng.random() * deepest * severity)))
    small = F.interpolate(x, size=(small, small), mode="bilinear", antialias=True, align_corners=False)
    return F.interpolate(small, size=(size, size), mode="bilinear", align_corners=False)


def noise(x, severity, rng):
    return (x + torch.randn_like(x) * (rng.random() * 0.08 * severity)).clamp(0, 1)


def tone(x, severity, rng):
    """Brightness, contrast or gamma, and the rounding that follows."""
    kind = rng.randrange(3)
    factor = math.exp(rng.uniform(-1, 1) * severity * (0.6 if kind == 2 else 0.9))
    if kind == 0:
        x = x * factor
    elif kind == 1:
        mean = x.detach().mean((1, 2, 3), keepdim=True)
        x = (x - mean) * factor + mean
    else:
        x = x.clamp(1e-3, 1)**factor
    return rounded(x.clamp(0, 1))


def combined(x, severity, rng):
    if rng.random() < 0.5:
        x = tone(x, severity, rng)
    x = resize(x, severity, rng, 0.5) if rng.random() < 0.5 else gaussian_blur(x, 0.3 + rng.random() * severity)
    return jpeg(x.clamp(0, 1), severity, rng)


@dataclasses.dataclass
class Attack:
    function: Callable
    weight: float  # how often it is drawn, relative to the others


ATTACKS = {
    "jpeg": Attack(jpeg, 2),
    "strong_jpeg": Attack(strong_jpeg, 2),
    "webp": Attack(webp, 0.5),
    "h264": Attack(h264, 0.6),
    "h265": Attack(h265, 0.4),
    "blur": Attack(blur, 1),
    "resize": Attack(resize, 1),
    "noise": Attack(noise, 1.5),
    "tone": Attack(tone, 2),
    "combined": Attack(combined, 2),
}


def draw(rng, count: int) -> list[str]:
    """`count` attacks by weight; the first is always none, by which the curriculum is steered."""
    names = list(ATTACKS)
    return ["none"] + rng.choices(names, [ATTACKS[name].weight for name in names], k=count - 1)


def apply(name: str, x, severity: float, rng):
    """A marked picture is first rounded to 8 bits, then attacked."""
    x = rounded(x.clamp(0, 1))
    return x if name == "none" else ATTACKS[name].function(x, severity, rng)

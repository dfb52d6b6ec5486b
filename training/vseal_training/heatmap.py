"""The just-noticeable-difference heat map and what is done with it; no gradient flows through it. The same as vseal's
src/image/heat_rows.cc with this model's luminance term (VideoSeal's modules/jnd.py with other constants)."""
import torch
import torch.nn.functional as F

LUMINANCE_KNEE = 127.0
MASKING_OVERLAP = 0.3
TARGET_RMS = 8.0 / 255.0
GAIN_RANGE = (0.6, 2.0)


def _luminance(x, slope: float, floor: float):
    """Weber-like visibility of the mean of the 5x5 surroundings: 2/32 for the inner ring, 1/32 for the outer."""
    p = F.pad(x, (2, 2, 2, 2))
    core = p[..., 1:-1]
    three = core[..., :-2] + core[..., 1:-1] + core[..., 2:]
    five = three + p[..., :-4] + p[..., 4:]
    mean = (five[..., :-4, :] + five[..., 1:-3, :] + five[..., 2:-2, :] + five[..., 3:-1, :] + five[..., 4:, :] +
            three[..., 1:-3, :] + three[..., 2:-2, :] + three[..., 3:-1, :] - 2 * x) / 32
    dark = slope * (1 - torch.sqrt(mean.clamp(min=0) / LUMINANCE_KNEE + 1e-5)) + floor
    bright = 3 / 128 * (mean - LUMINANCE_KNEE) + 3
    return torch.where(mean <= LUMINANCE_KNEE, dark, bright)


def _contrast(x):
    """Masking by the Sobel gradient g: 1.872 g^2.4 / (g^2 + 676)."""
    p = F.pad(x, (1, 1, 1, 1), mode="replicate")
    columns = p[..., :-2, :] + 2 * p[..., 1:-1, :] + p[..., 2:, :]
    rows = p[..., :-2] + 2 * p[..., 1:-1] + p[..., 2:]
    square = (columns[..., 2:] - columns[..., :-2])**2 + (rows[..., 2:, :] - rows[..., :-2, :])**2
    return 0.117 * 16 * torch.exp(1.2 * torch.log(square + 1e-6)) / (square + 26**2)


@torch.no_grad()
def heat_map(luma, luminance: tuple[float, float]):
    """(B,1,H,W) luma in 0..1 to the map in the same units, never negative."""
    x = luma.float() * 255
    light, contrast = _luminance(x, *luminance), _contrast(x)
    return (light + contrast - MASKING_OVERLAP * torch.minimum(light, contrast)).clamp(min=0) / 255


def gain(heat, exponent: float):
    """(B,1,1,1): smooth pictures get more, busy ones less, so that PSNR is even over pictures."""
    rms = heat.pow(2).mean((1, 2, 3), keepdim=True).sqrt()
    return (TARGET_RMS / rms).pow(exponent).clamp(*GAIN_RANGE)

"""From the attacked picture, at twice the working size, to what the detector sees."""
import torch
import torch.nn.functional as F

CELL = 8
SMALLEST_WINDOW = 16  # cells: one tile


class _Double(torch.autograd.Function):
    """Bilinear x2 and its exact adjoint by slices (PyTorch's own backward is many times slower on a CPU)."""

    @staticmethod
    def forward(ctx, x):
        return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)

    @staticmethod
    def backward(ctx, gradient):
        return _halve(_halve(gradient).transpose(2, 3)).transpose(2, 3)


def _halve(x):
    """The adjoint of bilinear x2 along the last axis."""
    even, odd = x[..., 0::2], x[..., 1::2]
    out = 0.75 * (even + odd)
    out[..., :-1] += 0.25 * even[..., 1:]
    out[..., 1:] += 0.25 * odd[..., :-1]
    out[..., 0] += 0.25 * even[..., 0]
    out[..., -1] += 0.25 * odd[..., -1]
    return out


def double(x):
    return _Double.apply(x)


def jittered(x, shift: float, warp: float, share: float):
    """(B,1,2S,2S) to (B,1,S,S). A `share` of the pictures is shifted by up to `shift` working px a side and scaled,
    turned and sheared by up to `warp` px at the border; the others are the exact 2x2 mean."""
    batch, size = x.shape[0], x.shape[-1] // 2
    identity = torch.eye(2, 3).repeat(batch, 1, 1)
    offset = torch.empty(batch, 2, 3).uniform_(-2 / size, 2 / size)
    offset[..., :2] *= 0.7 * warp
    offset[..., 2] *= shift
    chosen = (torch.rand(batch, 1, 1) < share).float()
    grid = F.affine_grid(identity + offset * chosen, [batch, 1, size, size], align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def window(x, rng):
    """A random part of whole cells, at least one tile a side: the part (B,1,h,w) and where it starts, in cells."""
    cells = x.shape[-1] // CELL
    rows, columns = (rng.randint(SMALLEST_WINDOW, cells) for _ in range(2))
    top, left = rng.randint(0, cells - rows), rng.randint(0, cells - columns)
    part = x[..., top * CELL:(top + rows) * CELL, left * CELL:(left + columns) * CELL]
    return part, (top, left)

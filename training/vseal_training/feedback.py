"""Feedback embedding: the detector reads a first pass, the next pass pushes on the bits that it read weakly. The same
as vseal's src/watermark; rows are pictures, columns bits."""
import torch

FIRST_STEP = 0.6
NEXT_STEP = 0.3
LARGEST_FIRST, LARGEST = 3.0, 4.0


def unit(weights):
    return weights / weights.pow(2).mean(1, keepdim=True).sqrt().clamp(min=1e-6)


def first_weights(logits, bits, step: float = FIRST_STEP):
    """w = clamp(1 + step (1 - q / mean q), 0, 3), rms 1, where q = logits * bits (bits are +-1)."""
    return unit((1 + step * _weakness(logits, bits)).clamp(0, LARGEST_FIRST))


def next_weights(weights, logits, bits):
    """w += 0.3 (1 - q / mean q), clamped to 0..4, rms 1."""
    return unit((weights + NEXT_STEP * _weakness(logits, bits)).clamp(0, LARGEST))


def _weakness(logits, bits):
    q = logits * bits
    return 1 - q / q.mean(1, keepdim=True).clamp(min=0.1)


@torch.no_grad()
def weigh(read, bits, passes: int, step: float = FIRST_STEP):
    """Weighted bits after `passes` readings. read(u): logits of the pictures marked with the weighted bits u."""
    weights = torch.ones_like(bits)
    for index in range(passes):
        logits = read(bits * weights)
        weights = first_weights(logits, bits, step) if index == 0 else next_weights(weights, logits, bits)
    return bits * weights

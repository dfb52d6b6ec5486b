"""What the training minimises beside the bits' cross-entropy."""


def _energy(difference):
    return difference.square().mean((1, 2, 3))


def anisotropy(residual):
    """Stripes of one direction are what the eye finds first: relative imbalance of the gradient energy along the two
    diagonals and along the two axes, squared; (B,1,H,W) to a number, 0 when balanced."""
    falling = _energy(residual[..., 1:, 1:] - residual[..., :-1, :-1])
    rising = _energy(residual[..., 1:, :-1] - residual[..., :-1, 1:])
    across = _energy(residual[..., 1:] - residual[..., :-1])
    down = _energy(residual[..., 1:, :] - residual[..., :-1, :])
    diagonal = (falling - rising) / (falling + rising + 1e-6)
    axis = (across - down) / (across + down + 1e-6)
    return (diagonal.square() + axis.square()).mean()

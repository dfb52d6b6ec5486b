"""The two networks. Everything runs on cells of 8x8 px (pixel unshuffle in, pixel shuffle out), so a 256x256 picture
is a 32x32 grid. Parameter names are those that vseal's src/models/nano.cc reads; axis order is NCHW."""
import torch
import torch.nn as nn
import torch.nn.functional as F

from .recipe import Network

CELL = 8


class ConvNormRelu(nn.Sequential):
    def __init__(self, channels_in: int, channels_out: int):
        super().__init__(nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False), nn.BatchNorm2d(channels_out),
                         nn.ReLU(inplace=True))


class Residual(nn.Module):
    """ReLU(x + BN(conv(ConvNormRelu(x)))); the branch starts at half weight."""

    def __init__(self, channels: int):
        super().__init__()
        self.a = ConvNormRelu(channels, channels)
        self.b = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.n = nn.BatchNorm2d(channels)
        nn.init.constant_(self.n.weight, 0.5)

    def forward(self, x):
        return F.relu(x + self.n(self.b(self.a(x))))


def to_cells(x):
    return F.pixel_unshuffle(x, CELL).contiguous(memory_format=torch.channels_last)


class Embedder(nn.Module):
    """Luma (B,1,S,S) in 0..1 and weighted bits (B,bits), rms 1, to the residual (B,1,S,S) in -1..1."""

    def __init__(self, sizes: Network):
        super().__init__()
        self.tile, self.channels = sizes.tile, sizes.message_channels
        self.msg = nn.Linear(sizes.bits, self.channels * self.tile**2)
        nn.init.normal_(self.msg.weight, std=sizes.bits**-0.5)
        nn.init.zeros_(self.msg.bias)
        self.stem = ConvNormRelu(CELL**2, sizes.width)
        self.mix = ConvNormRelu(sizes.width + self.channels, sizes.width)
        self.body = nn.Sequential(*[Residual(sizes.width) for _ in range(sizes.embedder_blocks)])
        self.out = nn.Conv2d(sizes.width + self.channels, CELL**2, 3, padding=1)
        nn.init.normal_(self.out.weight, std=0.02)
        nn.init.zeros_(self.out.bias)

    def message_map(self, bits, rows: int, columns: int, phase):
        """The tile (a linear map of the bits), rolled by `phase` cells, repeated over the grid."""
        tile = torch.roll(self.msg(bits).view(-1, self.channels, self.tile, self.tile), phase, (2, 3))
        return tile.repeat(1, 1, rows // self.tile, columns // self.tile).contiguous(memory_format=torch.channels_last)

    def forward(self, luma, bits, phase=(0, 0)):
        x = self.stem(to_cells(luma * 2 - 1))
        message = self.message_map(bits, x.shape[2], x.shape[3], phase).to(x.dtype)
        x = self.body(self.mix(torch.cat([x, message], 1)))
        x = self.out(torch.cat([x, message], 1))
        return torch.tanh(F.pixel_shuffle(x.float().contiguous(), CELL))


class Detector(nn.Module):
    """Luma (B,1,H,W) in 0..1, H and W multiples of 8, to logits (B,bits)."""

    def __init__(self, sizes: Network):
        super().__init__()
        self.tile = sizes.tile
        self.stem = ConvNormRelu(CELL**2, sizes.width)
        self.body = nn.Sequential(*[Residual(sizes.width) for _ in range(sizes.detector_blocks)])
        self.out = nn.Conv2d(sizes.width, sizes.feature_channels, 1)
        self.head = nn.Linear(sizes.feature_channels * self.tile**2, sizes.bits)
        nn.init.normal_(self.head.weight, std=self.head.in_features**-0.5)

    def features(self, luma):
        """(B,features,H/8,W/8)."""
        return self.out(self.body(self.stem(to_cells(luma * 4 - 2)))).float()

    def fold(self, features, phase=(0, 0)):
        """Means over the positions that are equal modulo the tile, (B,features,tile,tile). `phase`: where, in cells, the
        tile starts in the grid. Cells of the tile that no position shows are 0."""
        batch, channels, rows, columns = features.shape
        down, right = -rows % self.tile, -columns % self.tile
        seen = F.pad(features.new_ones(1, 1, rows, columns), (0, right, 0, down))
        split = (-1, (rows + down) // self.tile, self.tile, (columns + right) // self.tile, self.tile)
        count = seen.view(1, *split).sum((2, 4)).clamp(min=1)
        total = F.pad(features, (0, right, 0, down)).view(batch, *split).sum((2, 4))
        return torch.roll(total / count, (-phase[0], -phase[1]), (2, 3))

    def forward(self, luma, phase=(0, 0)):
        return self.head(self.fold(self.features(luma), phase).flatten(1))


def multiply_adds(network: nn.Module, *inputs) -> int:
    """Multiply-adds of one forward pass, convolutions and linear layers."""
    total = 0

    def count(module, _, output):
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += output.numel() * module.in_channels * module.kernel_size[0] * module.kernel_size[1]
        else:
            total += output.numel() * module.in_features

    layers = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    training = network.training
    network.eval()
    with torch.no_grad():
        network(*inputs)
    network.train(training)
    for hook in hooks:
        hook.remove()
    return total

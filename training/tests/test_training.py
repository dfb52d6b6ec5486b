"""The parts of the training against plain definitions. Run by `./dev train test`."""
import pathlib
import random
import tempfile
import unittest

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from vseal_training import attacks, codecs, export, feedback, geometry, heatmap, losses, networks, photos, recipe
from vseal_training.trainer import Trainer

SMALL = {"network": {"bits": 16, "width": 16, "message_channels": 8, "feature_channels": 8, "embedder_blocks": 1,
                     "detector_blocks": 1}, "stages": [{"pictures": 24, "size": 128, "batch": 8}], "feedback": 1.0}


def picture(size=128, batch=1, seed=1):
    """Smooth noise in 0..1, (batch,1,size,size)."""
    noise = torch.rand(batch, 1, size // 8, size // 8, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(noise, size=(size, size), mode="bicubic").clamp(0, 1)


class Geometry(unittest.TestCase):
    def test_double_has_the_exact_gradient(self):
        x = torch.rand(1, 1, 6, 8, dtype=torch.double, requires_grad=True)
        self.assertTrue(torch.autograd.gradcheck(geometry.double, [x]))
        y = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        self.assertTrue(torch.equal(geometry.double(x), y))

    def test_no_jitter_is_the_mean_of_two_by_two(self):
        x = picture(64, 3)
        self.assertLess((geometry.jittered(x, 2, 3, 0.0) - F.avg_pool2d(x, 2)).abs().max(), 1e-5)

    def test_jitter_stays_within_its_bounds(self):
        torch.manual_seed(1)
        ramp = torch.arange(256.0).expand(1, 1, 256, 256).contiguous()
        moved = geometry.jittered(ramp, shift=2.0, warp=0.0, share=1.0) - F.avg_pool2d(ramp, 2)
        inside = moved[..., 4:-4, 4:-4]
        self.assertLess(inside.max() - inside.min(), 1e-2)
        self.assertLessEqual(inside.abs().max(), 4.01)  # 2 working px are 4 native ones
        self.assertGreater(inside.abs().max(), 0.01)

    def test_a_window_starts_where_it_says(self):
        x = torch.arange(256.0 * 256).view(1, 1, 256, 256)
        part, (top, left) = geometry.window(x, random.Random(3))
        self.assertEqual(part[0, 0, 0, 0].item(), top * 8 * 256 + left * 8)
        self.assertTrue(all(side % 8 == 0 and side >= 128 for side in part.shape[2:]))


class Networks(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        self.sizes = recipe.from_dict(SMALL).network
        self.detector = networks.Detector(self.sizes).eval()
        self.embedder = networks.Embedder(self.sizes).eval()

    def test_a_window_of_a_periodic_map_folds_to_the_tile(self):
        tile = torch.rand(1, 8, 16, 16)
        grid = tile.repeat(1, 1, 2, 2)
        self.assertTrue(torch.allclose(self.detector.fold(grid), tile))
        part = grid[..., 3:24, 7:30]
        self.assertTrue(torch.allclose(self.detector.fold(part, (-3 % 16, -7 % 16)), tile))

    def test_the_tile_repeats_and_rolls(self):
        bits = torch.ones(1, 16)
        still = self.embedder.message_map(bits, 32, 32, (0, 0))
        self.assertTrue(torch.equal(still[..., :16, :16], still[..., 16:, 16:]))
        rolled = self.embedder.message_map(bits, 32, 32, (5, 2))
        self.assertTrue(torch.equal(rolled, torch.roll(still, (5, 2), (2, 3))))

    def test_multiply_adds(self):
        linear = torch.nn.Linear(3, 5)
        self.assertEqual(networks.multiply_adds(linear, torch.zeros(2, 3)), 30)
        conv = torch.nn.Conv2d(4, 6, 3, padding=1)
        self.assertEqual(networks.multiply_adds(conv, torch.zeros(1, 4, 8, 8)), 64 * 6 * 4 * 9)


class HeatMap(unittest.TestCase):
    def test_meets_the_definition(self):
        x = picture(16, seed=4)
        got = heatmap.heat_map(x, (9.0, 3.0))[0, 0].numpy() * 255
        luma = x[0, 0].numpy().astype(np.float64) * 255
        padded, edged = np.pad(luma, 2), np.pad(luma, 1, mode="edge")
        weights = np.ones((5, 5))
        weights[1:4, 1:4] = 2
        weights[2, 2] = 0
        sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
        for row, column in ((0, 0), (0, 9), (7, 7), (15, 3)):
            mean = (padded[row:row + 5, column:column + 5] * weights).sum() / 32
            light = 9 * (1 - np.sqrt(mean / 127 + 1e-5)) + 3 if mean <= 127 else 3 / 128 * (mean - 127) + 3
            near = edged[row:row + 3, column:column + 3]
            gradient = np.hypot((near * sobel).sum(), (near * sobel.T).sum())
            contrast = 0.117 * 16 * gradient**2.4 / (gradient**2 + 676)
            want = light + contrast - 0.3 * min(light, contrast)
            self.assertAlmostEqual(got[row, column], want, delta=2e-3 * max(1, want))


class Feedback(unittest.TestCase):
    def test_pushes_on_the_weak_bits_at_equal_energy(self):
        bits = torch.tensor([[1.0, -1.0, 1.0, -1.0]])
        logits = torch.tensor([[4.0, -4.0, 0.5, 1.0]])
        weights = feedback.first_weights(logits, bits)
        self.assertGreater(weights[0, 3], weights[0, 2])
        self.assertGreater(weights[0, 2], weights[0, 0])
        self.assertAlmostEqual(weights.pow(2).mean().item(), 1.0, places=5)
        again = feedback.next_weights(weights, logits, bits)
        self.assertGreater(again[0, 3] / again[0, 0], weights[0, 3] / weights[0, 0])


class Attacks(unittest.TestCase):
    def test_each_changes_the_picture_and_passes_gradients(self):
        for name in attacks.ATTACKS:
            with self.subTest(name):
                x = picture(128, 2).requires_grad_()
                y = attacks.apply(name, x, 1.0, random.Random(2))
                self.assertEqual(y.shape, x.shape)
                self.assertGreater((y - x).abs().mean().item(), 1e-4)
                self.assertLess((y - x).abs().mean().item(), 0.4)
                y.sum().backward()
                self.assertGreater(x.grad.abs().sum().item(), 0)

    def test_the_first_of_a_draw_is_none(self):
        self.assertEqual(attacks.draw(random.Random(1), 8)[0], "none")

    def test_coarser_quantisers_cost_more(self):
        p = (picture(128)[0, 0].numpy() * 255).astype(np.uint8)

        def error(q):
            return np.abs(q.astype(float) - p).mean()

        self.assertGreater(error(codecs.jpeg(p, 20)), error(codecs.jpeg(p, 80)))
        for codec in ("libx264", "libx265"):
            self.assertGreater(error(codecs.intra_frame(p, codec, 40)), error(codecs.intra_frame(p, codec, 20)))


class Losses(unittest.TestCase):
    def test_stripes_cost_and_balance_does_not(self):
        rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
        stripes = torch.sin((rows + columns) * 0.7)[None, None]
        mirrored = torch.cat([stripes, stripes.flip(3)], 1).sum(1, keepdim=True)
        self.assertGreater(losses.anisotropy(stripes).item(), 0.9)
        self.assertLess(losses.anisotropy(mirrored).item(), 0.01)


class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "photos").mkdir()
        for index in range(40):
            p = (picture(600, seed=index)[0, 0].numpy() * 255).astype(np.uint8)
            cv2.imwrite(str(self.folder / "photos" / f"{index:02}.png"), p)
        self.cache, self.checkpoint = self.folder / "cache", self.folder / "run.ck"
        self.assertEqual(photos.prepare([self.folder / "photos"], self.cache), 40 * len(photos.LEVELS))

    def test_trains_saves_resumes_and_exports(self):
        lines = []
        trainer = Trainer(recipe.from_dict(SMALL))
        trainer.run(self.cache, self.checkpoint, 1.0, lines.append)
        self.assertEqual(trainer.step, 3)
        self.assertIn("VALIDATION", lines[-1])
        again = Trainer.resume(self.checkpoint)
        self.assertEqual(again.state()["step"], trainer.step)
        for (name, a), b in zip(trainer.embedder.state_dict().items(), again.embedder.state_dict().values()):
            self.assertTrue(torch.equal(a, b), name)
        output = self.folder / "small.safetensors"
        export.write(self.checkpoint, output, self.cache, export.Choices(0.3, weights="f32"))
        from safetensors.torch import load_file
        tensors = load_file(output)
        fewer = recipe.from_dict(SMALL | {"network": SMALL["network"] | {"bits": 4}})
        part = Trainer(fewer)
        part.start_from(tensors)
        luma, bits = picture(128), torch.ones(1, 4)
        mine = part.average_embedder.message_map(bits, 16, 16, (0, 0))
        theirs = again.average_embedder.message_map(torch.cat([bits * 2, torch.zeros(1, 12)], 1), 16, 16, (0, 0))
        self.assertTrue(torch.allclose(mine, theirs, atol=1e-6))
        self.assertTrue(torch.allclose(part.average_detector(luma), again.average_detector(luma)[:, :4], atol=1e-6))

    def test_rounded_rows_hold_at_most_255_values(self):
        trainer = Trainer(recipe.from_dict(SMALL))
        before = trainer.embedder.stem[0].weight.detach().clone()
        export.round_rows(trainer.embedder)
        for row, old in zip(trainer.embedder.stem[0].weight.detach(), before):
            step = old.abs().max() / 127
            integers = row / step
            self.assertLess((integers - integers.round()).abs().max(), 1e-3)
            self.assertLessEqual((row - old).abs().max(), 0.5001 * step)

    def test_a_model_of_other_sizes_is_refused(self):
        trainer = Trainer(recipe.from_dict(SMALL))
        with self.assertRaises((ValueError, RuntimeError)):
            Trainer(recipe.from_dict(SMALL | {"network": SMALL["network"] | {"width": 24}})).start_from(
                {"embedder." + k: v for k, v in trainer.embedder.state_dict().items()} |
                {"detector." + k: v for k, v in trainer.detector.state_dict().items()})

    def test_held_out_photographs_are_not_trained_on(self):
        training, held_out = (photos.Photos(self.cache, held_out=h) for h in (False, True))
        names = [{e.name for level in p.large.values() for e in level} for p in (training, held_out)]
        self.assertFalse(names[0] & names[1])
        self.assertEqual(len(names[0] | names[1]), 40)


if __name__ == "__main__":
    unittest.main()

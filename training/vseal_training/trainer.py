"""The training loop: one step marks a batch, attacks it in groups, reads it, and learns from the wrong bits."""
import copy
import json
import math
import os
import pathlib
import random
import time

import numpy as np
import torch
import torch.nn.functional as F

from . import attacks, feedback, geometry, heatmap, losses, networks, photos, recipe, validate

GROUPS = 8  # of a batch; each meets one attack
FEEDBACK_STEPS = (0.3, 0.6, 0.6, 0.9)
SAVE_EVERY = 120  # seconds
REPORT_EVERY = 100  # steps
ACCURACY_MEMORY = 0.98


def autocast():
    return torch.autocast("cpu", torch.bfloat16)


class Trainer:
    """Networks, their running averages, optimiser, curriculum and clock: all that a checkpoint keeps."""

    def __init__(self, plan: recipe.Recipe):
        torch.manual_seed(plan.seed)
        self.rng = random.Random(plan.seed)
        self.plan = plan
        self.embedder = networks.Embedder(plan.network).to(memory_format=torch.channels_last)
        self.detector = networks.Detector(plan.network).to(memory_format=torch.channels_last)
        self.parameters = [*self.embedder.parameters(), *self.detector.parameters()]
        matrices = [p for p in self.parameters if p.dim() > 1]
        vectors = [p for p in self.parameters if p.dim() <= 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": plan.weight_decay}, {"params": vectors, "weight_decay": 0.0}],
            lr=plan.learning_rate, betas=(0.9, 0.99), fused=True)
        self.strength, self.severity = plan.strength, plan.severity
        self.step = self.pictures = 0
        self.hours = 0.0
        self.clean_accuracy = 0.5
        self._start_average()

    def _start_average(self):
        self.average_embedder = copy.deepcopy(self.embedder).eval()
        self.average_detector = copy.deepcopy(self.detector).eval()

    def start_from(self, tensors: dict):
        """Weights of an exported model, `embedder.*` and `detector.*`, in place of random ones. Where it carries more
        bits, the first ones are kept, each with the energy that is now free."""
        share = tensors["embedder.msg.weight"].shape[1] / self.plan.network.bits
        tensors = dict(tensors)
        tensors["embedder.msg.weight"] = tensors["embedder.msg.weight"][:, :self.plan.network.bits] * share**0.5
        for name in ("detector.head.weight", "detector.head.bias"):
            tensors[name] = tensors[name][:self.plan.network.bits]
        for prefix, network in (("embedder.", self.embedder), ("detector.", self.detector)):
            state = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
            missing, unexpected = network.load_state_dict(state, strict=False)
            wrong = [name for name in missing if not name.endswith("num_batches_tracked")] + unexpected
            if wrong:
                raise ValueError(f"{prefix}*: these do not fit the recipe's network: {', '.join(wrong)}")
        self._start_average()

    # Checkpoints.

    def state(self) -> dict:
        return {
            "recipe": recipe.to_dict(self.plan),
            "embedder": self.embedder.state_dict(), "detector": self.detector.state_dict(),
            "average_embedder": self.average_embedder.state_dict(),
            "average_detector": self.average_detector.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "strength": self.strength, "severity": self.severity, "step": self.step, "pictures": self.pictures,
            "hours": self.hours, "clean_accuracy": self.clean_accuracy,
            "rng": self.rng.getstate(), "torch_rng": torch.get_rng_state(),
        }

    def save(self, path: pathlib.Path):
        """Whole or not at all."""
        temporary = path.with_suffix(".tmp")
        torch.save(self.state(), temporary)
        os.replace(temporary, path)

    @staticmethod
    def resume(path: pathlib.Path) -> "Trainer":
        state = torch.load(path, weights_only=False)
        trainer = Trainer(recipe.from_dict(state["recipe"]))
        for name in ("embedder", "detector", "average_embedder", "average_detector", "optimizer"):
            getattr(trainer, name).load_state_dict(state[name])
        for name in ("strength", "severity", "step", "pictures", "hours", "clean_accuracy"):
            setattr(trainer, name, state[name])
        trainer.rng.setstate(state["rng"])
        torch.set_rng_state(state["torch_rng"])
        return trainer

    # One step.

    def mark(self, luma, weighted_bits, embedder, phase=(0, 0)):
        """The residual's tanh output, and the residual itself at the working size."""
        heat = heatmap.heat_map(luma, self.plan.network.luminance)
        heat = heat * heatmap.gain(heat, self.plan.network.gain_exponent)
        with autocast():
            output = embedder(luma, weighted_bits, phase)
        return output, self.strength * heat * output

    def _weighted(self, luma, bits, phase):
        if self.rng.random() >= self.plan.feedback:
            return bits

        def read(weighted_bits):
            _, residual = self.mark(luma, weighted_bits, self.average_embedder, phase)
            with autocast():
                return self.average_detector((luma + residual).clamp(0, 1), phase).float()

        return feedback.weigh(read, bits, self.rng.choice((1, 1, 2)), self.rng.choice(FEEDBACK_STEPS))

    def _read(self, pictures, phase, windows: bool):
        """Logits of all pictures; with windows the second half is read from a part of the picture only."""
        with autocast():
            if not windows:
                return self.detector(pictures, phase).float()
            whole, rest = pictures.chunk(2)
            part, start = geometry.window(rest, self.rng)
            seen_phase = tuple((p - s) % self.plan.network.tile for p, s in zip(phase, start))
            return torch.cat([self.detector(whole, phase), self.detector(part, seen_phase)]).float()

    def train_step(self, native, windows: bool) -> dict:
        """native: (B,1,2S,2S) luma in 0..1. Returns what the report averages."""
        tile = self.plan.network.tile
        phase = (self.rng.randrange(tile), self.rng.randrange(tile))
        luma = F.avg_pool2d(native, 2)
        bits = torch.randint(0, 2, (len(luma), self.plan.network.bits)).float() * 2 - 1
        output, residual = self.mark(luma, self._weighted(luma, bits, phase), self.embedder, phase)
        marked = native + geometry.double(residual)
        names = attacks.draw(self.rng, GROUPS)
        share = 0.7 * self.severity
        seen = torch.cat([
            geometry.jittered(attacks.apply(name, group, self.severity, self.rng), self.plan.shift * self.severity,
                              self.plan.warp * self.severity, share if name != "none" else 0.0)
            for name, group in zip(names, marked.chunk(GROUPS))])
        logits = self._read(seen, phase, windows)
        bit_loss = F.binary_cross_entropy_with_logits(logits, (bits + 1) / 2)
        stripes = losses.anisotropy(output)
        self.optimizer.zero_grad(set_to_none=True)
        (bit_loss + self.plan.isotropy * stripes).backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self._advance(len(luma))
        right = ((logits.detach() > 0) == (bits > 0)).float().mean(1).chunk(GROUPS)
        self._follow_curriculum(right[0].mean().item())
        error = (marked.detach().clamp(0, 1) - native).square().mean((1, 2, 3))
        report = {"loss": bit_loss.item(), "stripes": stripes.item(), "psnr": (-10 * torch.log10(error)).mean().item()}
        for name, share_right in zip(names, right):
            report[f"%{name}"] = 100 * share_right.mean().item()
        return report

    def _advance(self, pictures: int):
        self.step += 1
        self.pictures += pictures
        keep = min(self.plan.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for network, average in ((self.embedder, self.average_embedder), (self.detector, self.average_detector)):
                torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - keep)
                for source, target in zip(network.buffers(), average.buffers()):
                    target.copy_(source)

    def _follow_curriculum(self, clean: float):
        self.clean_accuracy = ACCURACY_MEMORY * self.clean_accuracy + (1 - ACCURACY_MEMORY) * clean
        if self.clean_accuracy > self.plan.curriculum_accuracy:
            self.strength = max(self.plan.final_strength, self.strength * (1 - self.plan.strength_decay))
            self.severity = min(1.0, self.severity + self.plan.severity_rate)

    # The run.

    def learning_rate(self) -> float:
        """Warm-up by steps, then a cosine over all stages, each by what its pictures cost."""
        plan = self.plan
        done, begin = 0.0, 0
        for stage in plan.stages:
            done += min(max(self.pictures - begin, 0), stage.pictures) * stage.size**2
            begin += stage.pictures
        done /= sum(stage.pictures * stage.size**2 for stage in plan.stages)
        rate = plan.final_learning_rate + (plan.learning_rate - plan.final_learning_rate) * 0.5 * (
            1 + math.cos(math.pi * done))
        return rate * min(1.0, (self.step + 1) / plan.warmup_steps)

    def stage(self) -> recipe.Stage | None:
        """The stage that the run is in; None when all are done."""
        end = 0
        for stage in self.plan.stages:
            end += stage.pictures
            if self.pictures < end:
                return stage
        return None

    def run(self, cache: pathlib.Path, checkpoint: pathlib.Path, hours: float, say):
        """Trains until the recipe is done or for `hours`; saves as it goes. say: takes a line of text."""
        training, held_out = photos.Photos(cache, held_out=False), photos.Photos(cache, held_out=True)
        stop_at = self.hours + hours
        while (stage := self.stage()) is not None and self.hours < stop_at:
            say(f"stage {json.dumps(vars(stage))}")
            loader = photos.Loader(training, stage.batch, 2 * stage.size, self.plan.seed * 7919 + self.step)
            self._run_stage(stage, loader, stop_at, checkpoint, say)
            loader.stop()
            self.save(checkpoint)
            say(validate.line(self, held_out))

    def _run_stage(self, stage, loader, stop_at, checkpoint, say):
        reports, last_save = [], time.monotonic()
        while self.stage() is stage and self.hours < stop_at:
            start = time.monotonic()
            for group in self.optimizer.param_groups:
                group["lr"] = self.learning_rate()
            reports.append(self.train_step(loader.next(), self.rng.random() < stage.windows))
            self.hours += (time.monotonic() - start) / 3600
            if time.monotonic() - last_save > SAVE_EVERY:
                self.save(checkpoint)
                last_save = time.monotonic()
            if len(reports) == REPORT_EVERY:
                say(self._line(reports))
                reports = []

    def _line(self, reports: list[dict]) -> str:
        names = sorted({name for report in reports for name in report})
        means = {name: np.mean([r[name] for r in reports if name in r]) for name in names}
        numbers = " ".join(f"{name} {value:.4g}" for name, value in means.items())
        return (f"step {self.step} pictures {self.pictures} hours {self.hours:.3f} rate {self.learning_rate():.2e} "
                f"strength {self.strength:.3f} severity {self.severity:.2f} {numbers}")

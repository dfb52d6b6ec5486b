"""Checkpoints in, upstream's numbers out."""
import hashlib
import json
import os
import pathlib
import struct
import unittest

from golden import FIXTURES, Safetensors, bits_text, planar, read_png16, write_png16
from harness import DATA, PICTURE, VsealTest, needs_data
from web_server import WebServer

CHECKPOINT = FIXTURES / "tiny_videoseal_1.0.pth"
GOLDEN = FIXTURES / "tiny_videoseal_1.0.golden.safetensors"


class ModelTest(VsealTest):
    def convert(self, checkpoint, *arguments, expect=0):
        out = self.dir / "model.vseal"
        done = self.vseal("model", "convert", checkpoint, "-o", out, "--json", *arguments, expect=expect)
        return out, json.loads(done.stdout)

    def assert_upstream(self, model, golden, picture="pic0"):
        """Marks and reads a golden picture through the command, on 16-bit samples."""
        vectors = Safetensors(golden)
        height, width, _ = vectors.shape(f"{picture}.rgb_u8")
        bits = bits_text(vectors.raw(f"{picture}.message"))
        plain, marked = self.dir / "plain.png", self.dir / "marked.png"
        write_png16(plain, vectors.raw(f"{picture}.rgb_u8"), width, height)
        for jnd, name in (("native", "marked"), ("low", "marked_lowres_jnd")):
            self.vseal("embed", plain, marked, "--bits", bits, "--model", model, "--no-verify",
                       "--jnd", jnd, "--overwrite")
            got = planar(read_png16(marked))
            want = vectors.floats(f"{picture}.{name}")
            worst = max(abs(g / 65535 - w) for g, w in zip(got, want))
            self.assertLessEqual(worst, 1e-4 + 0.5 / 65535, name)
        self.vseal("embed", plain, marked, "--bits", bits, "--model", model, "--no-verify", "--overwrite")
        for resize, name in (("antialiased", "logits"), ("plain", "logits_no_antialias")):
            found = self.detect(marked, "--raw", "--resize", resize, "--model", model)
            logits = vectors.floats(f"{picture}.{name}")[1:]
            span = max(logits) - min(logits)
            # Bits whose logit is further from zero than what 16-bit samples round away.
            for bit, logit in zip(found["bits"], logits):
                if abs(logit) > 2e-3 * span:
                    self.assertEqual(bit == "1", logit > 0, name)


class Convert(ModelTest):
    def test_every_format_gives_upstreams_numbers(self):
        for name in ("tiny_videoseal_1.0.pth", "tiny_videoseal_1.0_legacy.pth", "tiny_videoseal_1.0.safetensors"):
            model, report = self.convert(FIXTURES / name, "--overwrite")
            self.assertEqual(report["card"]["bits"], 16)
            self.assertEqual(report["sha256"], hashlib.sha256((FIXTURES / name).read_bytes()).hexdigest())
            self.assert_upstream(model, GOLDEN)
        self.assert_upstream(model, GOLDEN, "pic1")

    def test_checkpoints_are_taken_without_conversion_too(self):
        self.assert_upstream(CHECKPOINT, GOLDEN)

    def test_halves_are_half_as_large(self):
        full, _ = self.convert(CHECKPOINT)
        full_size = full.stat().st_size
        half, report = self.convert(CHECKPOINT, "--precision", "f16", "--overwrite")
        self.assertEqual(report["output_bytes"], half.stat().st_size)
        self.assertLess(half.stat().st_size, 0.65 * full_size)

    def test_info_tells_where_the_weights_come_from(self):
        model, converted = self.convert(CHECKPOINT)
        info = json.loads(self.vseal("model", "info", model, "--json").stdout)
        self.assertEqual(info["provenance"]["sha256"], converted["sha256"])
        self.assertEqual(info["provenance"]["source"], CHECKPOINT.name)
        self.assertGreater(info["embedder"]["multiply_adds"], 3e8)
        kinds = {op["op"] for op in info["detector"]["ops"]}
        self.assertIn("global_response_norm", kinds)
        self.assertIn("GMAC", self.vseal("model", "info", model, "--ops").stdout)

    def test_the_card_can_be_amended(self):
        card = self.dir / "card.json"
        card.write_text('{"name": "mine", "step": 8, "strength": 0.3}')
        _, report = self.convert(CHECKPOINT, "--card", card, "--processing-size", 128)
        self.assertEqual([report["card"][k] for k in ("name", "step", "strength", "processing_size")],
                         ["mine", 8, 0.3, 128])
        card.write_text('{"bits": 17}')
        _, report = self.convert(CHECKPOINT, "--card", card, "--overwrite", expect=65)
        self.assertIn("bits", report["error"]["message"])

    def test_existing_outputs_stay(self):
        (self.dir / "model.vseal").write_text("precious")
        self.convert(CHECKPOINT, expect=73)
        self.assertEqual((self.dir / "model.vseal").read_text(), "precious")

    def test_what_is_no_model_is_refused_and_leaves_nothing(self):
        cut = self.dir / "cut.pth"
        cut.write_bytes(CHECKPOINT.read_bytes()[:100_000])
        cases = {cut: "[zip]", PICTURE: "checkpoint", FIXTURES / "tiny_videoseal_1.0.golden.safetensors": "[model]"}
        for path, text in cases.items():
            done = self.vseal("model", "convert", path, "-o", self.dir / "out.vseal", expect=65)
            self.assertIn(str(path), done.stderr)
            self.assertFalse((self.dir / "out.vseal").exists(), text)
        self.vseal("model", "convert", self.dir / "none.pth", "-o", self.dir / "out.vseal", expect=66)

    def test_a_damaged_vseal_file_is_refused(self):
        model, _ = self.convert(CHECKPOINT)
        whole = model.read_bytes()
        damaged = self.dir / "damaged.vseal"
        for old, new in ((b'conv2d', b'conv9d'), (b'"vseal_format":"1"', b'"vseal_format":"7"'),
                         (b'\\"stride\\":2', b'\\"stride\\":0')):
            self.assertIn(old, whole)
            damaged.write_bytes(whole.replace(old, new, 1))
            done = self.vseal("model", "info", damaged, expect=65)
            self.assertIn(str(damaged), done.stderr)


class Check(ModelTest):
    def test_the_default_model_reads_what_it_writes(self):
        report = json.loads(self.vseal("model", "check", "--json").stdout)
        self.assertTrue(report["passed"])
        self.assertGreater(report["bits_right"], 0.94 * self.model_info()["card"]["bits"])
        self.assertGreater(report["psnr_db"], 38)

    def test_a_model_of_random_weights_does_not(self):
        report = json.loads(self.vseal("model", "check", "--json", "--model", CHECKPOINT, expect=1).stdout)
        self.assertFalse(report["passed"])


class Fetch(ModelTest):
    def setUp(self):
        super().setUp()
        self.server = WebServer(CHECKPOINT.read_bytes())
        self.addCleanup(self.server.close)
        self.home = self.dir / "data"
        self.environment = {**os.environ, "XDG_DATA_HOME": str(self.home)}

    def fetch(self, *arguments, expect=0):
        done = self.vseal("model", "fetch", "tiny", "--from", self.server.address, "--json", *arguments,
                          expect=expect, env=self.environment)
        return json.loads(done.stdout)

    def models(self):
        return sorted(p.name for p in (self.home / "vseal" / "models").iterdir())

    def test_a_fetched_model_is_found_by_its_name(self):
        report = self.fetch()
        self.assertEqual(report["downloaded_bytes"], len(self.server.content))
        self.assertEqual(report["sha256"], hashlib.sha256(self.server.content).hexdigest())
        self.assertEqual(self.models(), ["tiny.vseal"])
        info = self.vseal("model", "info", "tiny", "--json", env=self.environment)
        self.assertEqual(json.loads(info.stdout)["provenance"]["source"], self.server.address)
        self.assertEqual(self.fetch(expect=73)["error"]["code"], "cannot_create")

    def test_a_broken_download_is_resumed(self):
        self.server.break_after = 300_000
        self.assertEqual(self.fetch(expect=75)["error"]["code"], "try_again")
        report = self.fetch()
        self.assertEqual(report["resumed_from"], 300_000)
        self.assertEqual(self.server.ranges, [None, "bytes=300000-"])
        self.assertEqual(report["sha256"], hashlib.sha256(self.server.content).hexdigest())
        self.assertEqual(self.models(), ["tiny.vseal"])

    def test_another_version_is_started_anew(self):
        self.server.break_after = 300_000
        self.fetch(expect=75)
        self.server.tag = '"two"'
        self.assertEqual(self.fetch()["resumed_from"], 0)

    def test_what_the_server_lacks(self):
        address = self.server.address.replace("checkpoint", "other")
        done = self.vseal("model", "fetch", "tiny", "--from", address, expect=66, env=self.environment)
        self.assertIn("404", done.stderr)
        self.assertEqual(self.models(), [])
        self.server.close()
        self.vseal("model", "fetch", "tiny", "--from", self.server.address, expect=69, env=self.environment)

    def test_unknown_names_are_told_the_known_ones(self):
        done = self.vseal("model", "fetch", "nothing", expect=64)
        self.assertIn("pixelseal", done.stderr)
        done = self.vseal("embed", PICTURE, self.dir / "m.png", "--id", "1", "--model", "nothing", expect=66)
        self.assertIn("vseal model fetch", done.stderr)


@needs_data
class Golden(ModelTest):
    def test_the_other_tiny_models(self):
        for name in ("tiny_chunkyseal", "tiny_videoseal_0.0"):
            path = pathlib.Path(DATA, "golden", name)
            self.assert_upstream(f"{path}.pth", f"{path}.golden.safetensors")


def has_torch():
    try:
        import torch  # noqa: F401
        return True
    except ImportError:
        return False


@needs_data
@unittest.skipUnless(has_torch(), "SKIPPED: PyTorch is not installed, so no full-size checkpoint can be written")
class FullSize(ModelTest):
    def test_videoseal_as_torch_saves_it(self):
        import torch
        from fill_rule import filled
        golden = pathlib.Path(DATA, "golden")
        shapes = json.loads((golden / "videoseal_1.0.tensors.json").read_text())
        path = self.dir / "y_256b_img.pth"
        state = {name: torch.from_numpy(filled(name, shape)) for name, shape in shapes.items()}
        torch.save({"model": state, "args": {"nbits": 256, "img_size_proc": 256, "attenuation": "jnd_1_1",
                                             "scaling_w": 0.2, "videoseal_step_size": 4}}, path)
        del state
        model, report = self.convert(path)
        self.assertEqual(report["card"]["name"], "videoseal-1.0")
        self.assertEqual(report["unused_tensors"], [])
        self.assert_upstream(model, golden / "videoseal_1.0.golden.safetensors")


if __name__ == "__main__":
    unittest.main()

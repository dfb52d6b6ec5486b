"""Float models in, integer models out."""
import json
import os
import pathlib
import random
import shutil
import statistics
import struct
import subprocess
import unittest
from unittest.mock import ANY

from harness import CLIP, PICTURE, VSEAL, VsealTest, data, ffmpeg, needs_data, report, tool

TINY = pathlib.Path(__file__).parent.parent / "data" / "tiny_videoseal_1.0.safetensors"


class QuantizeTest(VsealTest):
    def pictures(self, count=6):
        """A folder of pictures cut out of one."""
        folder = self.dir / "pictures"
        folder.mkdir()
        for i in range(count):
            tool("convert", PICTURE, "-roll", f"+{31 * i}+{17 * i}", "-modulate", f"{70 + 10 * i}",
                 folder / f"{i}.png")
        (folder / "notes.txt").write_text("no picture")
        return folder

    def quantize(self, *arguments, expect=0):
        out = self.dir / "int8.vseal"
        done = self.vseal("quantize", *arguments, "-o", out, "--json", expect=expect)
        return out, json.loads(done.stdout)


class Quantize(QuantizeTest):
    def test_default_model_in_integers_reads_what_it_writes(self):
        out, made = self.quantize("--data", self.pictures(), "--samples", 6)
        self.assertEqual(made["calibrated_on"], 6)
        embedder, detector = made["networks"]
        self.assertGreater(embedder["output_snr_db"], 18)
        self.assertGreater(detector["output_snr_db"], 18)
        self.assertGreater(embedder["integer_ops"], embedder["float_ops"])
        # Read back by either form of the model.
        marked = self.dir / "marked.png"
        self.embed(PICTURE, marked, "--model", out)
        self.assert_reads(marked, "4711", "--model", out)
        self.assert_reads(marked)
        self.embed(PICTURE, marked, "--overwrite")
        self.assert_reads(marked, "4711", "--model", out)
        self.vseal("model", "check", "--model", out)

    def test_same_bits_on_every_instruction_set_and_number_of_threads(self):
        out, _ = self.quantize("--data", self.pictures(3))
        read = {self.detect_logits(out, PICTURE, isa, threads)
                for isa in ("auto", "avx2", "sse4", "scalar") for threads in (1, 3)}
        self.assertEqual(len(read), 1)

    def detect_logits(self, model, picture, isa, threads):
        done = self.vseal("detect", picture, "--raw", "--model", model, "--threads", threads,
                          env={**os.environ, "VSEAL_ISA": isa})
        return done.stdout

    def test_report_has_figures_and_plots(self):
        folder = self.dir / "report"
        _, made = self.quantize("--data", self.pictures(3), "--report", folder, "--sensitivity")
        self.assertEqual(json.loads((folder / "report.json").read_text()), made)
        page = (folder / "report.html").read_text()
        self.assertIn("<svg", page)
        for network in made["networks"]:
            self.assertGreater(len(network["tensors"]), 5)
            self.assertGreater(len(network["sensitivity"]), 3)
            for op in network["sensitivity"]:
                self.assertIn(op["name"], page)
        self.assert_attacked(made["attacked"], pictures=3)
        self.assertIn("that calibration has seen", page)
        for attack in made["attacked"][0]["attacks"]:
            self.assertIn(f"<td>{attack['attack']}</td>", page)

    def assert_attacked(self, pairs, pictures):
        """Either form marks, either form reads, and clean pictures give nearly every bit back."""
        self.assertEqual([(p["embedder"], p["detector"]) for p in pairs],
                         [("f32", "f32"), ("f32", "int8"), ("int8", "f32"), ("int8", "int8")])
        for pair in pairs:
            rows = {row["attack"]: row for row in pair["attacks"]}
            self.assertEqual(list(rows), ["identity", "jpeg:75", "jpeg:40", "resize:0.5", "blur:2", "brightness:0.5",
                                          "contrast:0.5", "noise:10"])
            self.assertEqual({row["pictures"] for row in rows.values()}, {pictures})
            self.assertGreater(rows["identity"]["bit_accuracy"], 0.99)
            self.assertGreaterEqual(rows["identity"]["bit_accuracy"], rows["identity"]["worst_bit_accuracy"])
            self.assertGreater(pair["psnr_db"], 35)

    def test_attacks_pictures_that_calibration_never_saw(self):
        folder = self.dir / "report"
        _, made = self.quantize("--data", self.pictures(18), "--samples", 2, "--report", folder)
        self.assertEqual((made["calibrated_on"], made["measured_on"], made["measured_apart"]), (2, 16, True))
        self.assert_attacked(made["attacked"], pictures=16)
        self.assertIn("that calibration never saw", (folder / "report.html").read_text())

    def test_equalises_where_that_pays(self):
        """And never where it is left out."""
        pictures = self.pictures(4)
        out, made = self.quantize(TINY, "--data", pictures)
        kept = self.dir / "kept.vseal"
        shutil.move(out, kept)
        plain, other = self.quantize(TINY, "--data", pictures, "--without", "equalization")
        self.assertEqual([n["equalized"] for n in other["networks"]], [False, False])
        for network, unequalized in zip(made["networks"], other["networks"]):
            if not network["equalized"]:
                self.assertEqual(network["output_snr_db"], unequalized["output_snr_db"])

    def test_mixed_precision_reaches_what_is_asked(self):
        pictures = self.pictures(4)
        _, integer = self.quantize(TINY, "--data", pictures)
        wanted = min(n["output_snr_db"] for n in integer["networks"]) + 3
        _, mixed = self.quantize(TINY, "--data", pictures, "--precision", "mixed", "--min-snr", wanted,
                                 "--overwrite")
        self.assertTrue(any(n["kept_float"] for n in mixed["networks"]))
        for network in mixed["networks"]:
            self.assertGreater(network["output_snr_db"], wanted - 1)

    def test_videoseal_family_in_integers(self):
        out, made = self.quantize(TINY, "--data", self.pictures(4))
        for network in made["networks"]:
            self.assertGreater(network["output_snr_db"], 15)
        self.assertLess(out.stat().st_size, 0.5 * TINY.stat().st_size)
        description = json.loads(self.vseal("model", "info", out, "--ops", "--json").stdout)
        ops = {op["op"] for op in description["embedder"]["ops"]}
        self.assertNotIn("border_map", ops)
        self.assertIn("quantize_bias", ops)

    def test_calibrates_on_frames_of_a_clip(self):
        out, made = self.quantize(TINY, "--data", CLIP, "--samples", 5)
        self.assertEqual((made["calibrated_on"], made["measured_on"], made["measured_apart"]), (5, 16, True))
        for network in made["networks"]:
            self.assertGreater(network["output_snr_db"], 15)
        # A copy without a stated number of frames gives the same.
        pipe = self.dir / "clip.264"
        ffmpeg("-i", CLIP, "-an", "-c:v", "copy", "-f", "h264", pipe)
        kept = self.dir / "kept.vseal"
        shutil.move(out, kept)
        self.assertEqual(self.quantize(TINY, "--data", pipe, "--samples", 5)[1], {**made, "calibration_s": ANY})
        self.assertEqual(out.read_bytes(), kept.read_bytes())

    def test_weights_of_16_bits(self):
        sizes = {}
        for precision in ("f16", "bf16"):
            out, made = self.quantize("--precision", precision, "--overwrite")
            self.assertEqual(made["networks"], [])
            self.vseal("model", "check", "--model", out)
            sizes[precision] = out.stat().st_size
            raw = out.read_bytes()
            header = json.loads(raw[8:8 + struct.unpack("<Q", raw[:8])[0]])
            self.assertIn(precision.upper(), {entry.get("dtype") for entry in header.values()})
            # Both are float models: what they become is calibrated as any other.
            again = self.dir / f"{precision}.vseal"
            self.vseal("quantize", out, "--precision", "f16", "-o", again)
        self.assertLess(abs(sizes["f16"] - sizes["bf16"]), 4096)

    def test_names_the_float_model(self):
        """By the digest that an evaluation of it has in its results."""
        out, folder = self.dir / "halves.vseal", self.dir / "eval"
        self.vseal("quantize", "--precision", "f16", "-o", out)
        self.vseal("eval", PICTURE, "--attacks", "identity", "-o", folder, "--model", "default-f32")
        digest = json.loads((folder / "summary.json").read_text())["settings"]["model_sha256"]
        origin = json.loads(self.vseal("model", "info", out, "--json").stdout)["provenance"]
        self.assertEqual(origin["sha256"], digest)
        int8, _ = self.quantize("--data", self.pictures(2))
        self.assertIn(f"sha256 {digest}", self.vseal("model", "info", int8).stdout)


class BadInput(QuantizeTest):
    def assert_refused(self, text, *arguments, expect=65):
        out = self.dir / "int8.vseal"
        done = self.vseal("quantize", *arguments, "-o", out, expect=expect)
        self.assertIn(text, done.stderr)
        self.assertFalse(out.exists())

    def test_data_that_is_not_there(self):
        self.assert_refused("expected a folder of pictures, got none", expect=64)
        self.assert_refused("nowhere", "--data", self.dir / "nowhere", expect=66)
        empty = self.dir / "empty"
        empty.mkdir()
        self.assert_refused("expected pictures, found none", "--data", empty, expect=66)
        (empty / "notes.txt").write_text("no picture")
        self.assert_refused("not a picture or video", "--data", empty / "notes.txt")

    def test_broken_picture_is_named(self):
        pictures = self.pictures(2)
        (pictures / "broken.png").write_bytes(PICTURE.read_bytes()[:3000])
        self.assert_refused("broken.png", "--data", pictures)
        (pictures / "broken.png").write_text("not at all a picture")
        self.assert_refused("broken.png", "--data", pictures)
        (pictures / "broken.png").write_bytes(b"")
        self.assert_refused("broken.png", "--data", pictures)
        tool("convert", PICTURE, "-resize", "40x40!", pictures / "broken.png")
        self.assert_refused("broken.png: too small: expected at least 64x64 pixels", "--data", pictures, expect=65)

    def test_integers_are_not_quantised_again(self):
        pictures = self.pictures(2)
        out, _ = self.quantize("--data", pictures)
        kept = self.dir / "kept.vseal"
        shutil.move(out, kept)
        self.assert_refused("got one of integers already", kept, "--data", pictures)

    def test_weights_that_are_no_numbers_are_named(self):
        pictures = self.pictures(2)
        for number, text in ((float("nan"), "nan"), (float("inf"), "inf"), (float("-inf"), "-inf")):
            self.assert_refused(f"expected finite weights, got {text}", self.with_weight(number), "--data", pictures)

    def with_weight(self, number):
        """The tiny model with one weight replaced."""
        raw = bytearray(TINY.read_bytes())
        length = struct.unpack("<Q", raw[:8])[0]
        header = json.loads(raw[8:8 + length])
        name = "embedder.unet.inc.double_conv.0.weight"
        begin = 8 + length + header[name]["data_offsets"][0]
        raw[begin:begin + 4] = struct.pack("<f", number)
        broken = self.dir / "broken.safetensors"
        broken.write_bytes(raw)
        return broken

    def test_existing_output_stays(self):
        out = self.dir / "int8.vseal"
        out.write_text("mine")
        self.vseal("quantize", "--precision", "f16", "-o", out, expect=73)
        self.assertEqual(out.read_text(), "mine")


@needs_data
class OnPicturesNeverSeen(QuantizeTest):
    """Calibrated on the training pictures, tried on the 24 of Kodak, by embedder and detector of either form."""

    def test_default_model_keeps_psnr_bits_and_ids(self):
        out, made = self.quantize("--data", data("train"), "--samples", 64)
        for network in made["networks"]:
            report(f"{network['name']}: {network['output_snr_db']:.2f} dB against f32 on others of data/train")
        models = {"f32": (), "int8": ("--model", out)}
        bits = made["bits"]
        right = {(writer, reader, kind): [] for writer in models for reader in models for kind in ("PNG", "JPEG 75")}
        psnr, lost = {name: [] for name in models}, 0
        for i, source in enumerate(sorted(data("eval").glob("*.png"))):
            message = "".join(random.Random(i).choices("01", k=bits))
            for writer, options in models.items():
                marked, jpeg = self.dir / f"{writer}.png", self.dir / f"{writer}.jpg"
                done = self.vseal("embed", source, marked, "--bits", message, "--json", "--no-verify", "--overwrite",
                                  *options)
                psnr[writer].append(json.loads(done.stdout)["psnr_db"])
                tool("convert", marked, "-quality", "75", jpeg)
                for reader, read in models.items():
                    for kind, path in (("PNG", marked), ("JPEG 75", jpeg)):
                        found = self.detect(path, "--raw", "--expect-bits", message, *read)
                        right[writer, reader, kind].append(found["expected"]["bit_accuracy"])
            self.embed(source, marked, "--no-verify", "--overwrite", "--model", out)
            tool("convert", marked, "-quality", "75", jpeg)
            for path in (marked, jpeg):
                done = subprocess.run([VSEAL, "detect", "--json", path, "--model", out], capture_output=True, text=True)
                lost += (json.loads(done.stdout)["id"] or {}).get("value") != "4711"
        mean = statistics.mean
        for (writer, reader, kind), accuracies in right.items():
            report(f"{writer} embedder, {reader} detector, {kind}: bit accuracy {100 * mean(accuracies):.2f} %")
        report(f"PSNR {mean(psnr['f32']):.3f} dB f32, {mean(psnr['int8']):.3f} dB int8; "
               f"int8 throughout: {48 - lost} of 48 IDs read")
        self.assertEqual(lost, 0)
        self.assertAlmostEqual(mean(psnr["int8"]), mean(psnr["f32"]), delta=0.1)
        for kind in ("PNG", "JPEG 75"):
            self.assertGreater(mean(right["int8", "int8", kind]), mean(right["f32", "f32", kind]) - 0.003)


if __name__ == "__main__":
    unittest.main()

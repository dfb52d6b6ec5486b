"""vseal eval: tables, files, resuming, and the same numbers as embed and detect give."""
import csv
import json
import shutil
import signal
import struct
import subprocess
import time
import xml.etree.ElementTree

from harness import CLIP, PICTURE, VSEAL, VsealTest, ffmpeg, tool

XHTML = "{http://www.w3.org/1999/xhtml}"


def records(folder):
    """Lines of results.jsonl: the heading, the files, the scores by (file, attack)."""
    lines = [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]
    files = {line["file"]: line for line in lines[1:] if "attack" not in line}
    return lines[0], files, {(line["file"], line["attack"]): line for line in lines if "attack" in line}


class Eval(VsealTest):
    def evaluate(self, *arguments, expect=0):
        return json.loads(self.vseal("eval", "--json", *arguments, expect=expect).stdout)

    def test_quick_grid_over_a_picture_and_a_clip(self):
        folder, out = self.dir / "in", self.dir / "out"
        (folder / "below").mkdir(parents=True)
        picture, clip = folder / "a <b> & \"c\".png", folder / "below" / "clip.mp4"
        tool("convert", PICTURE, "-resize", "240x", picture)
        shutil.copy(CLIP, clip)
        (folder / "notes.txt").write_text("neither")
        done = self.vseal("eval", folder, "--attacks", "quick", "--max-frames", 12, "-o", out)
        self.assertEqual(done.stderr, "")
        lines = done.stdout.splitlines()
        self.assertRegex(lines[0], r"^\S+: \d+ bits, IDs of \d+ bits$")
        self.assertRegex(lines[2], r"^1 picture: mark \d\d\.\d\d dB \(worst \d\d\.\d\d\), SSIM 0\.\d{4} ")
        self.assertRegex(lines[4], r"^identity +1 +\d+\.\d\d +\d+\.\d\d +100\.00 +\d+\.\d +\d\.\de-\d\d$")
        self.assertEqual(sum(line.startswith("x264:28 ") for line in lines), 1)  # of the clip alone

        head, files, scores = records(out)
        self.assertRegex(head["settings"]["model_sha256"], "^[0-9a-f]{64}$")
        self.assertEqual(set(files), {str(picture), str(clip)})
        self.assertEqual(len(scores), 12 + 14)
        summary = json.loads((out / "summary.json").read_text())
        self.assertEqual([kind["kind"] for kind in summary["kinds"]], ["picture", "video"])
        for kind, path in zip(summary["kinds"], (picture, clip)):
            self.assertEqual(kind["files"][0]["file"], str(path))
            for attack in kind["attacks"]:
                score = scores[str(path), attack["attack"]]
                self.assertAlmostEqual(attack["bit_accuracy"], score["bits_right"] / score["bits"])
                self.assertEqual(attack["id_rate"], float(score["id_found"]))
        with open(out / "summary.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 26)
        self.assertEqual(rows[0]["worst_file"], str(picture))
        self.check_page((out / "index.html").read_text(), summary)

    def check_page(self, text, summary):
        """Well-formed, nothing from outside, every attack and some pictures in it."""
        page = xml.etree.ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>\n"))
        for element in page.iter():
            for name in ("src", "href"):
                self.assertTrue(element.get(name, "data:image/jpeg;base64,").startswith("data:image/jpeg;base64,"))
            self.assertNotIn(element.tag.removeprefix(XHTML), ("script", "link", "iframe"))
        self.assertNotRegex(text, r"url\(|@import")
        cells = ["".join(cell.itertext()) for cell in page.iter(XHTML + "td")]
        for kind in summary["kinds"]:
            for attack in kind["attacks"]:
                self.assertIn(attack["attack"], cells)
        self.assertGreaterEqual(sum(1 for _ in page.iter(XHTML + "img")), 8)
        self.assertIn("ChunkySeal, arXiv 2510.12812", text)

    def test_page_has_curves_of_families(self):
        out = self.dir / "out"
        self.vseal("eval", PICTURE, "--attacks", "jpeg:80,jpeg:40,jpeg:10,blur:1,blur:2", "-o", out)
        page = xml.etree.ElementTree.fromstring((out / "index.html").read_text().removeprefix("<!DOCTYPE html>\n"))
        plots = [svg for svg in page.iter(XHTML + "svg") if svg.get("class") == "plot"]
        self.assertEqual([svg.find(XHTML + "title").text for svg in plots], ["jpeg"])
        self.assertEqual(len(plots[0].findall(XHTML + "polyline")), 3)
        self.assertEqual(len(plots[0].findall(XHTML + "circle")), 6)

    def test_scores_are_those_of_embed_and_detect(self):
        """Marking with the same ID and reading raw bits gives as many right ones; what the bits should be is read from a
        stronger mark."""
        out, clip = self.dir / "out", self.dir / "clip.mkv"
        ffmpeg("-i", CLIP, "-an", "-frames:v", 16, "-c:v", "copy", clip)
        self.evaluate(PICTURE, clip, "--attacks", "identity,noise:40", "--frame-step", 1, "--strength", 0.6, "-o", out)
        _, files, scores = records(out)
        for source, extension in ((PICTURE, "png"), (clip, "mkv")):
            identifier = files[str(source)]["id"]
            weak, strong = self.dir / f"weak.{extension}", self.dir / f"strong.{extension}"
            codec = ("--codec", "ffv1") if extension == "mkv" else ()
            done = self.embed(source, weak, "--strength", 0.6, "--no-verify", *codec, identifier=identifier)
            self.embed(source, strong, "--strength", 2.5, *codec, identifier=identifier)
            bits = [self.detect(path, "--raw", "--frame-step", 1, "--max-frames", 128)["bits"] for path in (weak, strong)]
            right = sum(a == b for a, b in zip(*bits))
            self.assertEqual(scores[str(source), "identity"]["bits_right"], right)
            self.assertLess(scores[str(source), "noise:40"]["bits_right"], right)
            if extension == "png":
                self.assertAlmostEqual(files[str(source)]["psnr_db"], done["rgb_psnr_db"], places=3)
                self.assertAlmostEqual(files[str(source)]["ssim"], done["ssim"], places=5)
            else:
                self.assertAlmostEqual(files[str(source)]["psnr_db"], done["rgb_psnr_db"], delta=0.3)

    def test_threads_change_nothing(self):
        for threads in (1, 3):
            # A search that the clock ends would find more on a machine with less to do.
            self.vseal("eval", PICTURE, CLIP, "--attacks", "crop:0.8,x264:30,noise:5", "--max-frames", 8, "--threads",
                       threads, "--search-time", 300, "-o", self.dir / str(threads))
        self.assertEqual(records(self.dir / "1"), records(self.dir / "3"))
        for name in ("summary.json", "summary.csv", "index.html"):
            self.assertEqual((self.dir / "1" / name).read_bytes(), (self.dir / "3" / name).read_bytes())

    def test_a_killed_run_is_resumed(self):
        out, whole = self.dir / "out", self.dir / "whole"
        arguments = [PICTURE, CLIP, "--attacks", "identity,grey,jpeg:40,x264:30,x265:30", "--max-frames", "24"]
        process = subprocess.Popen([VSEAL, "eval", *map(str, arguments), "--threads", "1", "-o", str(out)],
                                   stdout=subprocess.DEVNULL)
        while process.poll() is None and not (out / "results.jsonl").exists():
            time.sleep(0.01)
        while process.poll() is None and (out / "results.jsonl").read_text().count('"attack"') < 2:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        resumed = self.evaluate(*arguments, "-o", out, "--resume")
        self.assertGreaterEqual(resumed["resumed"], 2)
        self.assertEqual(resumed["resumed"] + resumed["jobs"], 8)
        once = self.evaluate(*arguments, "-o", whole)
        self.assertEqual(resumed["kinds"], once["kinds"])
        again = self.vseal("eval", *arguments, "-o", out, "--resume", "--passes", 0, expect=64)
        self.assertIn("expected results of the same model and settings", again.stderr)
        self.vseal("eval", *arguments, "-o", out, expect=73)

    def test_other_models_and_sizes_of_ids(self):
        model = PICTURE.parent / "tiny_videoseal_1.0.safetensors"
        report = self.evaluate(PICTURE, "--attacks", "identity", "--model", model)
        self.assertEqual(report["settings"]["id_bits"], 0)
        self.assertIsNone(report["kinds"][0]["attacks"][0]["id_rate"])
        report = self.evaluate(PICTURE, "--attacks", "identity", "--id-bits", 16)
        self.assertEqual(len(report["kinds"][0]["files"][0]["id"]), len("0x") + 4)
        self.assertEqual(report["kinds"][0]["attacks"][0]["id_rate"], 1)

    def contrary(self, model):
        """The model with a detector whose logits have the other sign."""
        raw = bytearray(model.read_bytes())
        length, = struct.unpack("<Q", raw[:8])
        header = json.loads(raw[8:8 + length])
        for name in ("weight", "bias"):
            begin, end = (8 + length + at for at in header[f"detector.pixel_decoder.linear.{name}"]["data_offsets"])
            for sign in range(begin + 3, end, 4):
                raw[sign] ^= 0x80
        path = self.dir / "contrary.safetensors"
        path.write_bytes(raw)
        return path

    def test_one_model_marks_and_another_reads(self):
        tiny = PICTURE.parent / "tiny_videoseal_1.0.safetensors"
        contrary = self.contrary(tiny)
        command = (PICTURE, "--attacks", "identity,noise:9", "--model", tiny)
        plain, crossed = self.dir / "plain", self.dir / "crossed"
        self.evaluate(*command, "-o", plain)
        report = self.evaluate(*command, "--reader", contrary, "-o", crossed)
        (head, files, scores), (other, other_files, other_scores) = records(plain), records(crossed)
        self.assertEqual(files, other_files)
        for case, score in scores.items():
            self.assertEqual(other_scores[case]["bits_right"], score["bits"] - score["bits_right"])
        self.assertIsNone(head["settings"]["reader"])
        self.assertEqual(report["settings"]["reader"], report["settings"]["model"])
        self.assertEqual(other["settings"]["model_sha256"], head["settings"]["model_sha256"])
        self.assertNotEqual(other["settings"]["reader_sha256"], head["settings"]["model_sha256"])
        self.vseal("eval", *command, "--resume", "-o", crossed, expect=64)
        wrong = self.vseal("eval", PICTURE, "--attacks", "identity", "--reader", tiny, expect=64)
        self.assertIn("reader: expected a model of 128 bits", wrong.stderr)

    def test_psnr_is_kept(self):
        report = self.evaluate(PICTURE, "--attacks", "identity", "--psnr", 47)
        self.assertAlmostEqual(report["kinds"][0]["psnr_db"], 47, delta=0.05)

    def test_a_file_that_fails_does_not_stop_the_others(self):
        cut = self.dir / "cut.png"
        cut.write_bytes(PICTURE.read_bytes()[:2000])
        done = self.vseal("eval", cut, PICTURE, "--attacks", "identity", expect=65)
        self.assertIn("cut.png", done.stderr)
        self.assertRegex(done.stdout, r"identity +1 ")

    def test_wrong_calls(self):
        self.vseal("eval", expect=64)
        self.vseal("eval", self.dir, expect=64)
        self.vseal("eval", self.dir / "missing.png", expect=66)
        self.vseal("eval", PICTURE, "--resume", expect=64)
        self.vseal("eval", PICTURE, "--id-bits", 13, expect=64)
        self.assertIn("attack", self.vseal("eval", PICTURE, "--attacks", "dance", expect=64).stderr)
        self.vseal("eval", PICTURE, "--attacks", "identity", "-o", PICTURE / "below", expect=73)

"""Upstream's options: raw bits, scaling_w, key frames, heat map, resize and pooling."""
import json
import math
import random
import subprocess

from harness import CLIP, PICTURE, VSEAL, VsealTest, ffmpeg, tool

MESSAGE_BITS = json.loads(subprocess.run([VSEAL, "model", "info", "--json"], check=True, capture_output=True).stdout)[
    "card"]["bits"]
BITS = "".join(random.Random(5).choice("01") for _ in range(MESSAGE_BITS))


def least_right():
    """The fewest right bits whose chance among random ones is 1e-6 or less."""
    right, ways = MESSAGE_BITS + 1, 0
    while (ways + math.comb(MESSAGE_BITS, right - 1)) / 2**MESSAGE_BITS <= 1e-6:
        right -= 1
        ways += math.comb(MESSAGE_BITS, right)
    return right


def frames_of(path):
    """Grey frames, decoded."""
    raw = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "gray",
                          "-"], check=True, capture_output=True).stdout
    size = 640 * 360
    return [raw[i:i + size] for i in range(0, len(raw), size)]


class RawBits(VsealTest):
    def raw(self, path, *arguments, expect=0):
        return json.loads(self.vseal("detect", path, "--raw", "--json", *arguments, expect=expect).stdout)

    def mark(self, source, target, bits=BITS, *arguments):
        return json.loads(self.vseal("embed", source, target, "--bits", bits, "--json", *arguments).stdout)

    def test_bits_come_back_from_a_picture(self):
        out = self.dir / "m.png"
        done = self.mark(PICTURE, out)
        self.assertIsNone(done["id"])
        self.assertEqual(done["bits"], BITS)
        self.assertTrue(done["verified"]["expected"]["found"])
        found = self.raw(out, "--expect-bits", BITS)
        self.assertEqual(len(found["bits"]), MESSAGE_BITS)
        right = sum(a == b for a, b in zip(found["bits"], BITS))
        self.assertGreater(right, 0.97 * MESSAGE_BITS)
        self.assertEqual(found["expected"]["bits_right"], right)
        self.assertAlmostEqual(found["expected"]["bit_accuracy"], right / MESSAGE_BITS)
        self.assertLess(found["expected"]["p_value"], 2.0**(-0.78 * MESSAGE_BITS))

    def test_plain_text_is_the_bits_alone(self):
        out = self.dir / "m.png"
        done = self.vseal("embed", PICTURE, out, "--bits", BITS)
        self.assertRegex(done.stderr, rf"\d+ of {MESSAGE_BITS} bits read back from 1 frame")
        self.assertRegex(self.vseal("detect", out, "--raw").stdout, rf"^[01]{{{MESSAGE_BITS}}}\n$")
        text = self.vseal("detect", out, "--raw", "--expect-bits", BITS).stdout
        self.assertRegex(text, r"expected bits: found  \d+\.\d\d % right  p = \S+\n$")

    def test_hex_is_the_same_message(self):
        a, b = self.dir / "a.png", self.dir / "b.png"
        self.mark(PICTURE, a)
        done = self.mark(PICTURE, b, f"0x{int(BITS, 2):0{MESSAGE_BITS // 4}x}")
        self.assertEqual(done["bits"], BITS)
        self.assertEqual(a.read_bytes(), b.read_bytes())

    def test_other_bits_are_not_found(self):
        out = self.dir / "m.png"
        self.mark(PICTURE, out)
        other = "".join("10"[int(b)] if i % 2 else b for i, b in enumerate(BITS))
        found = self.raw(out, "--expect-bits", other, expect=1)
        self.assertFalse(found["expected"]["found"])
        self.raw(PICTURE, "--expect-bits", BITS, expect=1)
        self.raw(PICTURE)  # without expectations whatever is read is an answer

    def test_bits_come_back_from_a_video_encoded_again(self):
        out, copy = self.dir / "m.mp4", self.dir / "c.mp4"
        done = self.mark(CLIP, out)
        self.assertTrue(done["verified"]["expected"]["found"])
        ffmpeg("-i", out, "-c:v", "libx264", "-crf", "23", "-preset", "veryfast", copy)
        for pooling in ("mean", "squared", "l1norm", "l2norm"):
            found = self.raw(copy, "--expect-bits", BITS, "--pooling", pooling)
            self.assertGreater(found["expected"]["bit_accuracy"], 0.85, pooling)

    def test_what_does_not_come_back_is_not_written(self):
        out = self.dir / "m.jpg"
        done = self.vseal("embed", PICTURE, out, "--bits", BITS, "--scaling-w", "0.0001", expect=4)
        self.assertRegex(done.stderr, rf"only \d+ of {MESSAGE_BITS} bits \({least_right()} are needed")
        self.assertFalse(out.exists())

    def test_wrong_calls(self):
        out = self.dir / "m.png"
        for bits in ("0101", "0x12", "2" * MESSAGE_BITS, "0x" + "g" * (MESSAGE_BITS // 4)):
            self.assertIn(f"{MESSAGE_BITS} characters", self.vseal("embed", PICTURE, out, "--bits", bits, expect=64).stderr)
        self.vseal("embed", PICTURE, out, "--bits", BITS, "--id", "1", expect=64)
        self.vseal("detect", PICTURE, "--expect-bits", BITS, expect=64)
        self.vseal("detect", PICTURE, "--raw", "--expect", "1", expect=64)
        self.vseal("detect", PICTURE, "--raw", "--expect-bits", "01", expect=64)
        self.vseal("embed", PICTURE, out, expect=64)
        self.assert_empty()


class Strength(VsealTest):
    def test_scaling_is_absolute(self):
        weak = self.embed(PICTURE, self.dir / "a.png", "--scaling-w", "1.0", "--no-verify")
        strong = self.embed(PICTURE, self.dir / "b.png", "--scaling-w", "2.0", "--no-verify")
        self.assertAlmostEqual(weak["psnr_db"] - strong["psnr_db"], 6.0, delta=1.0)
        self.vseal("embed", PICTURE, self.dir / "c.png", "--id", "1", "--scaling-w", "1", "--strength", "1", expect=64)
        self.vseal("embed", PICTURE, self.dir / "c.png", "--id", "1", "--scaling-w", "0", expect=64)

    def test_low_resolution_map_and_plain_resize_read_back(self):
        files = set()
        for number, options in enumerate(([], ["--jnd", "low"], ["--resize", "plain"])):
            out = self.dir / f"{number}.png"
            self.embed(PICTURE, out, *options)
            self.assert_reads(out)
            self.assert_reads(out, "4711", "--resize", "plain")
            files.add(out.read_bytes())
        self.assertEqual(len(files), 3)


class KeyFrames(VsealTest):
    """On a lossless copy, so that what differs is what was marked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.before = frames_of(CLIP)[:20]

    def changes(self, *options):
        source, out = self.dir / "s.mkv", self.dir / "m.mkv"
        ffmpeg("-i", CLIP, "-frames:v", "20", "-an", "-c:v", "ffv1", source)
        done = self.embed(source, out, "--overwrite", *options)
        self.assert_reads(out)
        after = frames_of(out)
        self.assertEqual(len(after), 20)
        return done["video"], [a != b for a, b in zip(self.before, after)]

    def test_modes(self):
        video, changed = self.changes("--step", "5")
        self.assertEqual((video["mode"], video["step"]), ("repeat", 5))
        self.assertTrue(all(changed))
        video, changed = self.changes("--step", "5", "--video-mode", "alternate")
        self.assertEqual((video["mode"], video["step"]), ("alternate", 5))
        self.assertEqual(changed, [i % 5 == 0 for i in range(20)])
        video, changed = self.changes("--video-mode", "interpolate", "--step", "6")
        self.assertEqual((video["mode"], video["step"]), ("interpolate", 6))
        self.assertTrue(all(changed))

    def test_interpolation_of_a_lone_key_frame_repeats(self):
        source = self.dir / "s.mkv"
        ffmpeg("-i", CLIP, "-frames:v", "7", "-an", "-c:v", "ffv1", source)
        for mode in ("repeat", "interpolate"):
            self.embed(source, self.dir / f"{mode}.mkv", "--step", "8", "--video-mode", mode)
        self.assertEqual(frames_of(self.dir / "repeat.mkv"), frames_of(self.dir / "interpolate.mkv"))

    def test_interpolation_streams(self):
        out = self.dir / "out.y4m"
        source = subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", "-i", str(CLIP), "-an", "-f", "yuv4mpegpipe",
                                   "-frames:v", "21", "-"], stdout=subprocess.PIPE)
        with open(out, "wb") as stdout:
            self.vseal_pipe(source.stdout, stdout, "embed", "-", "-", "--id", "4711", "--video-mode", "interpolate")
        source.stdout.close()
        source.wait()
        self.assertEqual(tool("ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of",
                              "csv=p=0", out).strip(), "21")
        self.assert_reads(out)

    def vseal_pipe(self, stdin, stdout, *arguments):
        done = subprocess.run([VSEAL, *arguments], stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_values_are_checked(self):
        for option, value in (("--step", "0"), ("--step", "129"), ("--video-mode", "blend"), ("--jnd", "x"),
                              ("--resize", "x")):
            self.vseal("embed", CLIP, self.dir / "m.mp4", "--id", "1", option, value, expect=64)
        self.vseal("detect", CLIP, "--pooling", "median", expect=64)

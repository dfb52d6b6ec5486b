"""How strong a mark is: --psnr, feedback once a scene, and what the reports say of both."""
import subprocess

from harness import CLIP, PICTURE, VsealTest, ffmpeg


def psnr(before, after):
    """Over R, G and B, by ImageMagick."""
    done = subprocess.run(["compare", "-metric", "PSNR", before, after, "null:"], capture_output=True, text=True)
    return float(done.stderr.split()[0])


class Psnr(VsealTest):
    def test_a_picture_gets_what_was_asked(self):
        for target in (38, 44, 50.9):
            out = self.dir / "m.png"
            done = self.embed(PICTURE, out, "--psnr", target, "--overwrite")
            self.assertAlmostEqual(psnr(PICTURE, out), target, delta=0.05)
            self.assertAlmostEqual(done["rgb_psnr_db"], target, delta=0.05)
            self.assertGreater(done["scenes"]["strengths_tried"], 0)

    def test_16_bits_and_passes_keep_it(self):
        source, out = self.dir / "s.png", self.dir / "m.png"
        subprocess.run(["convert", PICTURE, "-depth", "16", "-evaluate", "multiply", "0.983", source], check=True)
        for passes in (0, 4):
            done = self.embed(source, out, "--psnr", 43, "--passes", passes, "--overwrite")
            self.assertAlmostEqual(done["rgb_psnr_db"], 43, delta=0.05)
            self.assertEqual(done["scenes"]["feedback_passes"], passes)

    def test_it_takes_the_place_of_strength(self):
        out = self.dir / "m.png"
        for other in ("--strength", "--scaling-w"):
            self.vseal("embed", PICTURE, out, "--id", 1, "--psnr", 44, other, 1, expect=64)
        self.vseal("embed", PICTURE, out, "--id", 1, "--psnr", 20, expect=64)
        self.assert_empty()


class Scenes(VsealTest):
    """A clip of three scenes of 24 frames, cut at key frames."""

    def setUp(self):
        super().setUp()
        self.clip = self.dir / "scenes.mkv"
        part = "scale=640:360,setsar=1,fps=24,format=yuv420p,trim=end_frame=24,setpts=PTS-STARTPTS"
        ffmpeg("-i", CLIP, "-f", "lavfi", "-i", "mandelbrot=s=640x360", "-loop", "1", "-i", PICTURE, "-filter_complex",
               f"[0:v]{part}[a];[1:v]{part}[b];[2:v]{part}[c];[a][b][c]concat=n=3:v=1[v]", "-map", "[v]", "-c:v", "ffv1",
               self.clip)

    def test_feedback_runs_once_a_scene(self):
        done = self.embed(self.clip, self.dir / "m.mkv", "--passes", "2", "--step", "4")
        self.assertEqual(done["scenes"]["count"], 3)
        self.assertEqual(done["scenes"]["feedback_passes"], 6)
        self.assertGreater(done["scenes"]["ms_per_pass"], 0)
        self.assertEqual(done["scenes"]["strengths_tried"], 0)

    def test_psnr_is_found_for_each_scene(self):
        done = self.embed(self.clip, self.dir / "m.mkv", "--psnr", "44", "--step", "4")
        self.assertAlmostEqual(done["rgb_psnr_db"], 44, delta=0.5)
        self.assertAlmostEqual(done["psnr_db"] - done["rgb_psnr_db"], 1.32, delta=0.02)
        self.assertGreaterEqual(done["scenes"]["strengths_tried"], 6)

    def test_verbose_says_what_scenes_cost(self):
        out = self.dir / "m.mkv"
        done = self.vseal("embed", self.clip, out, "--id", "1", "-v")
        self.assertRegex(done.stderr, r"3 scene\(s\), 9 feedback passes of \d+\.\d ms")


class Survive(VsealTest):
    def test_what_holds_at_once_is_left_as_asked(self):
        out, plain = self.dir / "m.png", self.dir / "p.png"
        done = self.embed(PICTURE, out, "--survive", "jpeg:60,resize:0.5")
        self.assertEqual((done["survive"]["rounds"], done["survive"]["raised_db"]), (1, 0))
        self.assertEqual([a["attack"] for a in done["survive"]["attacks"]], ["jpeg:60", "resize:0.5"])
        self.assertTrue(all(a["found"] for a in done["survive"]["attacks"]))
        self.assertIsNone(self.embed(PICTURE, plain)["survive"])
        self.assertEqual(out.read_bytes(), plain.read_bytes())

    def test_strength_rises_until_the_id_comes_back(self):
        out, copy, weak = self.dir / "m.png", self.dir / "c.jpg", self.dir / "w.png"
        done = self.embed(PICTURE, out, "--psnr", 54, "--survive", "jpeg:20")
        rounds = done["survive"]["rounds"]
        self.assertGreater(rounds, 1)
        self.assertAlmostEqual(done["survive"]["raised_db"], rounds - 1, places=6)
        self.assertAlmostEqual(done["rgb_psnr_db"], 54 - (rounds - 1), delta=0.1)
        subprocess.run(["convert", out, "-sampling-factor", "4:2:0", "-quality", "40", copy], check=True)
        self.assert_reads(copy)
        self.embed(PICTURE, weak, "--psnr", 54, "--no-verify")
        subprocess.run(["convert", weak, "-sampling-factor", "4:2:0", "-quality", "20", copy], check=True)
        self.detect(copy, expect=1)

    def test_copies_of_another_shape_are_searched_as_detect_does(self):
        out, copy = self.dir / "m.png", self.dir / "c.png"
        done = self.embed(PICTURE, out, "--survive", "rotate:7,flip")
        attacks = done["survive"]["attacks"]
        self.assertTrue(all(a["found"] for a in attacks))
        self.assertGreater(min(a["bits_right"] for a in attacks), 100)  # at the placement that was found
        subprocess.run(["convert", out, "-flop", copy], check=True)
        self.assert_reads(copy)

    def test_what_cannot_hold_is_refused(self):
        out = self.dir / "m.png"
        done = self.vseal("embed", PICTURE, out, "--id", 4711, "--survive", "identity,crop:0.05", "--psnr-floor", 40,
                          expect=4)
        bits = self.model_info()["card"]["bits"]
        self.assertRegex(done.stderr, rf"does not survive crop:0.05 \(\d+ of {bits} bits right\) at (39\.9|40\.\d) dB, where "
                                      r"the floor is 40 dB; .* It survives identity\.")
        self.assert_empty()

    def test_a_video_is_attacked_as_one(self):
        out, copy = self.dir / "m.mp4", self.dir / "c.mp4"
        done = self.embed(CLIP, out, "--strength", "0.5", "--survive", "x264:38+resize:0.5")
        self.assertGreater(done["survive"]["rounds"], 1)
        ffmpeg("-i", out, "-c:v", "libx264", "-crf", "36", copy)
        self.assert_reads(copy)

    def test_wrong_calls(self):
        out = self.dir / "m.png"
        for attacks, words in (("jpeg:999", "1 to 100"), ("dance", "attack"), ("x264:30", "happens to videos")):
            self.assertIn(words, self.vseal("embed", PICTURE, out, "--id", 1, "--survive", attacks, expect=64).stderr)
        self.vseal("embed", PICTURE, out, "--id", 1, "--psnr-floor", 40, expect=64)
        self.vseal("embed", CLIP, "-", "--id", 1, "--survive", "jpeg:60", expect=64)
        self.assert_empty()

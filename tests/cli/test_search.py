"""vseal detect --search: pictures and clips that were mirrored, turned and cropped by other programs."""
import subprocess

from harness import CLIP, PICTURE, VsealTest, ffmpeg

STRENGTH = ("--strength", 1.5)  # the search is the matter here, not how much it takes


class PictureSearch(VsealTest):
    def setUp(self):
        super().setUp()
        self.marked = self.dir / "m.png"
        self.embed(PICTURE, self.marked, *STRENGTH)

    def changed(self, *how):
        out = self.dir / "changed.png"
        subprocess.run(["convert", self.marked, *map(str, how), "+repage", out], check=True)
        return out

    def test_a_mirrored_picture_is_read_at_once(self):
        found = self.assert_reads(self.changed("-flop"))
        self.assertTrue(found["search"]["found"])
        self.assertTrue(found["search"]["placement"]["mirrored"])
        self.assertLessEqual(found["search"]["tries"], 7)
        self.assertLess(found["p_value"], 1e-6)

    def test_a_rotated_picture(self):
        found = self.assert_reads(self.changed("-distort", "SRT", -12))
        self.assertAlmostEqual(found["search"]["placement"]["degrees"], 12, delta=1)

    def test_a_cropped_picture(self):
        found = self.assert_reads(self.changed("-crop", "320x427+37+61"))
        for scale in found["search"]["placement"]["scale"]:
            self.assertAlmostEqual(scale, 0.8, delta=0.03)

    def test_none_reads_what_is_there(self):
        flipped = self.changed("-flop")
        found = self.detect(flipped, "--search", "none", expect=1)
        self.assertIsNone(found["search"])
        self.vseal("detect", flipped, "--search", "wild", expect=64)

    def test_a_picture_that_reads_is_not_searched(self):
        self.assertIsNone(self.assert_reads(self.marked)["search"])

    def test_an_unmarked_picture_stays_absent(self):
        found = self.detect(PICTURE, "--search-time", 60, expect=1)
        self.assertFalse(found["search"]["found"])
        self.assertGreater(found["search"]["hypotheses"], 100)
        hurried = self.detect(PICTURE, "--search", "full", "--search-time", 0.01, expect=1)
        self.assertTrue(hurried["search"]["timed_out"])


class ClipSearch(VsealTest):
    def test_a_cropped_and_encoded_clip(self):
        marked, out = self.dir / "m.mp4", self.dir / "c.mp4"
        self.embed(CLIP, marked, "--strength", 2.5)  # smooth, so marked weakly
        ffmpeg("-i", marked, "-vf", "crop=iw*0.8:ih*0.8:20:10", "-crf", 20, out)
        found = self.assert_reads(out, "4711", "--search-time", 60)
        self.assertTrue(found["search"]["found"])

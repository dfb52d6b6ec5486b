"""The promises on real pictures and clips. Needs VSEAL_DATA."""
import json
import random
import re
import subprocess
import unittest

from harness import VSEAL, VsealTest, data, ffmpeg, needs_data, report, tool


def new_id():
    return str(random.SystemRandom().randrange(2**32))


def peak_kib(*command):
    done = subprocess.run(["/usr/bin/env", "python3", "-c",
                           "import resource,subprocess,sys;"
                           "subprocess.run(sys.argv[1:],check=True,stdout=subprocess.DEVNULL);"
                           "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)", *map(str, command)],
                          capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


@needs_data
class Pictures(VsealTest):
    def test_png_jpeg75_and_jpeg60(self):
        psnr, read60 = [], 0
        pictures = sorted(data("eval").glob("*.png"))
        self.assertEqual(len(pictures), 24)
        for picture in pictures:
            identifier = new_id()
            png, jpeg, again = self.dir / "m.png", self.dir / "m.jpg", self.dir / "again.jpg"
            psnr.append(self.embed(picture, png, "--overwrite", identifier=identifier)["psnr_db"])
            self.assert_reads(png, identifier)
            self.embed(picture, jpeg, "--quality", "75", "--overwrite", identifier=identifier)
            self.assert_reads(jpeg, identifier)
            tool("convert", png, "-quality", "60", again)
            done = subprocess.run([VSEAL, "detect", "--json", str(again)], capture_output=True, text=True)
            found = json.loads(done.stdout)
            read60 += (found["id"] or {}).get("value") == identifier
        mean = sum(psnr) / len(psnr)
        report(f"eval pictures: mean PSNR {mean:.2f} dB, after JPEG 60 {read60} of 24")
        self.assertGreaterEqual(read60, 22)
        promised = self.model_info()["card"]["promised_psnr_db"]
        self.assertAlmostEqual(mean, promised, delta=0.1)

    def test_unmarked_pictures_are_absent(self):
        pictures = sorted(data("eval").glob("*.png")) + sorted(data("train").glob("*.jpg"))
        self.expect_absent(pictures, "none")
        self.expect_absent(pictures[::40], "fast")  # about a second each

    def expect_absent(self, pictures, search):
        done = subprocess.run([VSEAL, "detect", "--json", "--search", search, *map(str, pictures)],
                              capture_output=True, text=True)
        verdicts = [json.loads(line)["verdict"] for line in done.stdout.splitlines()]
        self.assertEqual(len(verdicts), len(pictures))
        report(f"unmarked pictures: {len(verdicts)}, search {search}, not absent: {sum(v != 'absent' for v in verdicts)}")
        self.assertEqual({v for v in verdicts}, {"absent"})
        self.assertEqual(done.returncode, 1)


@needs_data
class Clips(VsealTest):
    def clips(self):
        return sorted(data("clips").glob("*.mp4"))

    def test_marked_reencoded_and_scaled(self):
        for clip in self.clips():
            with self.subTest(clip.name):
                identifier = new_id()
                marked, copy = self.dir / "m.mp4", self.dir / "copy.mp4"
                done = self.embed(clip, marked, "--overwrite", identifier=identifier)
                self.assert_reads(marked, identifier)
                ffmpeg("-i", marked, "-c:v", "libx264", "-crf", "28", "-preset", "medium", copy)
                crf28 = self.assert_reads(copy, identifier)
                ffmpeg("-i", marked, "-vf", "scale=iw/2:-2", "-c:v", "libx264", "-crf", "28", "-preset", "medium", copy)
                half = self.assert_reads(copy, identifier)
                report(f"{clip.name}: {done['psnr_db']:.1f} dB, CRF 28 after {crf28['frames_read']} frames, "
                       f"half size + CRF 28 after {half['frames_read']}")

    def test_unmarked_clips_are_absent(self):
        for clip in self.clips():
            self.assertEqual(self.detect(clip, expect=1)["verdict"], "absent", clip.name)

    def test_memory_does_not_grow_with_length(self):
        clip, long = data("clips", "sam2-05_default_juggle.mp4"), self.dir / "long.mp4"
        ffmpeg("-stream_loop", "19", "-i", clip, "-c", "copy", long)
        options = ("--id", "1", "--preset", "ultrafast", "-q", "--overwrite")
        once = peak_kib(VSEAL, "embed", clip, self.dir / "m.mp4", *options)
        many = peak_kib(VSEAL, "embed", long, self.dir / "m.mp4", *options)
        report(f"peak RSS: clip {once / 1024:.0f} MiB, 20 times the clip {many / 1024:.0f} MiB")
        self.assertLess(abs(many - once), 16 * 1024)


if __name__ == "__main__":
    unittest.main()

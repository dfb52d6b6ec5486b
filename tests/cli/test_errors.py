"""Bad input and bad calls: one clear line, the right exit code, nothing left behind."""
import os
import resource
import signal
import subprocess
import time

from harness import CLIP, PICTURE, VSEAL, VsealTest, ffmpeg


class Usage(VsealTest):
    def assert_one_line(self, done, *words):
        lines = [line for line in done.stderr.splitlines() if line and not line.startswith("Try vseal")]
        self.assertEqual(len(lines), 1, done.stderr)
        for word in words:
            self.assertIn(word, lines[0])

    def test_unknown_option_and_command(self):
        self.assert_one_line(self.vseal("detect", PICTURE, "--frobnicate", expect=64), "--frobnicate")
        self.vseal("frobnicate", expect=64)
        self.vseal(expect=64)

    def test_values_out_of_range(self):
        out = self.dir / "m.png"
        for option, value in (("--strength", "99"), ("--quality", "0"), ("--chroma", "411"), ("--crf", "x"),
                              ("--id-type", "blob")):
            self.assert_one_line(self.vseal("embed", PICTURE, out, "--id", "1", option, value, expect=64), option)
        self.assert_empty()

    def test_missing_id(self):
        self.vseal("embed", PICTURE, self.dir / "m.png", expect=64)

    def test_id_too_long_says_how_long_it_may_be(self):
        done = self.vseal("embed", PICTURE, self.dir / "m.png", "--id", "x" * 100, expect=64)
        self.assertRegex(done.stderr, r"\d+ bytes")
        self.assert_empty()

    def test_id_of_the_wrong_shape(self):
        for kind, text in (("integer", "12a"), ("integer", "99999999999999999999"), ("hex", "0xabc"), ("uuid", "12")):
            self.vseal("embed", PICTURE, self.dir / "m.png", "--id", text, "--id-type", kind, expect=64)

    def test_json_errors_are_objects(self):
        done = self.vseal("detect", self.dir / "missing", "--json", expect=66)
        self.assertIn('"code":"not_found"', done.stdout)


class Inputs(VsealTest):
    def refused(self, path, expect, *words, detect=None):
        out, temporary = self.dir / "out", self.dir / "temporary"
        out.mkdir(exist_ok=True)
        temporary.mkdir(exist_ok=True)
        done = self.vseal("embed", path, out / "marked.mp4", "--id", "1", expect=expect,
                          env={**os.environ, "TMPDIR": str(temporary)})
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assert_empty(out)
        self.assert_empty(temporary)
        self.vseal("detect", path, expect=expect if detect is None else detect)

    def test_no_such_file(self):
        self.refused(self.dir / "missing.mp4", 66, "missing.mp4")

    def test_not_a_picture_or_video(self):
        path = self.dir / "text.mp4"
        path.write_text("neither a picture nor a video\n" * 100)
        self.refused(path, 65, "text.mp4", "not a picture or video")

    def test_empty_file(self):
        path = self.dir / "empty.jpg"
        path.touch()
        self.refused(path, 65, "empty.jpg")

    def test_truncated_video(self):
        for name, detect in (("faststart.mp4", 1), ("plain.mp4", 65), ("clip.mkv", 1)):
            whole = self.dir / name
            ffmpeg("-i", CLIP, "-c", "copy", *(["-movflags", "+faststart"] if name[0] == "f" else []), whole)
            cut = self.dir / ("cut_" + name)
            for share in (0.6, 0.9):
                cut.write_bytes(whole.read_bytes()[:int(whole.stat().st_size * share)])
                # What is left of an unmarked video is still unmarked; without its index it is unreadable.
                self.refused(cut, 65, cut.name, detect=detect)

    def test_truncated_picture(self):
        whole = PICTURE.read_bytes()
        path = self.dir / "cut.png"
        path.write_bytes(whole[:len(whole) // 2])
        self.refused(path, 65, "cut.png")

    def test_video_without_frames(self):
        path = self.dir / "none.mkv"
        ffmpeg("-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac", path)
        self.refused(path, 65, "none.mkv")

    def test_picture_too_small(self):
        path = self.dir / "small.png"
        ffmpeg("-f", "lavfi", "-i", "testsrc=s=40x80", "-frames:v", "1", path)
        done = self.vseal("embed", path, self.dir / "m.png", "--id", "1", expect=65)
        self.assertIn("64x64", done.stderr)

    def test_video_too_small(self):
        path = self.dir / "small.mp4"
        ffmpeg("-f", "lavfi", "-i", "testsrc=s=32x32:d=1", path)
        self.vseal("embed", path, self.dir / "m.mp4", "--id", "1", expect=65)

    def test_directory(self):
        self.vseal("detect", self.dir, expect=65)


class Outputs(VsealTest):
    def test_existing_output_is_kept(self):
        out = self.dir / "m.png"
        out.write_text("precious")
        done = self.vseal("embed", PICTURE, out, "--id", "1", expect=73)
        self.assertIn("--overwrite", done.stderr)
        self.assertEqual(out.read_text(), "precious")
        self.vseal("embed", PICTURE, out, "--id", "1", "--overwrite")
        self.assert_reads(out, "1")

    def test_missing_directory(self):
        done = self.vseal("embed", PICTURE, self.dir / "no" / "m.png", "--id", "1", expect=73)
        self.assertIn("does not exist", done.stderr)

    def test_same_file(self):
        copy = self.dir / "p.png"
        copy.write_bytes(PICTURE.read_bytes())
        self.vseal("embed", copy, copy, "--id", "1", "--overwrite", expect=64)
        self.assertEqual(copy.read_bytes(), PICTURE.read_bytes())

    def test_unknown_container_and_encoder(self):
        self.vseal("embed", CLIP, self.dir / "m.xyz", "--id", "1", expect=64)
        self.vseal("embed", CLIP, self.dir / "m.mp4", "--id", "1", "--codec", "nonesuch", expect=69)
        self.vseal("embed", CLIP, self.dir / "m.mp4", "--id", "1", "--encoder-options", "nonesuch=1", expect=64)
        self.assert_empty()

    def test_full_disk_leaves_nothing(self):
        out = self.dir / "out"
        out.mkdir()

        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        for source, name in ((CLIP, "m.mp4"), (PICTURE, "m.png"), (CLIP, "m.mkv")):
            done = self.vseal("embed", source, out / name, "--id", "1", expect=74, preexec_fn=small_files)
            self.assertIn(name, done.stderr)
            self.assert_empty(out)

    def test_kill_leaves_the_old_file(self):
        out = self.dir / "out"
        out.mkdir()
        target = out / "m.mp4"
        target.write_text("old")
        for delay in (0.05, 0.3, 0.6):
            process = subprocess.Popen([VSEAL, "embed", CLIP, target, "--id", "1", "--overwrite"],
                                       stderr=subprocess.DEVNULL)
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.assertEqual([p.name for p in out.iterdir()], ["m.mp4"])
            if process.returncode == -signal.SIGKILL:
                self.assertEqual(target.read_text(), "old")

    def test_interrupt_cleans_up(self):
        long = self.dir / "long.mp4"
        ffmpeg("-stream_loop", "20", "-i", CLIP, "-c", "copy", long)
        out = self.dir / "out"
        out.mkdir()
        process = subprocess.Popen([VSEAL, "embed", long, out / "m.mp4", "--id", "1"], stderr=subprocess.PIPE)
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, error)
        self.assert_empty(out)

    def test_full_stdout_is_no_success(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([VSEAL, "detect", PICTURE], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 74)

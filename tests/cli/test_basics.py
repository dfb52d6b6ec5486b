"""What people expect of any command: help, version, JSON, quiet, keys, pages, pipes."""
import json
import os
import pathlib
import pty
import subprocess

from harness import CLIP, PICTURE, VSEAL, VsealTest, ffmpeg, tool


class Basics(VsealTest):
    def test_help_has_examples_and_exit_codes(self):
        for command in ("embed", "detect", "eval"):
            text = self.vseal(command, "--help").stdout
            self.assertIn("Examples:", text)
            self.assertIn("--key-file", text)
        self.assertIn("66  the input does not exist", self.vseal("--help").stdout)
        self.assertRegex(self.vseal("--version").stdout, r"^vseal \d+\.\d+\.\d+\n$")

    def test_answer_alone_on_stdout(self):
        out = self.dir / "marked.png"
        done = self.vseal("embed", PICTURE, out, "--id", "4711")
        self.assertEqual(done.stdout, "")
        self.assertIn("ID read back", done.stderr)
        done = self.vseal("detect", out)
        self.assertRegex(done.stdout, r"^4711  present  p < \S+  1 of 1 frames read\n$")
        self.assertEqual(done.stderr, "")

    def test_quiet_says_nothing(self):
        done = self.vseal("embed", PICTURE, self.dir / "m.png", "--id", "1", "-q")
        self.assertEqual(done.stdout + done.stderr, "")

    def test_no_progress_bar_when_piped(self):
        done = self.vseal("embed", CLIP, self.dir / "m.mp4", "--id", "1")
        self.assertNotIn("\r", done.stderr)

    def test_progress_bar_on_a_terminal(self):
        shown = self.on_terminal("embed", CLIP, self.dir / "m.mp4", "--id", "1")
        self.assertRegex(shown, r"\r\[=*> *\] +\d+ %  \d+ frames  \d+ fps  ETA \d+:\d\d")
        self.assertNotIn("\r[", self.on_terminal("embed", CLIP, self.dir / "q.mp4", "--id", "1", "-q"))

    def on_terminal(self, *arguments):
        """What vseal shows where standard error is a terminal."""
        ours, its = pty.openpty()
        process = subprocess.Popen([VSEAL, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=its)
        os.close(its)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # how Linux says that the other end is closed
            pass
        os.close(ours)
        self.assertEqual(process.wait(), 0, shown)
        return shown.decode()

    def test_types_come_back(self):
        cases = {"4711": "integer", "18446744073709551615": "integer", "0xdeadbeef": "hex", "news 7": "text"}
        for number, (identifier, kind) in enumerate(cases.items()):
            out = self.dir / f"{number}.png"
            self.embed(PICTURE, out, identifier=identifier)
            found = self.assert_reads(out, identifier)
            self.assertEqual(found["id"]["type"], kind)

    def test_a_uuid_comes_back_where_it_fits(self):
        out, uuid = self.dir / "m.png", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
        if self.model_info()["id"]["holds_uuid"]:
            self.embed(PICTURE, out, identifier=uuid)
            self.assertEqual(self.assert_reads(out, uuid)["id"]["type"], "uuid")
        else:
            done = self.vseal("embed", PICTURE, out, "--id", uuid, expect=64)
            self.assertRegex(done.stderr, r"uuid ID: expected at most \d+ bytes for a model of \d+ bits, got 16")
            self.assert_empty()

    def test_id_type_overrides_the_guess(self):
        out = self.dir / "m.png"
        self.embed(PICTURE, out, "--id-type", "text", identifier="4711")
        self.assertEqual(self.assert_reads(out)["id"]["type"], "text")

    def test_embed_reports_quality(self):
        done = self.embed(PICTURE, self.dir / "m.png")
        self.assertGreater(done["psnr_db"], 38)
        self.assertLess(done["psnr_db"], 60)
        self.assertGreater(done["ssim"], 0.95)
        self.assertLess(done["ssim"], 1)
        self.assertEqual(done["verified"]["verdict"], "present")

    def test_strength_moves_psnr(self):
        weak = self.embed(PICTURE, self.dir / "a.png", "--strength", "1.6")
        strong = self.embed(PICTURE, self.dir / "b.png", "--strength", "3.2")
        self.assertAlmostEqual(weak["psnr_db"] - strong["psnr_db"], 6.0, delta=1.0)

    def test_several_inputs_take_the_worst_code(self):
        out = self.dir / "m.png"
        self.embed(PICTURE, out)
        done = self.vseal("detect", out, PICTURE, expect=1)
        self.assertEqual(len(done.stdout.splitlines()), 2)
        self.vseal("detect", out, self.dir / "missing.png", expect=66)

    def test_expected_id_has_its_own_p_value(self):
        out = self.dir / "m.png"
        self.embed(PICTURE, out)
        found = self.detect(out, "--expect", "4711")
        self.assertTrue(found["expected"]["found"])
        self.assertLess(found["expected"]["p_value"], 1e-9)
        other = self.detect(out, "--expect", "4712")
        self.assertFalse(other["expected"]["found"])

    def test_model_info(self):
        info = self.model_info()
        bits = info["card"]["bits"]
        self.assertGreaterEqual(bits, 64)
        self.assertEqual(info["id"]["holds_uuid"], bits >= 256)
        self.assertIn(f"{bits} bits", self.vseal("model", "info").stdout)


class Keys(VsealTest):
    def test_key_from_file_and_environment(self):
        key = self.dir / "key"
        key.write_text("correct horse battery staple\n")
        out = self.dir / "m.png"
        self.embed(PICTURE, out, "--key-file", key)
        self.assert_reads(out, "4711", "--key-file", key)
        for name, value in (("VSEAL_KEY", "correct horse battery staple"), ("VSEAL_KEY_FILE", str(key))):
            done = self.vseal("detect", out, env={**os.environ, name: value})
            self.assertIn("4711  present", done.stdout)

    def test_wrong_or_no_key_is_absent(self):
        key, wrong = self.dir / "key", self.dir / "wrong"
        key.write_bytes(bytes(range(32)))
        wrong.write_bytes(bytes(range(1, 33)))
        out = self.dir / "m.png"
        self.embed(PICTURE, out, "--key-file", key)
        self.assertEqual(self.detect(out, "--key-file", wrong, expect=1)["verdict"], "absent")
        self.assertEqual(self.detect(out, expect=1)["verdict"], "absent")

    def test_bad_keys_are_refused(self):
        short = self.dir / "short"
        short.write_text("short\n")
        self.assertIn("at least 16 bytes", self.vseal("detect", PICTURE, "--key-file", short, expect=64).stderr)
        self.vseal("detect", PICTURE, "--key-file", self.dir / "missing", expect=66)


class Pipes(VsealTest):
    def test_y4m_through_a_pipe(self):
        source, out = self.dir / "in.y4m", self.dir / "out.y4m"
        ffmpeg("-i", CLIP, "-an", "-pix_fmt", "yuv420p", "-frames:v", "30", "-strict", "-1", source)
        with open(source, "rb") as stdin, open(out, "wb") as stdout:
            done = subprocess.run([VSEAL, "embed", "-", "-", "--id", "4711"], stdin=stdin, stdout=stdout,
                                  stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(out.stat().st_size, source.stat().st_size)
        with open(out, "rb") as stdin:
            done = subprocess.run([VSEAL, "detect", "-"], stdin=stdin, capture_output=True, text=True)
        self.assertIn("4711  present", done.stdout)


class Pages(VsealTest):
    def setUp(self):
        super().setUp()
        self.generated = pathlib.Path(os.environ["VSEAL_GENERATED"])

    def test_man_pages_render_without_complaint(self):
        for page in ("vseal", "vseal-embed", "vseal-detect", "vseal-eval", "vseal-model-info", "vseal-model-convert",
                     "vseal-model-check", "vseal-model-fetch"):
            path = self.generated / f"{page}.1"
            self.assertIn("EXIT STATUS", path.read_text())
        text = (self.generated / "vseal-embed.1").read_text()
        self.assertIn("\\-\\-encoder\\-options", text)

    def test_bash_completion_completes(self):
        script = f"""source {self.generated}/vseal.bash
COMP_WORDS=(vseal embed --str); COMP_CWORD=2; _vseal; echo "${{COMPREPLY[@]}}"
COMP_WORDS=(vseal embed --chroma ''); COMP_CWORD=3; _vseal; echo "${{COMPREPLY[@]}}"
COMP_WORDS=(vseal de); COMP_CWORD=1; _vseal; echo "${{COMPREPLY[@]}}"
"""
        lines = tool("bash", "-c", script).splitlines()
        self.assertEqual(lines, ["--strength --strict-streams", "420 444", "detect"])

    def test_every_option_is_in_every_page(self):
        text = self.vseal("embed", "--help").stdout
        options = {word.strip(",") for word in text.split() if word.startswith("--")}
        man = (self.generated / "vseal-embed.1").read_text().replace("\\-", "-")
        for option in options - {"--help", "--id,"}:
            self.assertIn(option, man)
            self.assertIn(option, (self.generated / "vseal.bash").read_text())
            self.assertIn(option[2:], (self.generated / "_vseal").read_text())
            self.assertIn(option[2:], (self.generated / "vseal.fish").read_text())

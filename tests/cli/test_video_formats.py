"""Containers, codecs and timestamps as they are found in the wild, made small by ffmpeg."""
import struct
import subprocess
import unittest
import zlib

from harness import PICTURE, VsealTest, ffmpeg, ffprobe, tool
from test_videos import frame_times, stream_hash, streams

PACKETS = "packet=pts_time,duration_time,size"
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "18", "-pix_fmt", "yuv420p")


def has_encoder(name):
    return f" {name} " in tool("ffmpeg", "-hide_banner", "-encoders")


def chunk(tag, *parts):
    body = b"".join(parts)
    return tag + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def write_avi(path, width, height, codec, frames, rate=25):
    """An AVI of one video stream whose packets are given."""
    main = struct.pack("<14I", 1000000 // rate, 0, 0, 0, len(frames), 0, 1, 0, width, height, 0, 0, 0, 0)
    stream = struct.pack("<4s4sIHHIIIIIIIIhhhh", b"vids", codec, 0, 0, 0, 0, 1, rate, 0, len(frames), 0, 0, 0,
                         0, 0, width, height)
    bitmap = struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, codec, width * height * 3, 0, 0, 0, 0)
    streams_list = chunk(b"LIST", b"strl", chunk(b"strh", stream), chunk(b"strf", bitmap))
    path.write_bytes(chunk(b"RIFF", b"AVI ", chunk(b"LIST", b"hdrl", chunk(b"avih", main), streams_list),
                           chunk(b"LIST", b"movi", *(chunk(b"00dc", frame) for frame in frames))))


class FormatTest(VsealTest):
    def make(self, name, *arguments, seconds=2, sound=True):
        """A moving picture of 320x256 at 25 fps with a tone, encoded as the arguments say."""
        path = self.dir / name
        tone = ("-f", "lavfi", "-i", f"sine=440:duration={seconds}") if sound else ()
        ffmpeg("-loop", "1", "-framerate", "25", "-i", PICTURE, *tone, "-vf",
               "zoompan=z='1+0.002*on':d=1:s=320x256:fps=25", "-t", str(seconds), *arguments, path)
        return path

    def mark(self, source, name=None, *arguments):
        marked = self.dir / (name or f"marked{source.suffix}")
        return marked, self.embed(source, marked, *arguments)

    def packets(self, path, stream):
        return ffprobe(path, "-select_streams", stream, "-show_entries", PACKETS)["packets"]

    def assert_kept(self, source, marked, audio=True):
        """The same frame times, and sound that is the same packet for packet."""
        before, after = ([float(t) for t in frame_times(p)] for p in (source, marked))
        self.assertEqual(len(before), len(after))
        for old, new in zip(before, after):
            self.assertAlmostEqual(old, new, delta=0.0011)
        if audio:
            self.assertEqual(stream_hash(source, "a"), stream_hash(marked, "a"))
            self.assertEqual(self.packets(source, "a"), self.packets(marked, "a"))
        self.assert_reads(marked)


class Formats(FormatTest):
    def test_a_late_start_stays_late(self):
        for name in ("late.mkv", "late.mp4"):
            with self.subTest(name):
                plain = self.make("plain_" + name, *X264, "-c:a", "aac")
                late = self.dir / name
                ffmpeg("-itsoffset", "1.5", "-i", plain, "-map", "0:v", "-c", "copy", "-copyts", late)
                self.assertGreater(float(frame_times(late)[0]), 1.4)
                marked, _ = self.mark(late, "m_" + name)
                self.assert_kept(late, marked, audio=False)

    def test_sound_that_starts_later_than_the_picture(self):
        plain = self.make("plain.mp4", *X264, "-c:a", "aac")
        shifted = self.dir / "shifted.mkv"
        ffmpeg("-i", plain, "-itsoffset", "0.7", "-i", plain, "-map", "0:v", "-map", "1:a", "-c", "copy", shifted)
        marked, _ = self.mark(shifted)
        self.assert_kept(shifted, marked)

    def test_older_codecs(self):
        cases = {"a.ts": ("-c:v", "mpeg2video", "-q:v", "3", "-c:a", "mp2"),
                 "a.mpg": ("-c:v", "mpeg2video", "-q:v", "3", "-c:a", "mp2"),
                 "a.avi": ("-c:v", "mpeg4", "-q:v", "3", "-c:a", "libmp3lame"),
                 "b.avi": ("-c:v", "msmpeg4v3", "-q:v", "3", "-c:a", "pcm_s16le"),
                 "a.flv": (*X264, "-c:a", "aac"),
                 "a.mov": ("-c:v", "prores_ks", "-profile:v", "2", "-c:a", "pcm_s16le")}
        for name, arguments in cases.items():
            with self.subTest(name):
                source = self.make(name, *arguments)
                marked, _ = self.mark(source, "m_" + name)
                self.assertEqual(len(frame_times(source)), len(frame_times(marked)))
                self.assertEqual(stream_hash(source, "a"), stream_hash(marked, "a"))
                self.assert_reads(marked)

    def test_prores_keeps_its_profile(self):
        source = self.make("p.mov", "-c:v", "prores_ks", "-profile:v", "3", sound=False)
        marked, _ = self.mark(source)
        self.assertEqual(*(streams(p)["streams"][0]["profile"] for p in (source, marked)))

    def test_flac_in_mp4_and_opus_in_webm(self):
        flac = self.make("f.mp4", *X264, "-c:a", "flac", "-strict", "-2")
        marked, _ = self.mark(flac)
        self.assert_kept(flac, marked)
        if has_encoder("libopus"):
            opus = self.make("o.webm", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")
            marked, _ = self.mark(opus)
            self.assert_kept(opus, marked)

    def test_hdr_metadata_reaches_the_new_stream(self):
        params = ("log-level=none:hdr10=1:repeat-headers=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:"
                  "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,500):max-cll=1000,400")
        source = self.make("h.mp4", "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-x265-params",
                           params, sound=False)
        marked, _ = self.mark(source)

        def light(path):
            shown = ffprobe(path, "-select_streams", "v", "-read_intervals", "%+#1", "-show_frames")["frames"][0]
            kinds = {d["side_data_type"]: d for d in shown.get("side_data_list", [])}
            return {k: v for k, v in kinds.items() if "Mastering" in k or "light level" in k}

        self.assertEqual(len(light(source)), 2)
        self.assertEqual(light(source), light(marked))
        self.assertEqual(streams(marked)["streams"][0]["color_transfer"], "smpte2084")

    def test_two_videos_of_different_times(self):
        first = self.make("one.mp4", *X264, "-c:a", "aac")
        second = self.make("two.mp4", *X264, "-r", "10", sound=False)
        both = self.dir / "both.mp4"
        ffmpeg("-i", first, "-i", second, "-map", "0", "-map", "1:v", "-c", "copy", both)
        marked, _ = self.mark(both)
        self.assert_kept(both, marked)
        self.assertEqual(self.packets(both, "v:1"), self.packets(marked, "v:1"))

    def test_cover_art_is_carried_over(self):
        plain = self.make("plain.mp4", *X264, "-c:a", "aac")
        with_cover = self.dir / "cover.mp4"
        ffmpeg("-i", plain, "-i", PICTURE, "-map", "0", "-map", "1", "-c", "copy", "-disposition:v:1", "attached_pic",
               with_cover)
        marked, done = self.mark(with_cover)
        self.assertEqual(done["video"]["dropped_streams"], [])
        self.assertEqual([s["disposition"]["attached_pic"] for s in streams(marked)["streams"]],
                         [s["disposition"]["attached_pic"] for s in streams(with_cover)["streams"]])
        self.assertEqual(stream_hash(with_cover, "v:1"), stream_hash(marked, "v:1"))

    def test_timecode_tracks_are_made_again(self):
        source = self.make("t.mov", *X264, "-c:a", "aac", "-timecode", "01:02:03:04")
        shown = [(s["codec_type"], s.get("tags", {}).get("timecode")) for s in streams(source)["streams"]]
        self.assertIn(("data", "01:02:03:04"), shown)
        marked, done = self.mark(source, "m.mov", "--strict-streams")
        self.assertEqual(done["video"]["dropped_streams"], [])
        self.assertEqual([(s["codec_type"], s.get("tags", {}).get("timecode")) for s in streams(marked)["streams"]],
                         shown)
        self.assert_kept(source, marked)

    def test_a_codec_without_an_encoder_becomes_h264(self):
        source = self.dir / "screen.avi"
        raw = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", str(PICTURE), "-vf", "scale=320:256,vflip", "-f",
                              "rawvideo", "-pix_fmt", "bgr24", "-"], check=True, capture_output=True).stdout
        # CamStudio's codec: a byte that says key frame and zlib, an unused one, the picture from its lowest row on.
        write_avi(source, 320, 256, b"CSCD", [b"\x03\x00" + zlib.compress(raw)] * 10)
        self.assertEqual(streams(source)["streams"][0]["codec_name"], "cscd")
        marked, done = self.mark(source, "m.mkv")
        self.assertTrue(done["video"]["encoder"].startswith("libx264"), done["video"])
        self.assertEqual(streams(marked)["streams"][0]["codec_name"], "h264")
        self.assert_kept(source, marked, audio=False)

    def test_rgb_video(self):
        source = self.make("rgb.mkv", "-c:v", "libx264rgb", "-preset", "ultrafast", "-crf", "12", sound=False)
        marked, _ = self.mark(source)
        self.assert_kept(source, marked, audio=False)


class Damaged(FormatTest):
    def refuse(self, path, text):
        """One clear line, exit code 65, no output and nothing else left."""
        before = sorted(p.name for p in self.dir.iterdir())
        done = self.vseal("embed", path, self.dir / "out.mkv", "--id", "1", expect=65)
        self.assertIn(str(path), done.stderr)
        self.assertIn(text, done.stderr)
        self.assertEqual(done.stderr.strip().count("\n"), 0, done.stderr)
        self.assertEqual(sorted(p.name for p in self.dir.iterdir()), before)

    def cut(self, source, share, name=None):
        path = self.dir / (name or f"cut{source.suffix}")
        whole = source.read_bytes()
        path.write_bytes(whole[:int(len(whole) * share)])
        return path

    def test_files_that_were_cut_off(self):
        for name, arguments in {"a.mkv": X264, "a.y4m": ("-pix_fmt", "yuv420p"), "a.mp4": X264}.items():
            with self.subTest(name):
                source = self.make(name, *arguments, sound=False)
                self.refuse(self.cut(source, 0.95, "cut_" + name), "")

    def test_mp4_without_its_index(self):
        source = self.make("a.mp4", *X264, sound=False)
        self.refuse(self.cut(source, 0.5), "")


if __name__ == "__main__":
    unittest.main()

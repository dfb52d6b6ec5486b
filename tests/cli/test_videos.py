"""Videos: what comes back after re-encoding, and that everything beside the picture is untouched."""
import json
import random

from harness import CLIP, PICTURE, VsealTest, ffmpeg, ffprobe, tool

FRAME = "frame=pts_time,best_effort_timestamp_time"


def stream_hash(path, kind):
    return tool("ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", f"0:{kind}", "-c", "copy",
                "-f", "streamhash", "-")


def frame_times(path):
    frames = ffprobe(path, "-select_streams", "v:0", "-show_entries", FRAME)["frames"]
    return [f.get("pts_time", f.get("best_effort_timestamp_time")) for f in frames]


def streams(path):
    return ffprobe(path, "-show_streams", "-show_format", "-show_chapters")


class Reencoded(VsealTest):
    def test_id_survives_x264_and_half_size(self):
        marked, copy = self.dir / "m.mp4", self.dir / "copy.mp4"
        identifier = str(random.SystemRandom().randrange(2**32))
        self.embed(CLIP, marked, identifier=identifier)
        self.assert_reads(marked, identifier)
        ffmpeg("-i", marked, "-c:v", "libx264", "-crf", "28", "-preset", "medium", copy)
        self.assert_reads(copy, identifier)
        ffmpeg("-i", marked, "-vf", "scale=iw/2:-2", "-c:v", "libx264", "-crf", "23", copy)
        self.assert_reads(copy, identifier)

    def test_unmarked_clip_is_absent(self):
        self.assertEqual(self.detect(CLIP, expect=1)["verdict"], "absent")

    def test_detect_stops_early(self):
        marked = self.dir / "m.mp4"
        self.embed(CLIP, marked)
        found = self.detect(marked)
        self.assertLess(found["frames_read"], found["frames_total"] / 4)

    def read_on(self, threads, path, *arguments, expect=0):
        done = self.vseal("detect", path, "--json", "--threads", threads, "--search", "none", *arguments, expect=expect)
        return done.stdout

    def test_threads_change_nothing_that_is_read(self):
        marked = self.dir / "m.mp4"
        self.embed(CLIP, marked)
        every = ("--frame-step", 1, "--max-frames", 100)
        for path, arguments, expect in ((CLIP, every, 1), (CLIP, ("--raw", *every), 0), (CLIP, ("--max-frames", 10), 1),
                                        (marked, every, 0), (marked, ("--raw", *every), 0)):
            read = {self.read_on(threads, path, *arguments, expect=expect) for threads in (1, 2, 3, 9)}
            self.assertEqual(len(read), 1, read)

    def test_every_frame_is_read_once(self):
        frames = len(frame_times(CLIP))
        for at_most, read in ((frames + 1, frames), (frames, frames), (frames - 1, frames - 1)):
            found = self.detect(CLIP, "--frame-step", 1, "--max-frames", at_most, "--search", "none", expect=1)
            self.assertEqual(found["frames_read"], read)
        self.assertEqual(self.detect(CLIP, "--search", "none", expect=1)["frames_read"], -(-frames // 4))

    def test_rotated_clip_reads_upright(self):
        rotated, marked, upright = self.dir / "r.mp4", self.dir / "m.mp4", self.dir / "u.mp4"
        ffmpeg("-i", CLIP, "-c", "copy", "-metadata:s:v:0", "rotate=90", rotated)
        self.embed(rotated, marked)
        self.assert_reads(marked)
        before, after = (streams(p)["streams"][0] for p in (rotated, marked))
        self.assertEqual(before["side_data_list"][0]["rotation"], after["side_data_list"][0]["rotation"])
        ffmpeg("-i", marked, "-c:v", "libx264", "-crf", "23", upright)
        video = streams(upright)["streams"][0]
        self.assertLess(video["width"], video["height"])
        self.assertNotIn("rotation", json.dumps(video))
        self.assert_reads(upright)


class Beside(VsealTest):
    def check_kept(self, source, marked):
        self.assertEqual(stream_hash(source, "a"), stream_hash(marked, "a"))
        self.assertEqual(frame_times(source), frame_times(marked))
        before, after = streams(source)["streams"], streams(marked)["streams"]
        self.assertEqual(len(before), len(after))
        for old, new in zip(before, after):
            same = ["codec_type", "width", "height", "pix_fmt", "time_base", "color_range", "color_space",
                    "color_transfer", "color_primaries", "sample_aspect_ratio", "disposition"]
            if old["codec_type"] != "video":
                same += ["codec_name", "sample_rate", "channels", "start_pts"]
            for key in same:
                self.assertEqual(old.get(key), new.get(key), key)

    def test_mp4(self):
        marked = self.dir / "m.mp4"
        self.embed(CLIP, marked)
        self.check_kept(CLIP, marked)

    def test_colour_tags_and_mkv(self):
        source, marked = self.dir / "s.mkv", self.dir / "m.mkv"
        ffmpeg("-i", CLIP, "-c:v", "libx264", "-preset", "ultrafast", "-color_primaries", "bt709", "-color_trc",
               "bt709", "-colorspace", "bt709", "-color_range", "tv", "-c:a", "copy", source)
        self.embed(source, marked)
        self.check_kept(source, marked)

    def test_variable_frame_rate(self):
        source, marked = self.dir / "s.mkv", self.dir / "m.mkv"
        ffmpeg("-i", CLIP, "-vf", "select='not(mod(n,3))+not(mod(n,7))'", "-vsync", "vfr", "-c:v", "libx264",
               "-preset", "ultrafast", "-c:a", "copy", source)
        times = [float(t) for t in frame_times(source)]
        gaps = {round(b - a, 3) for a, b in zip(times, times[1:])}
        self.assertGreater(len(gaps), 1)
        self.embed(source, marked)
        self.check_kept(source, marked)

    def test_subtitles_chapters_attachments_and_second_video(self):
        subtitles, chapters = self.dir / "s.srt", self.dir / "chapters.txt"
        subtitles.write_text("1\n00:00:00,100 --> 00:00:01,000\nhello\n")
        chapters.write_text(";FFMETADATA1\ntitle=A film\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle=One\n")
        source, marked = self.dir / "s.mkv", self.dir / "m.mkv"
        ffmpeg("-i", CLIP, "-i", subtitles, "-i", chapters, "-map", "0:v", "-map", "0:a", "-map", "1", "-map", "0:v",
               "-map_metadata", "2", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "copy", "-c:s", "srt",
               "-attach", PICTURE, "-metadata:s:t", "mimetype=image/png", source)
        done = self.embed(source, marked)
        self.assertEqual(done["video"]["dropped_streams"], [])
        before, after = streams(source), streams(marked)
        self.assertEqual([s["codec_type"] for s in before["streams"]], [s["codec_type"] for s in after["streams"]])
        self.assertEqual([c["tags"] for c in before["chapters"]], [c["tags"] for c in after["chapters"]])
        self.assertEqual(after["format"]["tags"]["title"], "A film")
        self.assertEqual(stream_hash(source, "s"), stream_hash(marked, "s"))
        self.assertEqual(stream_hash(source, "v:1"), stream_hash(marked, "v:1"))
        self.assert_reads(marked)

    def test_stream_that_does_not_fit_is_dropped_and_named(self):
        subtitles = self.dir / "s.srt"
        subtitles.write_text("1\n00:00:00,100 --> 00:00:01,000\nhello\n")
        source, marked = self.dir / "s.mkv", self.dir / "m.mp4"
        ffmpeg("-i", CLIP, "-i", subtitles, "-map", "0", "-map", "1", "-c", "copy", "-c:s", "srt", source)
        done = self.embed(source, marked)
        self.assertEqual([d["kind"] for d in done["video"]["dropped_streams"]], ["subtitle"])
        self.vseal("embed", source, self.dir / "n.mp4", "--id", "1", "--strict-streams", expect=65)

    def test_ten_bits_and_chroma_sampling(self):
        for pixels in ("yuv420p10le", "yuv422p", "yuv444p10le"):
            with self.subTest(pixels):
                source, marked = self.dir / f"{pixels}.mkv", self.dir / f"m_{pixels}.mkv"
                ffmpeg("-i", CLIP, "-frames:v", "24", "-pix_fmt", pixels, "-c:v", "libx264", "-preset", "ultrafast",
                       "-crf", "16", "-an", source)
                self.embed(source, marked)
                self.assertEqual(streams(marked)["streams"][0]["pix_fmt"], pixels)
                self.assert_reads(marked)

    def test_codec_follows_the_input_or_the_option(self):
        hevc, vp9 = self.dir / "s.mp4", self.dir / "s.webm"
        ffmpeg("-i", CLIP, "-frames:v", "24", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
               "log-level=none", "-c:a", "copy", hevc)
        self.embed(hevc, self.dir / "m.mp4")
        self.assertEqual(streams(self.dir / "m.mp4")["streams"][0]["codec_name"], "hevc")
        ffmpeg("-i", CLIP, "-frames:v", "24", "-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime", "-an", vp9)
        self.embed(vp9, self.dir / "m.webm")
        self.assertEqual(streams(self.dir / "m.webm")["streams"][0]["codec_name"], "vp9")
        self.embed(vp9, self.dir / "a.mkv", "--codec", "svtav1", "--preset", "10")
        self.assertEqual(streams(self.dir / "a.mkv")["streams"][0]["codec_name"], "av1")
        self.embed(CLIP, self.dir / "f.mkv", "--codec", "ffv1")
        self.assert_reads(self.dir / "f.mkv")

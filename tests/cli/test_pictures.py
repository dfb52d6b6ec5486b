"""Pictures keep what lies beside the pixels, in every format, depth and orientation."""
import os
import shutil
import unittest

from harness import PICTURE, VsealTest, tool


def identify(path, what):
    return tool("identify", "-quiet", "-format", what, path)


def convert(*arguments):
    return tool("convert", *arguments)


class Formats(VsealTest):
    def test_each_format_gives_its_id_back(self):
        for name in ("m.png", "m.jpg", "m.webp", "m.tiff", "m.avif", "m.heic"):
            with self.subTest(name):
                self.embed(PICTURE, self.dir / name)
                self.assert_reads(self.dir / name)

    def test_kind_is_sniffed_not_guessed(self):
        jpeg = self.dir / "really_a_jpeg.png"
        convert(PICTURE, "-quality", "90", f"jpeg:{jpeg}")
        out = self.dir / "no_extension"
        self.embed(jpeg, out)
        self.assertEqual(identify(out, "%m"), "JPEG")
        self.assert_reads(out)

    def test_sixteen_bits_stay_sixteen(self):
        for name in ("deep.png", "deep.tiff"):
            source, out = self.dir / name, self.dir / ("m_" + name)
            convert(PICTURE, "-depth", "16", "-evaluate", "multiply", "0.987", source)
            self.embed(source, out)
            self.assertEqual(identify(out, "%z"), "16")
            self.assert_reads(out)

    def test_avif_and_heif_keep_twelve_of_sixteen_bits(self):
        source = self.dir / "deep.png"
        convert(PICTURE, "-depth", "16", "-evaluate", "multiply", "0.987", source)
        for name, compression in (("m.avif", "av1C"), ("m.heic", "hvcC")):
            out = self.dir / name
            self.embed(source, out)
            self.assertIn(compression.encode(), out.read_bytes())
            self.assertEqual(tool("exiftool", "-s3", "-ImagePixelDepth", out).strip(), "12 12 12")
            again = self.dir / ("again_" + name)
            self.embed(out, again, identifier="12")
            self.assertEqual(tool("exiftool", "-s3", "-ImagePixelDepth", again).strip(), "12 12 12")
            self.assert_reads(again, "12")

    def test_grey_and_palette(self):
        grey, palette = self.dir / "grey.png", self.dir / "palette.png"
        convert(PICTURE, "-colorspace", "Gray", grey)
        convert(PICTURE, "-colors", "64", f"PNG8:{palette}")
        for source in (grey, palette):
            out = self.dir / ("m_" + source.name)
            self.embed(source, out)
            self.assert_reads(out)
        self.assertEqual(identify(self.dir / "m_grey.png", "%[channels]").strip().lower()[:4], "gray")

    def test_alpha_is_untouched(self):
        source, out = self.dir / "alpha.png", self.dir / "m.png"
        convert(PICTURE, "-alpha", "set", "-channel", "A", "-fx", "i/w", source)
        self.embed(source, out)
        self.assert_reads(out)
        difference = tool("sh", "-c", f"convert {source} {out} -alpha extract -metric AE -compare "
                                      "-format '%[distortion]' info:")
        self.assertEqual(float(difference), 0)

    def test_jpeg_quality_and_chroma(self):
        source, out = self.dir / "s.jpg", self.dir / "m.jpg"
        convert(PICTURE, "-quality", "83", "-sampling-factor", "2x2", source)
        self.embed(source, out)
        self.assertEqual(identify(out, "%Q"), "83")
        self.assertIn("2x2", identify(out, "%[jpeg:sampling-factor]"))
        self.embed(source, out, "--quality", "95", "--chroma", "444", "--overwrite")
        self.assertEqual(identify(out, "%Q"), "95")
        self.assertIn("1x1,1x1,1x1", identify(out, "%[jpeg:sampling-factor]"))

    def test_sizes_from_64_up(self):
        for size in ("64x64", "65x127", "1001x333"):
            with self.subTest(size):
                source, out = self.dir / f"{size}.png", self.dir / f"m{size}.png"
                convert(PICTURE, "-resize", f"{size}!", source)
                done = self.embed(source, out, "--no-verify")
                self.assertEqual(f"{done['width']}x{done['height']}", size)


class Libraries(VsealTest):
    """What a picture does not need is not loaded: it takes longer than marking."""
    LATE = ("libvips", "libglib", "libgobject", "libavcodec", "libavformat", "libavfilter", "libavutil", "libcurl")

    def loaded(self, *arguments):
        done = self.vseal(*arguments, env={**os.environ, "LD_DEBUG": "libs"})
        return [name for name in self.LATE if f"/{name}" in done.stderr + done.stdout]

    def test_jpeg_and_png_load_neither_libvips_nor_ffmpeg(self):
        jpeg = self.dir / "s.jpg"
        convert(PICTURE, "-quality", "90", jpeg)
        for source, out in ((jpeg, "m.jpg"), (PICTURE, "m.png"), (jpeg, "of_a_jpeg.png")):
            with self.subTest(out):
                self.assertEqual(self.loaded("embed", source, self.dir / out, "--id", "4711"), [])
                self.assertEqual(self.loaded("detect", self.dir / out), [])

    def test_other_formats_load_libvips(self):
        self.assertIn("libvips", self.loaded("embed", PICTURE, self.dir / "m.webp", "--id", "4711"))


class Metadata(VsealTest):
    def setUp(self):
        super().setUp()
        if shutil.which("exiftool") is None:
            raise unittest.SkipTest("SKIPPED: exiftool is not installed")

    def test_exif_xmp_and_icc_are_kept(self):
        for name in ("s.jpg", "s.png", "s.tiff", "s.webp"):
            with self.subTest(name):
                source, out = self.dir / name, self.dir / ("m_" + name)
                convert(PICTURE, source)
                tool("exiftool", "-q", "-overwrite_original", "-Artist=A. Person", "-XMP-dc:Title=A title",
                     "-DateTimeOriginal=2024:05:06 07:08:09", source)
                self.embed(source, out)
                self.assertEqual(tool("exiftool", "-s3", "-XMP-dc:Title", out).strip(), "A title")
                kept = tool("exiftool", "-s3", "-Artist", "-DateTimeOriginal", out).split("\n")
                self.assertEqual(kept[:2], ["A. Person", "2024:05:06 07:08:09"])

    def test_a_tiff_of_either_byte_order_keeps_its_tags(self):
        names = ["Artist", "Copyright", "Make", "ModifyDate", "ExposureTime", "FNumber", "LensModel", "UserComment",
                 "GPSLatitude", "GPSLatitudeRef", "ISO"]
        values = ["A. Person", "2024 A. Person", "A", "2024:05:06 07:08:09", "1/125", "2.8", "A lens", "A remark, longer",
                  "47.5", "S", "400"]
        for order in ("lsb", "msb"):
            with self.subTest(order):
                source, out = self.dir / f"{order}.tiff", self.dir / f"m_{order}.tiff"
                convert(PICTURE, "-define", f"tiff:endian={order}", source)
                tool("exiftool", "-q", "-overwrite_original", *(f"-{n}={v}" for n, v in zip(names, values)), source)
                self.embed(source, out)
                self.assert_reads(out)
                shown = [tool("exiftool", "-G1", "-s", *(f"-{n}" for n in names), path) for path in (source, out)]
                self.assertEqual(len(shown[0].splitlines()), len(names))
                self.assertEqual(*shown)

    def test_icc_profile_is_kept(self):
        profile = self.dir / "profile.icc"
        source, out = self.dir / "s.jpg", self.dir / "m.jpg"
        convert(PICTURE, "-set", "colorspace", "sRGB", source)
        candidates = tool("sh", "-c", "find /usr/share/color -name 'sRGB*.icc' 2>/dev/null | head -1").strip()
        if not candidates:
            self.skipTest("SKIPPED: no ICC profile on this machine; tests/media covers it")
        shutil.copy(candidates, profile)
        tool("exiftool", "-q", "-overwrite_original", f"-icc_profile<={profile}", source)
        self.embed(source, out)
        extract = lambda p: tool("sh", "-c", f"exiftool -icc_profile -b {p} | sha256sum")
        self.assertEqual(extract(source), extract(out))

    def test_orientation_6_reads_upright(self):
        source, out, upright = self.dir / "s.jpg", self.dir / "m.jpg", self.dir / "upright.jpg"
        convert(PICTURE, "-quality", "95", source)
        tool("exiftool", "-q", "-overwrite_original", "-n", "-Orientation=6", source)
        self.embed(source, out)
        self.assertEqual(tool("exiftool", "-n", "-s3", "-Orientation", out).strip(), "6")
        self.assert_reads(out)
        convert(out, "-auto-orient", "-quality", "90", upright)
        self.assertEqual(identify(upright, "%wx%h"), "534x400")
        self.assert_reads(upright)

// JPEG and PNG are read and written without libvips, which is the oracle for both here.
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstring>
#include <functional>
#include <optional>

#include "media/picture.h"
#include "media/picture_file.h"
#include "media/picture_parts.h"

namespace vseal::media {
namespace {

using Interleaved = std::vector<uint16_t>;

struct Decoded {
  int width = 0, height = 0, bands = 0, depth = 0;
  Interleaved colours;  // without alpha
  bool operator==(const Decoded&) const = default;
};

Decoded decoded(const Picture& picture) {
  const FrameView view = picture.view();
  Decoded d{view.width(), view.height(), view.planes[0].step, view.planes[0].depth_bits, {}};
  for (int y = 0; y < d.height; ++y) {
    for (int x = 0; x < d.width; ++x) {
      for (int c = 0; c < view.plane_count; ++c) {
        const PlaneView& p = view.planes[static_cast<size_t>(c)];
        const ptrdiff_t at = ptrdiff_t{x} * p.step;
        d.colours.push_back(d.depth > 8 ? p.row<uint16_t>(y)[at] : p.row<uint8_t>(y)[at]);
      }
    }
  }
  return d;
}

// As libvips reads it; nothing when it says that the file ends early.
std::optional<Decoded> oracle(const std::string& file) {
  VipsImage* opened = vips_image_new_from_file(file.c_str(), "access", VIPS_ACCESS_SEQUENTIAL,
                                               "fail_on", VIPS_FAIL_ON_TRUNCATED, nullptr);
  const VipsImagePtr image(opened);
  size_t size = 0;
  void* memory = image == nullptr ? nullptr : vips_image_write_to_memory(image.get(), &size);
  vips_error_clear();
  if (memory == nullptr) return std::nullopt;
  Decoded d{vips_image_get_width(image.get()),
            vips_image_get_height(image.get()),
            vips_image_get_bands(image.get()),
            vips_image_get_format(image.get()) == VIPS_FORMAT_USHORT ? 16 : 8,
            {}};
  const int colours = d.bands < 3 ? 1 : 3;
  for (size_t i = 0; i < size_t(d.width) * d.height * d.bands; ++i) {
    if (static_cast<int>(i % d.bands) >= colours) continue;
    d.colours.push_back(d.depth > 8 ? static_cast<const uint16_t*>(memory)[i]
                                    : static_cast<const uint8_t*>(memory)[i]);
  }
  g_free(memory);
  return d;
}

std::string big(uint32_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}

std::string chunk(const std::string& type, const std::string& body) {
  const std::string labelled = type + body;
  const auto* bytes = reinterpret_cast<const Bytef*>(labelled.data());
  return big(static_cast<uint32_t>(body.size()), 4) + labelled +
         big(static_cast<uint32_t>(crc32(0, bytes, static_cast<uInt>(labelled.size()))), 4);
}

// Behind the header, or before the end.
std::string with_chunk(const std::string& png, const std::string& added, bool late = false) {
  const size_t at = late ? png.size() - 12 : 8 + 25;
  return png.substr(0, at) + added + png.substr(at);
}

std::string deflated(const std::string& text) {
  std::string out(compressBound(text.size()), '\0');
  uLongf size = out.size();
  EXPECT_EQ(compress(reinterpret_cast<Bytef*>(out.data()), &size,
                     reinterpret_cast<const Bytef*>(text.data()), text.size()),
            Z_OK);
  return out.substr(0, size);
}

std::string segment(int marker, const std::string& body) {
  return std::string("\xff") + static_cast<char>(marker) +
         big(static_cast<uint32_t>(body.size() + 2), 2) + body;
}

// Behind the start of a JPEG that has none: JFIF's header of 72x96 dots per inch, then `added`.
std::string with_segments(const std::string& jpeg, const std::string& added) {
  const std::string density("\1\0\x48\0\x60", 5);
  return jpeg.substr(0, 2) + segment(0xE0, std::string("JFIF\0\1\1", 7) + density + big(0, 2)) +
         added + jpeg.substr(2);
}

// A TIFF with an orientation, a resolution, an artist.
std::string exif_block() {
  std::string ifd("II*\0\x08\0\0\0\x05\0", 10);
  const auto little = [](uint32_t v, int n) {
    std::string text;
    for (int i = 0; i < n; ++i) text += static_cast<char>(v >> (8 * i));
    return text;
  };
  const auto entry = [&](int tag, int type, int count, uint32_t value) {
    return little(tag, 2) + little(type, 2) + little(count, 4) + little(value, 4);
  };
  ifd += entry(274, 3, 1, 6) + entry(282, 5, 1, 74) + entry(283, 5, 1, 74) + entry(296, 3, 1, 2) +
         entry(315, 2, 10, 82) + little(0, 4);
  return ifd + little(300, 4) + little(1, 4) + std::string("A. Person\0", 10);
}

class PictureCodecTest : public PictureFileTest {
 protected:
  void expect_as_libvips(const std::string& file) {
    const std::optional<Decoded> expected = oracle(file);
    ASSERT_TRUE(expected.has_value());
    EXPECT_TRUE(decoded(load(file)) == *expected);
  }

  // Without anything beside the pixels.
  std::string png(int width, int height, int bands, int depth) {
    std::string bytes = read_bytes(write("made.png[strip]", make(width, height, bands, depth)));
    if (const size_t at = bytes.find("pHYs"); at != std::string::npos) bytes.erase(at - 4, 21);
    return bytes;
  }
  std::string jpeg() { return read_bytes(write("made.jpg[strip]", make(64, 48, 3, 8))); }

  // What a picture's file becomes when it is saved in `format`.
  std::string saved(const std::string& bytes, PictureFormat format) {
    write_bytes(path("in"), bytes);
    EXPECT_TRUE(load(path("in")).save(path("out"), format, {}).ok());
    return read_bytes(path("out"));
  }

  std::string bytes_of_meta(const std::string& file, const char* name) {
    const VipsImagePtr header(vips_image_new_from_file(file.c_str(), nullptr));
    const void* blob = nullptr;
    size_t size = 0;
    if (vips_image_get_blob(header.get(), name, &blob, &size) != 0) return "none";
    return {static_cast<const char*>(blob), size};
  }
};

TEST_F(PictureCodecTest, PngPixelsAreLibvips) {
  const struct {
    const char* name;
    int bands, depth;
  } cases[] = {{"a.png", 1, 8},
               {"a.png", 2, 8},
               {"a.png", 3, 8},
               {"a.png", 4, 8},
               {"a.png", 1, 16},
               {"a.png", 2, 16},
               {"a.png", 3, 16},
               {"a.png", 4, 16},
               {"a.png[interlace]", 1, 8},
               {"a.png[interlace]", 4, 8},
               {"a.png[interlace]", 3, 16},
               {"a.png[filter=all]", 3, 8},
               {"a.png[palette]", 3, 8},
               {"a.png[palette]", 4, 8},
               {"a.png[palette,interlace,bitdepth=4]", 3, 8},
               {"a.png[palette,bitdepth=2]", 3, 8},
               {"a.png[palette,bitdepth=1]", 4, 8},
               {"a.png[bitdepth=1]", 1, 8},
               {"a.png[bitdepth=2,interlace]", 1, 8},
               {"a.png[bitdepth=4]", 1, 8}};
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.name) + " bands " + std::to_string(c.bands));
    expect_as_libvips(write(c.name, make(67, 41, c.bands, c.depth)));
  }
}

TEST_F(PictureCodecTest, ATransparentColourBecomesAlpha) {
  for (const int depth : {8, 16}) {
    for (const int bands : {1, 3}) {
      std::string key;
      for (int i = 0; i < bands; ++i) key += big(static_cast<uint32_t>(37 * i), 2);
      write_bytes(path("t.png"), with_chunk(png(67, 41, bands, depth), chunk("tRNS", key)));
      expect_as_libvips(path("t.png"));
      EXPECT_TRUE(load(path("t.png")).has_alpha());
    }
  }
}

TEST_F(PictureCodecTest, JpegPixelsAreLibvips) {
  for (const char* options :
       {"", "[subsample_mode=on]", "[subsample_mode=off]", "[interlace]",
        "[interlace,subsample_mode=off]", "[restart_interval=2]", "[Q=10]", "[Q=100]"}) {
    for (const int bands : {1, 3}) {
      SCOPED_TRACE(std::string(options) + " bands " + std::to_string(bands));
      expect_as_libvips(write(std::string("a.jpg") + options, make(67, 41, bands, 8)));
      expect_as_libvips(write(std::string("a.jpg") + options, make(128, 64, bands, 8)));
    }
  }
}

TEST_F(PictureCodecTest, SavedJpegsDecodeAsThoseOfLibvips) {
  for (const int bands : {1, 3}) {
    const Picture picture = load(write("s.png", make(67, 41, bands, 8)));
    for (const int quality : {20, 75, 92, 100}) {
      for (const Chroma chroma : {Chroma::k420, Chroma::k444}) {
        const bool halve = chroma == Chroma::k420;
        ASSERT_TRUE(picture.save(path("t.jpg"), PictureFormat::kJpeg, {quality, chroma}).ok());
        const std::string options =
            "[Q=" + std::to_string(quality) + ",subsample_mode=" + (halve ? "on" : "off") + "]";
        write("v.jpg" + options, make(67, 41, bands, 8));
        EXPECT_TRUE(oracle(path("t.jpg")) == oracle(path("v.jpg"))) << options;
      }
    }
  }
}

TEST_F(PictureCodecTest, SavedPngsHoldTheSamplesAndAlpha) {
  for (const int depth : {8, 16}) {
    for (const int bands : {1, 2, 3, 4}) {
      const Picture picture = load(write("s.png", make(67, 41, bands, depth)));
      ASSERT_TRUE(picture.save(path("t.png"), PictureFormat::kPng, {}).ok());
      const VipsImagePtr a(vips_image_new_from_file(path("s.png").c_str(), nullptr));
      const VipsImagePtr b(vips_image_new_from_file(path("t.png").c_str(), nullptr));
      VipsImage* difference = nullptr;
      ASSERT_EQ(vips_subtract(a.get(), b.get(), &difference, nullptr), 0);
      double low = 1, high = 1;
      EXPECT_EQ(vips_min(difference, &low, nullptr), 0);
      EXPECT_EQ(vips_max(difference, &high, nullptr), 0);
      EXPECT_EQ(low, 0);
      EXPECT_EQ(high, 0);
      g_object_unref(difference);
    }
  }
}

// A drawing must not grow by the filter that photographs gain from.
TEST_F(PictureCodecTest, PngsAreNotLargerThanThoseOfLibvips) {
  VipsImage *black = nullptr, *drawing = nullptr;
  ASSERT_EQ(vips_black(&black, 400, 300, "bands", 3, nullptr), 0);
  ASSERT_EQ(vips_cast_uchar(black, &drawing, nullptr), 0);
  g_object_unref(black);
  double ink[] = {255, 128, 0};
  for (int i = 0; i < 40; ++i) {
    VipsImage* changed = vips_image_copy_memory(drawing);
    vips_draw_line(changed, ink, 3, 3 * i, 0, 399 - 5 * i, 299, nullptr);
    g_object_unref(drawing);
    drawing = changed;
  }
  const size_t of_libvips = std::filesystem::file_size(write("s.png", drawing));
  EXPECT_LE(saved(read_bytes(path("s.png")), PictureFormat::kPng).size(), of_libvips);

  const std::string photograph = std::string(VSEAL_SOURCE_DIR) + "/tests/data/picture.png";
  VipsImage* const image = vips_image_new_from_file(photograph.c_str(), nullptr);
  const size_t also_of_libvips = std::filesystem::file_size(write("p.png", image));
  EXPECT_LE(saved(read_bytes(photograph), PictureFormat::kPng).size(), also_of_libvips);
}

TEST_F(PictureCodecTest, JpegSegmentsStayAsTheyAre) {
  const std::string kept = segment(0xE1, std::string("Exif\0\0", 6) + exif_block()) +
                           segment(0xE1, std::string("http://ns.adobe.com/xap/1.0/\0<x/>", 33)) +
                           segment(0xE2, std::string("ICC_PROFILE\0\1\1not a profile", 27)) +
                           segment(0xE4, "something of a maker") +
                           segment(0xED, std::string("Photoshop 3.0\0 8BIM", 19)) +
                           segment(0xFE, "a remark");
  const std::string dropped = segment(0xE0, std::string("JFXX\0thumbnail", 14)) +
                              segment(0xE2, std::string("MPF\0offsets", 11)) +
                              segment(0xEB, "JP signed") +
                              segment(0xEE, std::string("Adobe\0d\0\0\0\0\1", 12));
  const std::string source = with_segments(jpeg(), dropped + kept);
  const std::string out = saved(source, PictureFormat::kJpeg);
  EXPECT_NE(out.find(kept), std::string::npos);
  EXPECT_EQ(out.substr(13, 5), source.substr(13, 5));
  for (const char* word : {"JFXX", "MPF", "JP signed"})
    EXPECT_EQ(out.find(word), std::string::npos);
  EXPECT_EQ(load(path("out")).view().orientation, Orientation::kRotate90);
}

TEST_F(PictureCodecTest, PngChunksStayAsTheyAre) {
  const std::string early =
      chunk("gAMA", big(45455, 4)) + chunk("cHRM", std::string(32, 'c')) +
      chunk("iCCP", std::string("name\0\0deflated", 14)) + chunk("sRGB", std::string(1, '\0')) +
      chunk("cICP", std::string("\1\15\0\1", 4)) +
      chunk("pHYs", big(11811, 4) + big(5905, 4) + "\1") +
      chunk("bKGD", big(1, 2) + big(2, 2) + big(3, 2)) + chunk("eXIf", exif_block()) +
      chunk("zTXt", std::string("Key\0\0packed", 11)) + chunk("prVt", "private, safe to copy");
  const std::string late = chunk("tEXt", std::string("Author\0A. Person", 16));
  std::string damaged = chunk("tEXt", "damaged");
  damaged.back() ^= 1;
  const std::string dropped = chunk("sBIT", "\5\5\5") + chunk("tIME", "yesterd") +
                              chunk("prVT", "private, of these pixels") + chunk("caBX", "signed") +
                              damaged;
  const std::string made = png(64, 48, 3, 8);
  const std::string out =
      saved(with_chunk(with_chunk(made, dropped + early), late, true), PictureFormat::kPng);
  EXPECT_NE(out.find(early), std::string::npos);
  EXPECT_NE(out.find(late), std::string::npos);
  for (const char* word : {"sBIT", "tIME", "prVT", "caBX", "damaged"}) {
    EXPECT_EQ(out.find(word), std::string::npos) << word;
  }
  EXPECT_EQ(load(path("out")).view().orientation, Orientation::kRotate90);
}

TEST_F(PictureCodecTest, TheBackgroundOfAPaletteIsNotCopied) {
  const std::string palette = read_bytes(write("p.png[palette]", make(64, 48, 3, 8)));
  const size_t at = palette.find("IDAT") - 4;
  const std::string source = palette.substr(0, at) + chunk("bKGD", "\1") + palette.substr(at);
  EXPECT_EQ(saved(source, PictureFormat::kPng).find("bKGD"), std::string::npos);
}

TEST_F(PictureCodecTest, MetadataCrossesBetweenJpegAndPng) {
  VipsImage* image = make(80, 60, 3, 8);
  VipsImage* profiled = nullptr;
  ASSERT_EQ(vips_icc_transform(image, &profiled, "p3", "input_profile", "srgb", nullptr), 0);
  g_object_unref(image);
  // A profile of three segments, and XMP that a PNG may deflate.
  const void* blob = nullptr;
  size_t size = 0;
  ASSERT_EQ(vips_image_get_blob(profiled, VIPS_META_ICC_NAME, &blob, &size), 0);
  std::string icc(static_cast<const char*>(blob), size);
  const std::string xmp = "<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + std::string(500, 'x');
  for (unsigned i = 0; i < 150'000; ++i) icc += static_cast<char>(i * i >> 3);
  icc.resize(icc.size() / 4 * 4);
  icc.replace(0, 4, big(static_cast<uint32_t>(icc.size()), 4));
  g_object_unref(profiled);
  const std::string source = with_chunk(
      png(64, 48, 3, 8),
      chunk("iCCP", std::string("p\0\0", 3) + deflated(icc)) +
          chunk("pHYs", big(2835, 4) + big(3780, 4) + "\1") + chunk("eXIf", exif_block()) +
          chunk("iTXt", std::string("XML:com.adobe.xmp\0\1\0en\0key\0", 27) + deflated(xmp)));
  const std::string as_jpeg = saved(source, PictureFormat::kJpeg);
  EXPECT_TRUE(bytes_of_meta(path("out"), VIPS_META_ICC_NAME) == icc);
  EXPECT_EQ(bytes_of_meta(path("out"), VIPS_META_XMP_NAME), xmp);
  EXPECT_NE(as_jpeg.find(std::string("Exif\0\0", 6) + exif_block()), std::string::npos);
  EXPECT_EQ(as_jpeg.substr(13, 5), std::string("\1\0\x48\0\x60", 5));  // 72x96 dots per inch
  // And back, where the resolution is the one of EXIF.
  const std::string as_png = saved(as_jpeg, PictureFormat::kPng);
  EXPECT_TRUE(bytes_of_meta(path("out"), VIPS_META_ICC_NAME) == icc);
  EXPECT_EQ(bytes_of_meta(path("out"), VIPS_META_XMP_NAME), xmp);
  EXPECT_NE(as_png.find(chunk("eXIf", exif_block())), std::string::npos);
  EXPECT_NE(as_png.find(chunk("pHYs", big(11811, 4) + big(11811, 4) + "\1")), std::string::npos);
  EXPECT_EQ(load(path("out")).view().orientation, Orientation::kRotate90);
}

// A PNG is refused wherever it is cut. A JPEG may lack its end, as long as all pixels are there.
TEST_F(PictureCodecTest, CutFilesAreRefusedWhereLibvipsRefusesThem) {
  for (const char* name : {"a.jpg[strip]", "b.jpg[interlace,strip]", "c.png[strip]",
                           "d.png[interlace,strip]", "e.png[palette,strip]"}) {
    const std::string file = write(name, make(24, 16, 3, 8));
    const std::string bytes = read_bytes(file);
    const Decoded whole = decoded(load(file));
    for (size_t size = 4; size < bytes.size(); ++size) {
      write_bytes(path("cut"), bytes.substr(0, size));
      const auto cut = Picture::load(path("cut"));
      if (size % 8 == 0 || size + 16 > bytes.size()) {  // libvips takes a millisecond each
        const bool accepted = oracle(path("cut")).has_value();
        EXPECT_LE(cut.ok(), accepted) << name << " cut at " << size << " of " << bytes.size();
      }
      if (cut.ok()) {
        EXPECT_NE(std::string(name).find(".jpg"), std::string::npos) << name << " cut at " << size;
        EXPECT_TRUE(decoded(*cut) == whole) << name << " cut at " << size;
      } else {
        EXPECT_EQ(cut.status().code(), Code::kCorruptInput) << cut.status().message();
      }
    }
  }
}

TEST_F(PictureCodecTest, ADamagedPngIsRefused) {
  const std::string file = write("s.png", make(60, 40, 3, 8));
  const std::string bytes = read_bytes(file);
  const size_t pixels = bytes.find("IDAT");
  for (size_t at = pixels; at + 16 < bytes.size(); at += 7) {
    std::string damaged = bytes;
    damaged[at] ^= 0x10;
    write_bytes(path("damaged"), damaged);
    EXPECT_FALSE(Picture::load(path("damaged")).ok()) << at;
  }
}

// Whatever a bit may do to a header, nothing is read or written outside of the picture, and what is
// read can be written.
TEST_F(PictureCodecTest, FlippedBitsDoNoHarm) {
  const std::string exif = std::string("Exif\0\0", 6) + exif_block();
  const std::string jpeg_file = with_segments(
      jpeg(), segment(0xE1, exif) + segment(0xE2, std::string("ICC_PROFILE\0\1\1body", 18)));
  const std::string png_file = with_chunk(
      png(64, 48, 3, 8), chunk("eXIf", exif_block()) + chunk("pHYs", big(1, 4) + big(2, 4) + "\1"));
  int read = 0, refused = 0;
  for (const std::string& bytes : {jpeg_file, png_file}) {
    for (size_t at = 2; at < std::min<size_t>(bytes.size(), 700); ++at) {
      for (const int bit : {0, 6}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 1 << bit);
        write_bytes(path("damaged"), damaged);
        const auto picture = Picture::load(path("damaged"), 20'000);
        picture.ok() ? ++read : ++refused;
        if (!picture.ok() || picture->has_alpha()) continue;
        for (const PictureFormat format : {PictureFormat::kJpeg, PictureFormat::kPng}) {
          std::filesystem::remove(path("out"));
          EXPECT_TRUE(picture->save(path("out"), format, {}).ok());
        }
      }
    }
  }
  EXPECT_GT(read, 100);
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace vseal::media

// Picture files: what is kept, what is refused.
#include "media/picture.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <thread>

#include "media/picture_file.h"

namespace vseal::media {
namespace {

namespace fs = std::filesystem;

class PictureTest : public PictureFileTest {
 protected:
  void expect_refused(const std::string& file, Code code, const std::string& word) {
    const auto picture = Picture::load(file);
    ASSERT_FALSE(picture.ok()) << file;
    EXPECT_EQ(picture.status().code(), code) << picture.status().message();
    EXPECT_NE(picture.status().message().find(word), std::string::npos)
        << picture.status().message();
    EXPECT_EQ(picture.status().message().find('\n'), std::string::npos);
  }
};

int sample(const FrameView& view, int channel, int x, int y) {
  const PlaneView& p = view.planes[static_cast<size_t>(channel)];
  return p.depth_bits > 8 ? p.row<uint16_t>(y)[x * p.step] : p.row<uint8_t>(y)[x * p.step];
}

TEST_F(PictureTest, LosslessRoundTripsKeepEverySample) {
  const struct {
    int bands, depth;
    PictureFormat format;
  } cases[] = {{1, 8, PictureFormat::kPng},   {2, 8, PictureFormat::kPng},
               {3, 8, PictureFormat::kPng},   {4, 8, PictureFormat::kPng},
               {1, 16, PictureFormat::kPng},  {3, 16, PictureFormat::kPng},
               {4, 16, PictureFormat::kTiff}, {3, 8, PictureFormat::kTiff},
               {1, 16, PictureFormat::kTiff}, {2, 8, PictureFormat::kTiff}};
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(format_name(c.format)) + " bands " + std::to_string(c.bands) +
                 " depth " + std::to_string(c.depth));
    const std::string extension = c.format == PictureFormat::kPng ? ".png" : ".tif";
    const std::string source = write("s" + extension, make(67, 41, c.bands, c.depth));
    Picture picture = load(source);
    const FrameView view = picture.view();
    EXPECT_EQ(view.model, c.bands < 3 ? ColorModel::kGrey : ColorModel::kRgb);
    EXPECT_EQ(view.planes[0].depth_bits, c.depth);
    EXPECT_EQ(picture.has_alpha(), c.bands % 2 == 0);
    // Changing a sample in place must reach the file.
    if (c.depth > 8) {
      view.planes[0].row<uint16_t>(3)[5 * view.planes[0].step] = 1234;
    } else {
      view.planes[0].row<uint8_t>(3)[5 * view.planes[0].step] = 123;
    }
    const std::string target = path("t" + extension);
    ASSERT_TRUE(picture.save(target, c.format, {}).ok());
    const Picture again = load(target);
    const FrameView other = again.view();
    for (int i = 0; i < view.plane_count; ++i) {
      for (int y = 0; y < 41; ++y) {
        for (int x = 0; x < 67; ++x) ASSERT_EQ(sample(other, i, x, y), sample(view, i, x, y));
      }
    }
    EXPECT_EQ(sample(other, 0, 5, 3), c.depth > 8 ? 1234 : 123);
  }
}

TEST_F(PictureTest, WebpLosslessStaysLossless) {
  const std::string source = write("s.webp[lossless=true]", make(64, 48, 3, 8));
  const Picture picture = load(source);
  ASSERT_TRUE(picture.save(path("t.webp"), PictureFormat::kWebp, {}).ok());
  const Picture again = load(path("t.webp"));
  for (int x = 0; x < 64; ++x) {
    EXPECT_EQ(sample(again.view(), 1, x, 7), sample(picture.view(), 1, x, 7));
  }
}

TEST_F(PictureTest, JpegQualityAndChromaFollowTheInput) {
  for (const int quality : {30, 50, 75, 90, 95}) {
    for (const char* mode : {"on", "off"}) {
      SCOPED_TRACE(std::to_string(quality) + mode);
      const std::string name =
          "s.jpg[Q=" + std::to_string(quality) + ",subsample_mode=" + mode + "]";
      const Picture picture = load(write(name, make(160, 120, 3, 8)));
      ASSERT_TRUE(picture.save(path("t.jpg"), PictureFormat::kJpeg, {}).ok());
      // Saved again from the copy, the bytes must settle: same tables, same sampling.
      const std::string first = read_bytes(path("s.jpg")), second = read_bytes(path("t.jpg"));
      const size_t table = first.find("\xff\xdb"), other = second.find("\xff\xdb");
      ASSERT_NE(other, std::string::npos);
      EXPECT_EQ(first.substr(table, 69), second.substr(other, 69));
      const size_t frame = first.find("\xff\xc0"), frame2 = second.find("\xff\xc0");
      ASSERT_NE(frame2, std::string::npos);
      EXPECT_EQ(first.substr(frame, 19), second.substr(frame2, 19));
    }
  }
}

TEST_F(PictureTest, MetadataIsCarriedOver) {
  VipsImage* image = make(80, 60, 3, 8);
  const std::string xmp = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><a/></x:xmpmeta>";
  vips_image_set_blob_copy(image, VIPS_META_XMP_NAME, xmp.data(), xmp.size());
  vips_image_set_int(image, VIPS_META_ORIENTATION, 6);
  vips_image_set_string(image, "exif-ifd0-Artist", "A. Person");
  image->Xres = image->Yres = 11.811;  // 300 dpi
  VipsImage* profiled = nullptr;
  ASSERT_EQ(vips_icc_transform(image, &profiled, "p3", "input_profile", "srgb", nullptr), 0)
      << vips_error_buffer();
  g_object_unref(image);
  const Picture picture = load(write("s.jpg[Q=90]", profiled));
  EXPECT_EQ(picture.view().orientation, Orientation::kRotate90);
  for (const PictureFormat format :
       {PictureFormat::kJpeg, PictureFormat::kPng, PictureFormat::kWebp, PictureFormat::kTiff}) {
    SCOPED_TRACE(format_name(format));
    ASSERT_TRUE(picture.save(path("t"), format, {}).ok());
    const Picture again = load(path("t"));
    EXPECT_EQ(again.view().orientation, Orientation::kRotate90);
    VipsImage* header = vips_image_new_from_file(path("t").c_str(), nullptr);
    const void* blob = nullptr;
    size_t size = 0;
    ASSERT_EQ(vips_image_get_blob(header, VIPS_META_XMP_NAME, &blob, &size), 0);
    EXPECT_EQ(std::string(static_cast<const char*>(blob), size).substr(0, xmp.size()), xmp);
    ASSERT_EQ(vips_image_get_blob(header, VIPS_META_ICC_NAME, &blob, &size), 0);
    EXPECT_GT(size, 100u);
    // libvips writes no EXIF directory into a TIFF (one that comes from a TIFF is copied:
    // tests/cli), and a WebP has no resolution of its own.
    if (format != PictureFormat::kTiff) {
      const char* artist = nullptr;
      ASSERT_EQ(vips_image_get_string(header, "exif-ifd0-Artist", &artist), 0);
      EXPECT_EQ(std::string(artist).rfind("A. Person", 0), 0u);
    }
    if (format != PictureFormat::kWebp) {
      EXPECT_NEAR(vips_image_get_xres(header), 11.811, 0.01);
    }
    g_object_unref(header);
  }
}

TEST_F(PictureTest, KindIsSniffedFromBytes) {
  const struct {
    const char* name;
    PictureFormat format;
  } cases[] = {{"a.png", PictureFormat::kPng},
               {"a.jpg", PictureFormat::kJpeg},
               {"a.webp", PictureFormat::kWebp},
               {"a.tif", PictureFormat::kTiff},
               {"a.avif", PictureFormat::kAvif}};
  for (const auto& c : cases) {
    const std::string file = write(c.name, make(64, 64, 3, 8));
    fs::rename(file, path("misnamed.gif"));
    const auto format = sniff_picture(path("misnamed.gif"));
    ASSERT_TRUE(format.ok() && format->has_value()) << c.name;
    EXPECT_EQ(**format, c.format);
    EXPECT_EQ(format_from_name(std::string("dir.x/") + c.name), c.format);
  }
  EXPECT_EQ(format_from_name("a.JPEG"), PictureFormat::kJpeg);
  EXPECT_FALSE(format_from_name("dir.png/noextension").has_value());
  EXPECT_EQ(sniff_picture(path("missing.png")).status().code(), Code::kNotFound);
}

TEST_F(PictureTest, TruncatedFilesAreCorrupt) {
  for (const char* name : {"s.png", "s.jpg", "s.webp", "s.tif", "s.avif"}) {
    const std::string bytes = read_bytes(write(name, make(300, 200, 3, 8)));
    for (const double share : {0.3, 0.6, 0.9}) {
      SCOPED_TRACE(std::string(name) + " cut at " + std::to_string(share));
      write_bytes(path("cut"), bytes.substr(0, static_cast<size_t>(share * bytes.size())));
      expect_refused(path("cut"), Code::kCorruptInput, "cut");
    }
  }
}

TEST_F(PictureTest, WhatIsNoPictureIsRefused) {
  write_bytes(path("empty"), "");
  expect_refused(path("empty"), Code::kCorruptInput, "not a picture");
  write_bytes(path("text.png"), "just some text");
  expect_refused(path("text.png"), Code::kCorruptInput, "not a picture");
  write_bytes(path("drawing.svg"),
              "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>");
  expect_refused(path("drawing.svg"), Code::kCorruptInput, "not a picture");
  write_bytes(path("page.pdf"), "%PDF-1.4\n");
  expect_refused(path("page.pdf"), Code::kCorruptInput, "not a picture");
  expect_refused(path("missing"), Code::kNotFound, "missing");
}

TEST_F(PictureTest, KindsThatAreNotHandledAreNamed) {
  VipsImage* cmyk = make(64, 64, 4, 8);
  cmyk->Type = VIPS_INTERPRETATION_CMYK;
  expect_refused(write("cmyk.jpg", cmyk), Code::kUnsupported, "cmyk");

  VipsImage* frames = make(64, 128, 3, 8);
  vips_image_set_int(frames, VIPS_META_PAGE_HEIGHT, 64);
  expect_refused(write("pages.tif", frames), Code::kUnsupported, "2 pages");

  VipsImage *narrow = make(64, 64, 3, 8), *wide = nullptr;
  ASSERT_EQ(vips_cast(narrow, &wide, VIPS_FORMAT_FLOAT, nullptr), 0);
  g_object_unref(narrow);
  expect_refused(write("float.tif", wide), Code::kUnsupported, "float");
}

TEST_F(PictureTest, MorePixelsThanAllowedAreRefusedByTheHeader) {
  const std::string file = write("s.png", make(100, 100, 1, 8));
  EXPECT_EQ(Picture::load(file, 9'999).status().code(), Code::kUnsupported);
  EXPECT_TRUE(Picture::load(file, 10'000).ok());
  // A header that claims 60000 x 60000 pixels, its check sum made right.
  std::string bytes = read_bytes(file);
  const unsigned char side[] = {0, 0, 0xEA, 0x60};
  std::memcpy(bytes.data() + 16, side, 4);
  std::memcpy(bytes.data() + 20, side, 4);
  uint32_t crc = 0xFFFFFFFF;
  for (size_t i = 12; i < 29; ++i) {
    crc ^= static_cast<unsigned char>(bytes[i]);
    for (int k = 0; k < 8; ++k) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
  }
  crc = ~crc;
  for (int i = 0; i < 4; ++i) bytes[29 + i] = static_cast<char>(crc >> (24 - 8 * i));
  write_bytes(path("bomb.png"), bytes);
  expect_refused(path("bomb.png"), Code::kUnsupported, "3600000000");
}

TEST_F(PictureTest, FormatsThatCannotHoldThePictureSayWhy) {
  const Picture deep = load(write("deep.png", make(64, 64, 3, 16)));
  const Status jpeg = deep.save(path("t"), PictureFormat::kJpeg, {});
  EXPECT_EQ(jpeg.code(), Code::kInvalidArgument);
  EXPECT_NE(jpeg.message().find("8 bits"), std::string::npos);
  const Picture alpha = load(write("alpha.png", make(64, 64, 4, 8)));
  EXPECT_EQ(alpha.save(path("t"), PictureFormat::kJpeg, {}).code(), Code::kInvalidArgument);
  EXPECT_TRUE(alpha.save(path("t"), PictureFormat::kWebp, {}).ok());
}

TEST_F(PictureTest, PalettesAndSingleBitsBecomeSamples) {
  const Picture palette = load(write("p.png[palette=true]", make(64, 64, 3, 8)));
  EXPECT_EQ(palette.view().model, ColorModel::kRgb);
  const Picture one = load(write("one.png[bitdepth=1]", make(64, 64, 1, 8)));
  EXPECT_EQ(one.view().model, ColorModel::kGrey);
  EXPECT_EQ(one.view().planes[0].depth_bits, 8);
}

TEST_F(PictureTest, AFullDiskIsAnIoError) {
  const Picture picture = load(write("s.png", make(64, 64, 3, 8)));
  EXPECT_EQ(picture.save("/dev/full", PictureFormat::kPng, {}).code(), Code::kIo);
  EXPECT_EQ(picture.save(path("no/such/dir.png"), PictureFormat::kPng, {}).code(), Code::kIo);
}

TEST_F(PictureTest, ThreadsLoadSideBySide) {
  const std::string file = write("s.jpg", make(200, 150, 3, 8));
  std::vector<std::thread> threads;
  std::vector<int> good(6);
  for (size_t t = 0; t < good.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5; ++i) good[t] += Picture::load(file).ok();
    });
  }
  for (auto& thread : threads) thread.join();
  for (const int g : good) EXPECT_EQ(g, 5);
}

}  // namespace
}  // namespace vseal::media

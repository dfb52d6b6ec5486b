// Pictures in memory: copies of frames as displayed, and what refuses.
#include "media/raster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/raster_edit.h"

namespace vseal::media {
namespace {

using testing::ElementsAre;

// 3x2 grey samples of 1 or 2 bytes:  1 2 3
//                                    4 5 6
template <typename T>
struct Grey {
  std::vector<T> samples{1, 2, 3, 4, 5, 6};
  FrameView view;

  explicit Grey(int depth_bits) {
    PlaneView& plane = view.planes[0];
    plane.data = samples.data();
    plane.width = 3;
    plane.height = 2;
    plane.stride = 3;
    plane.depth_bits = depth_bits;
  }
};

std::vector<int> first_channel(const Raster& raster) {
  std::vector<int> values;
  for (size_t i = 0; i < raster.samples().size(); i += 3) values.push_back(raster.samples()[i]);
  return values;
}

TEST(Raster, ShowsFramesAsTheyAreDisplayed) {
  const struct {
    Orientation orientation;
    std::vector<int> values;
  } kTurned[] = {{Orientation::kNormal, {1, 2, 3, 4, 5, 6}},
                 {Orientation::kFlipHorizontal, {3, 2, 1, 6, 5, 4}},
                 {Orientation::kRotate180, {6, 5, 4, 3, 2, 1}},
                 {Orientation::kFlipVertical, {4, 5, 6, 1, 2, 3}},
                 {Orientation::kTranspose, {1, 4, 2, 5, 3, 6}},
                 {Orientation::kRotate90, {4, 1, 5, 2, 6, 3}},
                 {Orientation::kTransverse, {6, 3, 5, 2, 4, 1}},
                 {Orientation::kRotate270, {3, 6, 2, 5, 1, 4}}};
  Grey<uint8_t> grey(8);
  for (const auto& turned : kTurned) {
    grey.view.orientation = turned.orientation;
    const auto raster = Raster::of(grey.view);
    ASSERT_TRUE(raster.ok()) << raster.status().message();
    EXPECT_EQ(raster->width(), swaps_axes(turned.orientation) ? 2 : 3);
    EXPECT_EQ(first_channel(*raster), turned.values) << static_cast<int>(turned.orientation);
  }
}

TEST(Raster, RoundsDeepSamples) {
  Grey<uint16_t> grey(16);
  grey.samples = {0, 128, 129, 257, 65535, 65407};
  const auto raster = Raster::of(grey.view);
  ASSERT_TRUE(raster.ok());
  EXPECT_THAT(first_channel(*raster), ElementsAre(0, 0, 1, 1, 255, 255));
  Grey<uint16_t> ten(10);
  ten.samples = {0, 1023, 512, 4, 2, 1};
  EXPECT_THAT(first_channel(*Raster::of(ten.view)), ElementsAre(0, 255, 128, 1, 0, 0));
}

TEST(Raster, RefusesWhatItCannotHold) {
  Grey<uint8_t> grey(8);
  grey.view.planes[0].data = nullptr;
  EXPECT_EQ(Raster::of(grey.view).status().code(), Code::kInvalidArgument);
  Grey<uint8_t> luma(8);
  luma.view.model = ColorModel::kYCbCr;
  EXPECT_EQ(Raster::of(luma.view).status().code(), Code::kUnsupported);
}

TEST(RasterEdit, RefusesSizesAndPlacesOutOfRange) {
  const Raster in(40, 30);
  EXPECT_EQ(resize(in, 0, 10).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(resize(in, kMaxRasterSide + 1, 10).status().code(), Code::kInvalidArgument);
  EXPECT_FALSE(crop(in, 10, 10, 40, 10).ok());
  EXPECT_EQ(encode(in, PictureFormat::kTiff, 50).status().code(), Code::kUnsupported);
  EXPECT_EQ(encode(in, PictureFormat::kJpeg, 0).status().code(), Code::kInvalidArgument);
  EXPECT_FALSE(decode(std::vector<uint8_t>{1, 2, 3}, PictureFormat::kJpeg).ok());
}

TEST(RasterEdit, PngKeepsEverySample) {
  Raster in(31, 17);
  for (size_t i = 0; i < in.samples().size(); ++i) in.samples()[i] = static_cast<uint8_t>(i * 37);
  const auto file = encode(in, PictureFormat::kPng, 100);
  ASSERT_TRUE(file.ok()) << file.status().message();
  const auto back = decode(*file, PictureFormat::kPng);
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_TRUE(std::ranges::equal(back->samples(), in.samples()));
}

}  // namespace
}  // namespace vseal::media

// Pictures in memory and on disk for tests, made and read by libvips.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "media/picture.h"
#include "media/vips_handles.h"

namespace vseal::media {

inline std::string read_bytes(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Removes an older file first: some file systems write a truncated one to the disk at once.
inline void write_bytes(const std::string& file, const std::string& bytes) {
  std::filesystem::remove(file);
  std::ofstream(file, std::ios::binary) << bytes;
}

class PictureFileTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(start_vips().ok()); }
  PictureFileTest()
      : dir_(testing::TempDir() + "picture_" + std::to_string(::getpid()) + "_" +
             testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::create_directories(dir_);
  }
  ~PictureFileTest() override { std::filesystem::remove_all(dir_); }

  std::string path(const std::string& name) const { return dir_ + "/" + name; }

  // Waves in `bands` channels of 8 or 16 bits.
  static VipsImage* make(int width, int height, int bands, int depth) {
    const size_t count = static_cast<size_t>(width) * height * bands;
    std::vector<uint16_t> samples(count);
    for (size_t i = 0; i < count; ++i) {
      samples[i] = static_cast<uint16_t>((i * 37 + i / 512 * 91) % (depth > 8 ? 65521 : 251));
    }
    std::vector<uint8_t> narrow(samples.begin(), samples.end());
    const void* data = depth > 8 ? static_cast<const void*>(samples.data()) : narrow.data();
    VipsImage* image =
        vips_image_new_from_memory_copy(data, count * (depth / 8), width, height, bands,
                                        depth > 8 ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR);
    image->Type = bands < 3 ? (depth > 8 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W)
                            : (depth > 8 ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB);
    return image;
  }

  // Takes over `image`; `name` may end in options of libvips: "a.png[interlace]".
  std::string write(const std::string& name, VipsImage* image) {
    const std::string file = path(name.substr(0, name.find('[')));
    EXPECT_EQ(vips_image_write_to_file(image, path(name).c_str(), nullptr), 0)
        << vips_error_buffer();
    g_object_unref(image);
    return file;
  }

  static Picture load(const std::string& file) {
    auto picture = Picture::load(file);
    EXPECT_TRUE(picture.ok()) << picture.status().message();
    return std::move(*picture);
  }

  std::string dir_;
};

}  // namespace vseal::media

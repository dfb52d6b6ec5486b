// Pooling of logits over frames.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "formats/safetensors.h"
#include "watermark/reader.h"

namespace vseal::watermark {
namespace {

using enum Pooling;

std::vector<float> pooled(Pooling pooling, const std::vector<std::vector<float>>& frames) {
  LogitPool pool(frames[0].size(), pooling);
  for (const auto& logits : frames) pool.add(logits);
  return {pool.mean().begin(), pool.mean().end()};
}

TEST(LogitPool, KnownValues) {
  const std::vector<std::vector<float>> frames = {{3, -4}, {-1, 0}};
  EXPECT_EQ(pooled(kMean, frames), (std::vector<float>{1, -2}));
  EXPECT_EQ(pooled(kSquaredMean, frames), (std::vector<float>{4, -8}));
  EXPECT_EQ(pooled(kL1NormMean, frames), (std::vector<float>{10, -14}));
  EXPECT_EQ(pooled(kL2NormMean, frames), (std::vector<float>{7, -10}));
}

TEST(LogitPool, ResetForgets) {
  LogitPool pool(1, kMean);
  pool.add(std::vector<float>{5});
  pool.reset();
  EXPECT_EQ(pool.frames(), 0);
  EXPECT_EQ(pool.mean()[0], 0);
  pool.add(std::vector<float>{1});
  EXPECT_EQ(pool.mean()[0], 1);
}

// video.logits [frames, 1 + n] are upstream's; its first column enters no norm.
TEST(LogitPool, BitsAsUpstream) {
  const char* data = std::getenv("VSEAL_DATA");
  if (data == nullptr) GTEST_SKIP() << "SKIPPED: VSEAL_DATA is not set; poolings not tested";
  for (const std::string model :
       {"tiny_videoseal_1.0", "tiny_videoseal_0.0", "tiny_chunkyseal", "videoseal_1.0"}) {
    SCOPED_TRACE(model);
    const auto file =
        formats::Safetensors::open(std::string(data) + "/golden/" + model + ".golden.safetensors");
    ASSERT_TRUE(file.ok()) << file.status().message();
    const auto& logits = *file->find("video.logits");
    const size_t columns = static_cast<size_t>(logits.shape[1]);
    std::vector<std::vector<float>> frames;
    for (size_t f = 0; f < static_cast<size_t>(logits.shape[0]); ++f) {
      frames.emplace_back(columns - 1);
      std::memcpy(frames.back().data(), logits.bytes.data() + (f * columns + 1) * sizeof(float),
                  (columns - 1) * sizeof(float));
    }
    const std::pair<Pooling, const char*> cases[] = {{kMean, "video.bits_avg"},
                                                     {kSquaredMean, "video.bits_squared_avg"},
                                                     {kL1NormMean, "video.bits_l1norm_avg"},
                                                     {kL2NormMean, "video.bits_l2norm_avg"}};
    for (const auto& [pooling, name] : cases) {
      const std::vector<float> got = pooled(pooling, frames);
      const auto& expected = *file->find(name);
      for (size_t k = 0; k < got.size(); ++k) {
        EXPECT_EQ(got[k] > 0, expected.bytes[k] != std::byte{0}) << name << " bit " << k;
      }
    }
  }
}

}  // namespace
}  // namespace vseal::watermark

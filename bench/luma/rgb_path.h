// One frame marked twice: on its luma plane as we do, and as RGB as upstream does.
#pragma once

#include <memory>
#include <vector>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "watermark/marker.h"
#include "watermark/reader.h"

namespace vseal::bench {

// Mean and largest absolute difference, in code values of 8 bits.
struct Difference {
  double sum = 0;
  double worst = 0;
  int64_t count = 0;

  void add(double difference);
  double mean() const { return count > 0 ? sum / static_cast<double>(count) : 0; }
};

// Sums over frames.
struct Comparison {
  int frames = 0;
  Difference mark;          // the luma path's own change, for scale
  Difference clamp_luma;    // what is lost of it where R, G or B stops at 0 or 255
  Difference clamp_chroma;  // and what that moves chroma
  int64_t clamped_pixels = 0;
  Difference input;          // BT.601 luma as the network's input and the heat map's, in place of Y
  Difference whole;          // luma of both marked frames, all of it and 8-bit RGB between
  double luma_path_mse = 0;  // of luma, 8 bits, against the original
  double rgb_path_mse = 0;
  double round_trip_mse = 0;   // RGB and back without a mark
  double luma_path_right = 0;  // bits of each frame read back
  double rgb_path_right = 0;
};

// Marks and compares frames of one message. One thread's own.
class PathComparer {
 public:
  static Result<std::unique_ptr<PathComparer>> create(
      std::shared_ptr<const watermark::Networks> networks, ThreadPool* pool,
      std::vector<float> message);

  // `frame` is kYCbCr, 8 bits, limited range.
  Status add(const FrameView& frame, Comparison& sums);

 private:
  PathComparer() = default;
  // What a marker adds to a grey picture of 16 bits, in 0..1.
  Result<std::vector<float>> change_of(const std::vector<float>& luma, int width, int height);
  Result<double> share_right(std::vector<uint8_t>& luma, int width, int height);

  std::unique_ptr<watermark::Marker> marker_;
  std::unique_ptr<watermark::Reader> reader_;
  std::vector<float> message_;
};

}  // namespace vseal::bench

// Putting a message into frames.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "image/blend.h"
#include "watermark/networks.h"

namespace vseal::watermark {

struct MarkerOptions {
  float strength = 1.0f;  // multiple of the card's strength, 0.1..8
  // Times that the detector reads the marked 256x256 picture and the message is pushed towards its
  // weak bits; for models whose card says real_valued_message. Runs on the first look of a scene.
  int feedback_passes = 2;
};

// Smallest side of a frame that can hold a mark, in px.
inline constexpr int kMinSide = 64;

// Marks frames with one message. look() runs the embedder on a key frame; blend() adds the residual
// of the last look to a frame. Frames that follow a key frame closely share its residual. Not
// thread-safe: one marker per thread; `pool` may be shared and must outlive the marker.
class Marker {
 public:
  static Result<std::unique_ptr<Marker>> create(std::shared_ptr<const Networks> networks,
                                                ThreadPool* pool, const MarkerOptions& options);

  // The message of all looks from now on: card.bits values of +1 or -1.
  Status set_message(std::span<const float> message);

  // Computes the residual for `frame` (its display orientation is what the network sees).
  // kUnsupported when a side is below kMinSide.
  Status look(const FrameView& frame);

  // Adds the residual of the last look to `frame`, in place; the frame may be another one of the
  // same size and orientation. kInvalidArgument without a look before it.
  Status blend(FrameView& frame);

  // Strength after the picture's gain: what multiplies heat * residual in blend().
  float effective_strength() const { return strength_; }

 private:
  Marker() = default;
  Status embed(std::span<const float> weighted_message);
  Status refine_message();
  Status read_back();
  bool scene_changed() const;

  std::shared_ptr<const Networks> networks_;
  ThreadPool* pool_ = nullptr;
  MarkerOptions options_;
  image::HeatmapOptions heatmap_;
  std::unique_ptr<engine::Session> embedder_;
  std::unique_ptr<engine::Session> detector_;
  std::vector<float> message_;   // +-1
  std::vector<float> weights_;   // >= 0, mean square 1: how hard each bit is pushed
  std::vector<float> weighted_;  // message * weights
  std::vector<float> luma_;      // of the last look, processing_size squared
  std::vector<float> heat_;
  std::vector<float> residual_;
  std::vector<float> scene_luma_;  // of the look whose feedback set the weights
  float strength_ = 0.0f;
  bool looked_ = false;
};

}  // namespace vseal::watermark

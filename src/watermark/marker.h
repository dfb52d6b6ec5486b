// Putting a message into frames.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "image/blend.h"
#include "watermark/networks.h"
#include "watermark/small_picture.h"

namespace vseal::watermark {

// Where the heat map of a model that has one is taken: on each frame at full size, or on the frame
// as the embedder sees it (upstream's "lowres" JND: cheaper on large frames, blurred).
enum class JndResolution { kNative, kLow };

struct MarkerOptions {
  float strength = 1.0f;  // multiple of the card's strength, 0.1..8
  // Times that the detector reads the marked 256x256 picture and the message is pushed towards its
  // weak bits; for models whose card says real_valued_message. Runs on the first look of a scene.
  int feedback_passes = 2;
  // In place of strength * the card's strength, above 0 and at most 100: upstream's scaling_w.
  std::optional<float> scaling_w = std::nullopt;
  JndResolution jnd = JndResolution::kNative;
  image::Resampling resampling = image::Resampling::kAntialiased;
};

// What the embedder made of a frame.
struct Look {
  std::vector<float> residual;  // [side, side, channels], display orientation
  float strength = 0.0f;        // what multiplies heat * residual
};

// strength * residual of `first` times 1 - weight, plus that of `second` times weight. Both are
// looks of one marker.
Look interpolate(const Look& first, const Look& second, float weight);

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

  // What the last look() gave; empty before it.
  const Look& last_look() const { return look_; }

  // Adds the residual of the last look to `frame`, in place; the frame may be another one of the
  // same size and orientation. kInvalidArgument without a look before it.
  Status blend(FrameView& frame);
  // The same with a look of the caller's.
  Status blend(FrameView& frame, const Look& look);

  const models::Card& card() const { return networks_->card(); }

 private:
  Marker() = default;
  Status embed(std::span<const float> weighted_message);
  Status refine_message();
  Status read_back();
  bool scene_changed() const;
  bool gives_feedback() const;
  image::Attenuation attenuation() const;

  std::shared_ptr<const Networks> networks_;
  ThreadPool* pool_ = nullptr;
  MarkerOptions options_;
  image::HeatmapOptions heatmap_;
  std::unique_ptr<engine::Session> embedder_;
  std::unique_ptr<engine::Session> detector_;
  std::vector<float> message_;   // +-1
  std::vector<float> weights_;   // >= 0, mean square 1: how hard each bit is pushed
  std::vector<float> weighted_;  // message * weights
  SmallPicture picture_;         // of the last look
  std::vector<float> heat_;      // of picture_; empty for a model without a heat map
  Look look_;
  std::vector<float> scene_luma_;  // of the look whose feedback set the weights
  bool looked_ = false;
};

}  // namespace vseal::watermark

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
#include "image/frame_copy.h"
#include "watermark/bit_weights.h"
#include "watermark/networks.h"
#include "watermark/scene.h"
#include "watermark/small_picture.h"

namespace vseal::watermark {

// Where the heat map of a model that has one is taken: on each frame at full size, or on the frame
// as the embedder sees it (upstream's "lowres" JND: cheaper on large frames, blurred).
enum class JndResolution { kNative, kLow };

struct MarkerOptions {
  float strength = 1.0f;  // multiple of the card's strength, 0.1..8
  // Times that the detector reads the marked frame (rounded to its samples) and the message is
  // pushed towards its weak bits, at the same energy; for models whose card says
  // real_valued_message. Done on the first look of a scene, and good for all of it.
  int feedback_passes = 3;
  // PSNR in RGB that the mark shall have, 25..60 dB, in place of `strength`: the strength is found
  // on the first look of a scene (to 0.02 dB, within 1/64..64 times the card's) and kept for it.
  std::optional<float> psnr_db = std::nullopt;
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

// What beginning scenes has cost.
struct SceneCost {
  int scenes = 0;
  int passes = 0;         // of feedback
  double feedback_s = 0;  // wall seconds of them
  int tries = 0;          // of strengths, for psnr_db
  double tries_s = 0;
};

// Smallest side of a frame that can hold a mark, in px.
inline constexpr int kMinSide = 64;

// Marks frames with one message. look() runs the embedder on a key frame; blend() adds the residual
// of the last look to a frame. Frames that follow a key frame closely share its residual. Looks of
// one video come in its order: a look unlike those before it begins a scene, on which feedback and
// psnr_db do their work. Not thread-safe: one marker per thread; `pool` may be shared and must
// outlive the marker.
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

  const SceneCost& cost() const { return cost_; }
  const models::Card& card() const { return networks_->card(); }

 private:
  Marker() = default;
  Status see(const FrameView& frame);
  Status begin_scene(const FrameView& frame);
  Status embed();
  Status give_feedback(const FrameView& frame);
  Status read_back(const FrameView& frame);
  Result<double> try_factor(const FrameView& frame, double factor);
  Status reach_psnr(const FrameView& frame);
  Result<FrameView> rehearse(const FrameView& frame);
  double energy() const;
  image::Attenuation attenuation() const;

  std::shared_ptr<const Networks> networks_;
  ThreadPool* pool_ = nullptr;
  MarkerOptions options_;
  image::HeatmapOptions heatmap_;
  std::unique_ptr<engine::Session> embedder_;
  std::unique_ptr<engine::Session> detector_;  // null where nothing is read back
  std::vector<float> message_;                 // +-1
  SceneDetector scene_;
  BitWeights weights_;         // of the scene
  double factor_ = 1;          // of the scene: what multiplies the strength of each of its looks
  SmallPicture picture_;       // of the last look
  std::vector<float> heat_;    // of picture_; empty for a model without a heat map
  double plain_strength_ = 0;  // of the last look, before factor_
  Look look_;
  image::FrameCopy trial_;
  SceneCost cost_;
  bool looked_ = false;
};

}  // namespace vseal::watermark

// Which residual each frame of a video gets.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/plane.h"
#include "base/status.h"
#include "watermark/marker.h"

namespace vseal::watermark {

// What frames between key frames get: the residual of the key frame before them; nothing; or a mix
// of those of the key frames around them.
enum class VideoMode { kRepeat, kAlternate, kInterpolate };

struct VideoOptions {
  VideoMode mode = VideoMode::kRepeat;
  int step = 1;  // a key frame every `step` frames, from the first
};

// Interpolation starts anew after so many key frames (upstream's chunk): the frames behind the last
// of them keep its residual.
inline constexpr int64_t kKeysPerChunk = 32;

// What to do with one frame.
struct FramePlan {
  int64_t key = 0;           // number of the key frame at or before it, from 0
  bool is_key = false;       // the embedder runs on it
  bool marked = true;        // false: left as it is
  float next_weight = 0.0f;  // share of the next key frame's residual; the rest is that of `key`
};

// Frame `index` of a group is 1 - linspace(0, 1, step) its own key frame's: with step 4 the weights
// of the next one are 0, 1/3, 2/3, 1.
FramePlan plan_frame(int64_t index, const VideoOptions& options);

// Marks the frames of one video. Each frame passes twice: preview() as it came, and mark() once
// delay_frames() later ones have been previewed or there are no more. Holds two looks; not
// thread-safe.
class VideoMarker {
 public:
  // The marker has its message and outlives this. options.step >= 1.
  VideoMarker(Marker& marker, const VideoOptions& options) : marker_(marker), options_(options) {}

  // How far mark() must lag behind: 0, or step where a frame needs the next key frame's residual.
  int delay_frames() const;

  // Calls go up by one, from 0; so do those of mark().
  Status preview(const FrameView& frame, int64_t index);
  // A frame whose next key frame never came keeps the last residual.
  Status mark(FrameView& frame, int64_t index);

 private:
  struct KeyLook {
    int64_t key;
    Look look;
  };
  const Look* find(int64_t key) const;

  Marker& marker_;
  VideoOptions options_;
  std::deque<KeyLook> looks_;
};

}  // namespace vseal::watermark

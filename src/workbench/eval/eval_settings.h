// What an evaluation is asked for, and what it works with.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "payload/codec.h"
#include "watermark/marker.h"
#include "watermark/networks.h"
#include "watermark/search.h"

namespace vseal::workbench {

struct EvalSettings {
  std::vector<std::string> inputs;  // pictures, clips, and folders of them
  std::string attacks = {};         // a list; empty: "images" for pictures, "video" for clips
  watermark::MarkerOptions marker = {};
  int id_bits = 0;      // of the random ID, a multiple of 8; 0: 48 where they fit, else 32
  uint64_t seed = 1;    // of IDs, places of crops, and noise
  int max_frames = 72;  // of a clip, from its start
  int frame_step = 4;   // of an attacked clip's frames, every so many are read
  watermark::SearchOptions search = {};  // where the ID does not come back
  std::string output = {};               // folder for results and pages; empty: none
  bool resume = false;                   // go on with the results that lie in it
  bool looks = false;                    // also write every mark at full size (looks.h)
};

// Frames of a clip are not evaluated beyond this many: the residuals of all its key frames are
// held.
inline constexpr int kMostEvalFrames = 3600;

// The model under test, or two: one that marks and one that reads. Immutable and shared, the pool
// included.
struct EvalTools {
  std::shared_ptr<const watermark::Networks> networks;
  std::shared_ptr<const payload::Codec> codec;  // null: too few bits for an ID
  ThreadPool* pool = nullptr;                   // one job a thread
  std::string model_sha256 = {};                // tells models apart when results are resumed
  std::string version = {};                     // of vseal
  // Reads in place of `networks`, with as many bits; null: the same.
  std::shared_ptr<const watermark::Networks> reader = {};
  std::string reader_sha256 = {};

  const std::shared_ptr<const watermark::Networks>& reading() const {
    return reader != nullptr ? reader : networks;
  }
};

// Jobs done and in all; false cancels. One call at a time, from any thread.
using EvalProgress = std::function<bool(int64_t done, int64_t total)>;

}  // namespace vseal::workbench

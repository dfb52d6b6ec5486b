// What a file is, and what both directions of the pipeline share.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "base/thread_pool.h"
#include "payload/codec.h"
#include "watermark/networks.h"

namespace vseal::pipeline {

// What marking and reading need; all of it is immutable and shared, the pool included.
struct Tools {
  std::shared_ptr<const watermark::Networks> networks;
  std::shared_ptr<const payload::Codec> codec;  // null for a model of too few bits for an ID
  ThreadPool* pool = nullptr;
};

// kUnsupported without a codec, saying that the model's bits can only be had raw.
Status expect_codec(const Tools& tools);

enum class SourceKind { kPicture, kVideo };

const char* kind_name(SourceKind kind);  // "picture", "video"

// Looks at the bytes of a file, never at its name. "-" is standard input and always a video
// stream. kNotFound, or kCorruptInput when the file is neither.
Result<SourceKind> sniff(const std::string& path);

struct Progress {
  int64_t frames = 0;        // done so far
  int64_t total_frames = 0;  // 0 when unknown
  double time_s = 0;         // position in the input
  double duration_s = 0;     // 0 when unknown
};

// Called from the thread that runs the pipeline; false cancels (kCancelled).
using ProgressCallback = std::function<bool(const Progress& progress)>;

}  // namespace vseal::pipeline

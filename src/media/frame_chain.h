// A video's frames sent through filters, codecs and edits without a file in between.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <variant>

#include "base/status.h"
#include "media/raster.h"
#include "media/video.h"

namespace vseal::media {

// A libavfilter graph of one input and one output, in libavfilter's syntax ("fps=30").
struct FilterStage {
  std::string graph;
};

// Encodes and decodes again, as a copy of the video would.
struct CodecStage {
  std::string encoder;       // libav's name
  std::string pixel_format;  // that it is given, "yuv420p"; frames are converted to it
  std::string options;       // "key=value:key=value" for the encoder; unknown keys fail
};

// Changes samples in place, in the pixel format that frames have there; `index` counts up from 0.
struct TouchStage {
  std::function<Status(FrameView& frame, int64_t index)> touch;
};

// Replaces every frame's picture. All results have one size.
struct EditStage {
  std::function<Result<Raster>(const Raster& picture)> edit;
};

using Stage = std::variant<FilterStage, CodecStage, TouchStage, EditStage>;

struct ChainInput {
  std::string path;
  OpenOptions open;
  int64_t max_frames = 0;  // from the start; 0: all
};

struct ChainReport {
  int64_t frames_in = 0;
  int64_t frames_out = 0;
  int64_t coded_bytes = 0;  // of the last codec stage
};

// Decodes a video, turns its frames as they are displayed, sends them through `stages` in order
// and hands what comes out to `sink`, in order, on the calling thread. Frames of the sink are
// numbered from 0. Codecs use open.threads threads. Memory does not grow with length. Conversions
// to R, G and B use the frame's own matrix and range, those back BT.709 limited.
// kInvalidArgument: a graph, encoder or option that libav does not know.
Result<ChainReport> run_chain(const ChainInput& input, std::span<const Stage> stages,
                              const FrameCallback& sink);

}  // namespace vseal::media

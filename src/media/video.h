// Video files: frames out of one, and one file turned into another with every frame passed by.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/plane.h"
#include "base/status.h"

namespace vseal::media {

struct VideoInfo {
  std::string container;  // libav's demuxer name
  std::string codec;
  int stream_index = 0;
  int width = 0;  // coded
  int height = 0;
  int depth_bits = 8;
  Orientation orientation = Orientation::kNormal;
  double duration_s = 0;         // 0 when unknown
  double frames_per_second = 0;  // average
  int64_t frame_count = 0;       // estimate from container or duration; 0 when unknown
};

struct OpenOptions {
  std::optional<int> video_stream;  // absolute stream index; the first real video stream by default
  int threads = 0;
  int64_t max_pixels = 16384LL * 16384;
  // Read what can be read of a damaged or truncated file instead of failing. For reading marks.
  bool tolerate_damage = false;
  // Decode key frames only: a quick look over a long video. For VideoReader.
  bool key_frames_only = false;
};

// Says whether libav finds a video stream in the file that it can decode (pictures excluded).
// kNotFound when it cannot be read; kCorruptInput for an MP4 without its index.
Result<bool> sniff_video(const std::string& path);

// One decoded frame. The view's memory is the reader's, valid until the next call.
struct VideoFrame {
  FrameView view;
  double time_s = 0;
  int64_t index = 0;
  bool key = false;
};

// Reads decoded frames of one video stream in presentation order. "-" reads standard input (Y4M or
// anything that libav can demux without seeking). Thread-compatible.
class VideoReader {
 public:
  static Result<std::unique_ptr<VideoReader>> open(const std::string& path,
                                                   const OpenOptions& options);
  virtual ~VideoReader() = default;
  virtual const VideoInfo& info() const = 0;
  // The next frame; empty at the end. kCorruptInput when the stream is broken.
  virtual Result<std::optional<VideoFrame>> next() = 0;
  // Moves to the last seek point at or before `time_s`; kUnsupported when the input cannot seek.
  virtual Status seek(double time_s) = 0;
};

struct TranscodeOptions {
  OpenOptions input;
  // "", x264, x265, svtav1, vp9, vp8, ffv1 or the name of a libav encoder; "" = as the input, and
  // x264 where libav has no encoder for that codec and pixel format.
  std::string codec;
  // The encoder's constant rate factor: 20 for x264, 23 for x265, 30 for SVT-AV1, VP9 and VP8.
  std::optional<double> crf;
  std::string preset;           // "" = medium for x264 and x265, 8 for SVT-AV1
  std::string encoder_options;  // "key=value:key=value", handed to the encoder; unknown keys fail
  std::string container;        // libav muxer name; "" = from the output's name, Y4M for "-"
  bool strict_streams = false;  // a stream that the container cannot hold fails instead of dropping
  int threads = 0;
};

struct DroppedStream {
  int index = 0;
  std::string kind;  // "subtitle", ...
  std::string codec;
  std::string reason;
};

struct TranscodeReport {
  VideoInfo input;
  std::string encoder;
  int64_t frames = 0;
  int64_t decode_errors = 0;
  std::vector<DroppedStream> dropped;
};

// Called for every frame, in presentation order, on one thread; may change the samples in place.
// An error stops the transcoding and is returned.
using FrameCallback = std::function<Status(VideoFrame& frame)>;

// What happens to the frames of a video: `preview` (may be empty) sees each as soon as it is
// decoded and changes nothing; `edit` gets it once `delay_frames` later ones have been previewed,
// or there are no more. So many frames are held.
struct FrameEdits {
  FrameCallback edit;
  FrameCallback preview = {};
  int delay_frames = 0;
};

struct TranscodeStatus {
  int64_t frames = 0;
  int64_t total_frames = 0;  // estimate; 0 when unknown
  double time_s = 0;
  double duration_s = 0;  // 0 when unknown
};

// Called after every frame, on the thread of the edits; false cancels (kCancelled).
using TranscodeProgress = std::function<bool(const TranscodeStatus& status)>;

// Decodes the video stream of `input`, hands each frame to `edits`, encodes it with its timestamps,
// and copies every other stream, chapters and metadata untouched into `output_path` (or "-": Y4M or
// NUT on standard output). `name` is the output's final name, which chooses the container.
// Memory does not grow with length. The output is complete (trailer written) only on success.
Result<TranscodeReport> transcode(const std::string& input, const std::string& output_path,
                                  const std::string& name, const TranscodeOptions& options,
                                  const FrameEdits& edits, const TranscodeProgress& progress);

}  // namespace vseal::media

// Choosing, opening and feeding a video encoder.
#pragma once

#include <functional>
#include <string>

#include "media/av_handles.h"
#include "media/video.h"
#include "media/video_input.h"

namespace vseal::media {

// A packet that the encoder made; timestamps in the encoder's time base.
using PacketSink = std::function<Status(AVPacket* packet)>;

class VideoEncoder {
 public:
  // Opens the encoder that `options` ask for, or the one that matches the input's codec, for frames
  // like `first`. kUnavailable: no such encoder, or none for the pixel format; kInvalidArgument:
  // an option that it does not know.
  static Result<VideoEncoder> open(const VideoInput& input, const AVFrame& first,
                                   const AVOutputFormat& container,
                                   const TranscodeOptions& options);

  // Encodes a frame (null: what is left) and hands every packet that is ready to `sink`.
  Status encode(AVFrame* frame, const PacketSink& sink);

  AVCodecContext* context() const { return context_.get(); }
  const char* name() const { return context_->codec->name; }

 private:
  CodecPtr context_;
  PacketPtr packet_;
};

}  // namespace vseal::media

// Opening and feeding a video encoder.
#pragma once

#include <functional>
#include <string>

#include "media/av_handles.h"
#include "media/encoder_clock.h"
#include "media/light_metadata.h"
#include "media/video.h"
#include "media/video_input.h"

namespace vseal::media {

// A packet that the encoder made; its times are in the time base of the input's stream.
using PacketSink = std::function<Status(AVPacket* packet)>;

class VideoEncoder {
 public:
  // Opens the encoder that `options` ask for, or the best one that opens for the input's codec, for
  // frames like `first`. kUnavailable: no such encoder, or none for the pixel format;
  // kInvalidArgument: an option that it does not know.
  static Result<VideoEncoder> open(const VideoInput& input, const AVFrame& first,
                                   const AVOutputFormat& container,
                                   const TranscodeOptions& options);

  // Encodes a frame that is shown for `duration` (both in the stream's time base) and hands every
  // packet that is ready to `sink`.
  Status encode(AVFrame* frame, int64_t duration, const PacketSink& sink);
  // Hands over what the encoder still holds.
  Status finish(const PacketSink& sink) { return drain(nullptr, sink); }

  AVCodecContext* context() const { return context_.get(); }
  const char* name() const { return context_->codec->name; }
  // The time base that suits the output stream.
  AVRational output_time_base() const { return output_time_base_; }
  // The frames' static HDR metadata, for containers that have fields for it.
  const LightMetadata& light() const { return light_; }

 private:
  VideoEncoder(CodecPtr context, EncoderClock clock, AVRational output_time_base)
      : context_(std::move(context)),
        packet_(av_packet_alloc()),
        clock_(std::move(clock)),
        output_time_base_(output_time_base) {}

  static Result<VideoEncoder> open_one(const VideoInput& input, const AVFrame& first,
                                       const AVOutputFormat& container, const AVCodec& codec,
                                       const TranscodeOptions& options);
  Status drain(AVFrame* frame, const PacketSink& sink);

  CodecPtr context_;
  PacketPtr packet_;
  EncoderClock clock_;
  AVRational output_time_base_;
  LightMetadata light_;
};

}  // namespace vseal::media

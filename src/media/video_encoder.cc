#include "media/video_encoder.h"

#include <cstring>

#include "base/log.h"
#include "base/thread_pool.h"
#include "media/encoder_choice.h"

namespace vseal::media {
namespace {

// The largest denominator of a time base that MPEG-4 part 2 can write.
constexpr int kMostMpeg4Ticks = 65535;

// The input's four-character code where the output container takes it for this codec ("hvc1").
uint32_t kept_tag(const AVOutputFormat& container, AVCodecID id, const AVCodecParameters& input) {
  if (container.codec_tag == nullptr || input.codec_id != id) return 0;
  return av_codec_get_id(container.codec_tag, input.codec_tag) == id ? input.codec_tag : 0;
}

// What the container says of the colours, which players believe first; else the bitstream.
template <typename T>
T stated(T container, T frame, T unspecified) {
  return container != unspecified ? container : frame;
}

void copy_picture_properties(const VideoInput& input, const AVFrame& first, AVCodecContext& c) {
  const AVCodecParameters& p = *input.stream()->codecpar;
  c.width = first.width;
  c.height = first.height;
  c.pix_fmt = static_cast<AVPixelFormat>(first.format);
  c.sample_aspect_ratio = first.sample_aspect_ratio;
  c.color_range = stated(p.color_range, first.color_range, AVCOL_RANGE_UNSPECIFIED);
  c.color_primaries = stated(p.color_primaries, first.color_primaries, AVCOL_PRI_UNSPECIFIED);
  c.color_trc = stated(p.color_trc, first.color_trc, AVCOL_TRC_UNSPECIFIED);
  c.colorspace = stated(p.color_space, first.colorspace, AVCOL_SPC_UNSPECIFIED);
  c.chroma_sample_location =
      stated(p.chroma_location, first.chroma_location, AVCHROMA_LOC_UNSPECIFIED);
  c.field_order = p.field_order;
  if (first.interlaced_frame != 0) {
    c.flags |= AV_CODEC_FLAG_INTERLACED_DCT | AV_CODEC_FLAG_INTERLACED_ME;
  }
}

// Sets the encoder's time base and frame rate, and says how they follow the stream's.
Pace set_pace(const VideoInput& input, const AVOutputFormat& container, const AVCodec& codec,
              AVCodecContext& context) {
  const AVRational base = input.stream()->time_base, rate = input.frame_rate();
  context.time_base = base;
  context.framerate = rate;
  if (rate.num <= 0 || rate.den <= 0) return Pace::kExact;
  const bool standard_rates = codec.supported_framerates != nullptr;
  if (standard_rates) {
    context.framerate =
        codec.supported_framerates[av_find_nearest_q_idx(rate, codec.supported_framerates)];
  }
  const bool too_fine = codec.id == AV_CODEC_ID_MPEG4 && base.den > kMostMpeg4Ticks;
  const bool grid = std::strcmp(container.name, "avi") == 0 && av_cmp_q(base, av_inv_q(rate)) != 0;
  if (!standard_rates && !too_fine && !grid) return Pace::kExact;
  context.time_base = av_inv_q(context.framerate);
  return grid ? Pace::kGrid : Pace::kCounted;
}

std::string opening_error(const AVCodec& codec, int error) {
  const std::string detail = last_av_message();
  return std::string(codec.name) +
         " does not open with these options: " + (detail.empty() ? av_text(error) : detail);
}

}  // namespace

Result<VideoEncoder> VideoEncoder::open_one(const VideoInput& input, const AVFrame& first,
                                            const AVOutputFormat& container, const AVCodec& codec,
                                            const TranscodeOptions& options) {
  CodecPtr owner(avcodec_alloc_context3(&codec));
  if (owner == nullptr) return Status(Code::kOutOfMemory, "no memory for an encoder");
  AVCodecContext& context = *owner;
  copy_picture_properties(input, first, context);
  const Pace pace = set_pace(input, container, codec, context);
  context.codec_tag = kept_tag(container, codec.id, *input.stream()->codecpar);
  // AVI counts frames in the order of decoding: reordered ones would lag behind the sound.
  if (std::strcmp(container.name, "avi") == 0) context.max_b_frames = 0;
  // Encoders know best how many threads a whole machine is worth.
  context.thread_count = options.threads >= available_cores() ? 0 : options.threads;
  if ((container.flags & AVFMT_GLOBALHEADER) != 0) context.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  Options settings;
  VSEAL_RETURN_IF_ERROR(set_encoder_options(input, first, options, context, settings));
  silence(codec);
  clear_av_message();
  if (const int error = avcodec_open2(&context, &codec, settings.address()); error < 0) {
    return invalid_argument(opening_error(codec, error));
  }
  if (const std::string left = settings.first_left(); !left.empty()) {
    return invalid_argument(std::string(codec.name) + " has no option " + left);
  }
  const AVRational base = input.stream()->time_base;
  EncoderClock clock(pace, base, context.time_base);
  const AVRational output_base = pace == Pace::kGrid ? context.time_base : base;
  VideoEncoder encoder(std::move(owner), std::move(clock), output_base);
  encoder.light_ = light_metadata(first, *input.stream());
  if (encoder.packet_ == nullptr) return Status(Code::kOutOfMemory, "no memory for a packet");
  return encoder;
}

Result<VideoEncoder> VideoEncoder::open(const VideoInput& input, const AVFrame& first,
                                        const AVOutputFormat& container,
                                        const TranscodeOptions& options) {
  VSEAL_ASSIGN_OR_RETURN(const auto candidates,
                         encoder_candidates(input, first, container, options.codec));
  const AVCodecID wanted = input.stream()->codecpar->codec_id;
  const bool plain =
      options.encoder_options.empty() && options.preset.empty() && !options.crf.has_value();
  Result<VideoEncoder> encoder = open_one(input, first, container, *candidates[0], options);
  // An encoder that refuses its own defaults cannot do this picture; options are the caller's.
  for (size_t i = 1; !encoder.ok() && plain && i < candidates.size(); ++i) {
    log(LogLevel::kDebug, encoder.status().message());
    auto next = open_one(input, first, container, *candidates[i], options);
    if (next.ok()) encoder = std::move(next);
  }
  const bool raw = wanted == AV_CODEC_ID_RAWVIDEO || wanted == AV_CODEC_ID_WRAPPED_AVFRAME;
  if (encoder.ok() && options.codec.empty() && !raw && encoder->context()->codec_id != wanted &&
      container.video_codec != AV_CODEC_ID_WRAPPED_AVFRAME) {
    log(LogLevel::kWarning, std::string("no encoder here keeps ") + avcodec_get_name(wanted) +
                                " in this container; encoding with " + encoder->name());
  }
  return encoder;
}

Status VideoEncoder::drain(AVFrame* frame, const PacketSink& sink) {
  int error = avcodec_send_frame(context_.get(), frame);
  if (error < 0 && error != AVERROR_EOF) {
    return internal_error(std::string(name()) + " does not encode a frame: " + av_text(error));
  }
  for (;;) {
    error = avcodec_receive_packet(context_.get(), packet_.get());
    if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return {};
    if (error < 0) return internal_error(std::string(name()) + ": " + av_text(error));
    clock_.leave(*packet_);
    const Status status = sink(packet_.get());
    av_packet_unref(packet_.get());
    VSEAL_RETURN_IF_ERROR(status);
  }
}

Status VideoEncoder::encode(AVFrame* frame, int64_t duration, const PacketSink& sink) {
  clock_.enter(*frame, duration);
  return drain(frame, sink);
}

}  // namespace vseal::media

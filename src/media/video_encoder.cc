#include "media/video_encoder.h"

#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "base/thread_pool.h"

extern "C" {
#include <libavutil/pixdesc.h>
}

namespace vseal::media {
namespace {

struct Setting {
  const char* key;
  const char* value;
};

// Encoders with settings of their own. `crf` is the default; negative where there is none.
struct KnownEncoder {
  const char* alias;
  const char* libav_name;
  AVCodecID codec;
  int crf;
  const char* preset;  // default, or null where the encoder has no presets
  Setting extra[3];
};
constexpr KnownEncoder kEncoders[] = {
    {"x264", "libx264", AV_CODEC_ID_H264, 20, "medium", {}},
    {"x265", "libx265", AV_CODEC_ID_HEVC, 23, "medium", {{"x265-params", "log-level=none"}}},
    {"svtav1", "libsvtav1", AV_CODEC_ID_AV1, 30, "8", {}},
    {"vp9", "libvpx-vp9", AV_CODEC_ID_VP9, 30, nullptr, {{"cpu-used", "4"}, {"row-mt", "1"}}},
    {"vp8", "libvpx", AV_CODEC_ID_VP8, 30, nullptr, {{"cpu-used", "4"}}},
    {"ffv1", "ffv1", AV_CODEC_ID_FFV1, -1, nullptr, {{"level", "3"}}},
};
constexpr const char* kFallback = "libx264";

// Quantiser of encoders that know no constant rate factor (MPEG-4, MPEG-2, MJPEG, ...).
constexpr int kFixedQuantiser = 3;

const KnownEncoder* known_encoder(const std::string& name) {
  for (const KnownEncoder& known : kEncoders) {
    if (name == known.alias || name == known.libav_name) return &known;
  }
  return nullptr;
}

std::string format_name(int format) {
  const char* name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(format));
  return name != nullptr ? name : "unknown";
}

bool takes(const AVCodec& codec, int pixel_format) {
  if (codec.pix_fmts == nullptr) return true;
  for (const AVPixelFormat* p = codec.pix_fmts; *p != AV_PIX_FMT_NONE; ++p) {
    if (*p == pixel_format) return true;
  }
  return false;
}

bool holds(const AVOutputFormat& container, AVCodecID codec) {
  return avformat_query_codec(&container, codec, FF_COMPLIANCE_NORMAL) != 0;
}

Result<const AVCodec*> named_encoder(const std::string& name, int pixel_format,
                                     const AVOutputFormat& container) {
  const KnownEncoder* known = known_encoder(name);
  const AVCodec* codec =
      avcodec_find_encoder_by_name(known != nullptr ? known->libav_name : name.c_str());
  if (codec == nullptr || codec->type != AVMEDIA_TYPE_VIDEO) {
    return Status(Code::kUnavailable, "no video encoder is called " + name);
  }
  if (!takes(*codec, pixel_format)) {
    return Status(Code::kUnavailable,
                  name + " does not encode pixel format " + format_name(pixel_format));
  }
  if (!holds(container, codec->id)) {
    return invalid_argument(std::string(container.name) + " does not hold " +
                            avcodec_get_name(codec->id) + " video");
  }
  return codec;
}

Result<const AVCodec*> matching_encoder(const VideoInput& input, int pixel_format,
                                        const AVOutputFormat& container) {
  if (container.video_codec == AV_CODEC_ID_WRAPPED_AVFRAME) {
    return named_encoder("wrapped_avframe", pixel_format, container);
  }
  const AVCodecID wanted = input.stream()->codecpar->codec_id;
  const auto* known =
      std::ranges::find_if(kEncoders, [&](const KnownEncoder& e) { return e.codec == wanted; });
  const AVCodec* codec = known != std::end(kEncoders)
                             ? avcodec_find_encoder_by_name(known->libav_name)
                             : avcodec_find_encoder(wanted);
  if (codec != nullptr && takes(*codec, pixel_format) && holds(container, codec->id)) return codec;
  auto fallback = named_encoder(kFallback, pixel_format, container);
  if (!fallback.ok()) {
    // WebM and its like hold no H.264: take what the container was made for.
    const AVCodec* own = avcodec_find_encoder(container.video_codec);
    if (own == nullptr || !takes(*own, pixel_format)) return fallback.status();
    fallback = own;
  }
  log(LogLevel::kWarning, std::string("no encoder here keeps ") + avcodec_get_name(wanted) +
                              " in this container; encoding with " + (*fallback)->name);
  return fallback;
}

// The input's four-character code where the output container takes it for this codec ("hvc1").
uint32_t kept_tag(const AVOutputFormat& container, AVCodecID id, const AVCodecParameters& input) {
  if (container.codec_tag == nullptr || input.codec_id != id) return 0;
  return av_codec_get_id(container.codec_tag, input.codec_tag) == id ? input.codec_tag : 0;
}

void copy_picture_properties(const VideoInput& input, const AVFrame& first, AVCodecContext& c) {
  const AVStream& stream = *input.stream();
  c.width = first.width;
  c.height = first.height;
  c.pix_fmt = static_cast<AVPixelFormat>(first.format);
  c.sample_aspect_ratio = first.sample_aspect_ratio;
  c.time_base = stream.time_base;
  c.framerate = stream.avg_frame_rate;
  c.color_range = first.color_range;
  c.color_primaries = first.color_primaries;
  c.color_trc = first.color_trc;
  c.colorspace = first.colorspace;
  c.chroma_sample_location = first.chroma_location;
  c.field_order = stream.codecpar->field_order;
  if (first.interlaced_frame != 0)
    c.flags |= AV_CODEC_FLAG_INTERLACED_DCT | AV_CODEC_FLAG_INTERLACED_ME;
}

std::string number_text(double value) {
  const auto whole = static_cast<int64_t>(value);
  return value == static_cast<double>(whole) ? std::to_string(whole) : std::to_string(value);
}

Status fill_options(const AVCodec& codec, const TranscodeOptions& options, AVCodecContext& context,
                    Options& out) {
  const KnownEncoder* known = known_encoder(codec.name);
  if (known != nullptr) {
    if (known->crf >= 0) out.set("crf", std::to_string(known->crf));
    if (known->preset != nullptr) out.set("preset", known->preset);
    for (const Setting& setting : known->extra) {
      if (setting.key != nullptr) out.set(setting.key, setting.value);
    }
    context.bit_rate = 0;
  } else if (!options.crf.has_value() && codec.id != AV_CODEC_ID_RAWVIDEO) {
    context.flags |= AV_CODEC_FLAG_QSCALE;
    context.global_quality = FF_QP2LAMBDA * kFixedQuantiser;
  }
  if (options.crf.has_value()) out.set("crf", number_text(*options.crf));
  if (!options.preset.empty()) out.set("preset", options.preset);
  const int parsed =
      av_dict_parse_string(out.address(), options.encoder_options.c_str(), "=", ":", 0);
  if (parsed < 0) {
    return invalid_argument("encoder options: expected key=value:key=value, got " +
                            options.encoder_options);
  }
  return {};
}

}  // namespace

Result<VideoEncoder> VideoEncoder::open(const VideoInput& input, const AVFrame& first,
                                        const AVOutputFormat& container,
                                        const TranscodeOptions& options) {
  VSEAL_ASSIGN_OR_RETURN(const AVCodec* codec,
                         options.codec.empty()
                             ? matching_encoder(input, first.format, container)
                             : named_encoder(options.codec, first.format, container));
  VideoEncoder encoder;
  encoder.context_.reset(avcodec_alloc_context3(codec));
  encoder.packet_.reset(av_packet_alloc());
  if (encoder.context_ == nullptr || encoder.packet_ == nullptr) {
    return Status(Code::kOutOfMemory, "no memory for an encoder");
  }
  AVCodecContext& context = *encoder.context_;
  copy_picture_properties(input, first, context);
  context.codec_tag = kept_tag(container, codec->id, *input.stream()->codecpar);
  // Encoders know best how many threads a whole machine is worth.
  context.thread_count = options.threads >= available_cores() ? 0 : options.threads;
  if ((container.flags & AVFMT_GLOBALHEADER) != 0) context.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  Options settings;
  VSEAL_RETURN_IF_ERROR(fill_options(*codec, options, context, settings));
  const int error = avcodec_open2(&context, codec, settings.address());
  if (error < 0) {
    return invalid_argument(std::string(codec->name) +
                            " does not open with these options: " + av_text(error));
  }
  if (const std::string left = settings.first_left(); !left.empty()) {
    return invalid_argument(std::string(codec->name) + " has no option " + left);
  }
  return encoder;
}

Status VideoEncoder::encode(AVFrame* frame, const PacketSink& sink) {
  int error = avcodec_send_frame(context_.get(), frame);
  if (error < 0 && error != AVERROR_EOF) {
    return internal_error(std::string(name()) + " does not encode a frame: " + av_text(error));
  }
  for (;;) {
    error = avcodec_receive_packet(context_.get(), packet_.get());
    if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return {};
    if (error < 0) return internal_error(std::string(name()) + ": " + av_text(error));
    const Status status = sink(packet_.get());
    av_packet_unref(packet_.get());
    VSEAL_RETURN_IF_ERROR(status);
  }
}

}  // namespace vseal::media

#include "media/encoder_choice.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

extern "C" {
#include <libavutil/pixdesc.h>
}

#include "media/light_metadata.h"

namespace vseal::media {
namespace {

struct Setting {
  const char* key;
  const char* value;
};

// Encoders with settings of their own.
struct KnownEncoder {
  const char* alias;
  const char* libav_name;
  AVCodecID codec;
  int crf;             // default constant rate factor; -1: it has none
  int quantiser;       // default fixed quantiser; -1: the codec or its profile sets the rate
  const char* preset;  // default, or null where the encoder has no presets
  const char* params;  // option that holds the library's own parameters, or null
  Setting extra[3];
};
constexpr KnownEncoder kEncoders[] = {
    {"x264", "libx264", AV_CODEC_ID_H264, 20, -1, "medium", "x264-params", {}},
    {"x264rgb", "libx264rgb", AV_CODEC_ID_H264, 20, -1, "medium", "x264-params", {}},
    {"x265", "libx265", AV_CODEC_ID_HEVC, 23, -1, "medium", "x265-params", {}},
    {"svtav1", "libsvtav1", AV_CODEC_ID_AV1, 30, -1, "8", "svtav1-params", {}},
    // Slower, but takes 4:4:4 too.
    {"aom",
     "libaom-av1",
     AV_CODEC_ID_AV1,
     30,
     -1,
     nullptr,
     nullptr,
     {{"cpu-used", "6"}, {"row-mt", "1"}}},
    {"vp9",
     "libvpx-vp9",
     AV_CODEC_ID_VP9,
     30,
     -1,
     nullptr,
     nullptr,
     {{"cpu-used", "4"}, {"row-mt", "1"}}},
    {"vp8", "libvpx", AV_CODEC_ID_VP8, 30, -1, nullptr, nullptr, {{"cpu-used", "4"}}},
    {"ffv1", "ffv1", AV_CODEC_ID_FFV1, -1, -1, nullptr, nullptr, {{"level", "3"}}},
    {"prores", "prores_ks", AV_CODEC_ID_PRORES, -1, -1, nullptr, nullptr, {}},
    {"dnxhd", "dnxhd", AV_CODEC_ID_DNXHD, -1, -1, nullptr, nullptr, {}},
    // Its scale runs the other way: 10 is best.
    {"theora", "libtheora", AV_CODEC_ID_THEORA, -1, 9, nullptr, nullptr, {}},
};

// For the other encoders that lose something: MPEG-1, 2 and 4, MJPEG, ...
constexpr int kFixedQuantiser = 3;

// Stand-ins for encoders that are not here or refuse the format; the second takes planar
// RGB, the third packed RGB.
constexpr const char* kStandIns[] = {"libx264", "libx265", "libx264rgb"};
// Takes nearly every format, and loses nothing.
constexpr const char* kLastResort = "ffv1";

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
  return avformat_query_codec(&container, codec, FF_COMPLIANCE_EXPERIMENTAL) != 0;
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

// The encoders of a codec, best first.
std::vector<const AVCodec*> encoders_of(AVCodecID id) {
  std::vector<const AVCodec*> encoders;
  for (const KnownEncoder& known : kEncoders) {
    if (known.codec == id) encoders.push_back(avcodec_find_encoder_by_name(known.libav_name));
  }
  if (encoders.empty()) encoders.push_back(avcodec_find_encoder(id));
  return encoders;
}

// Appends "key=value:key=value" to the option that holds a library's own parameters.
void append_params(Options& out, const char* option, const std::string& params) {
  if (params.empty()) return;
  const std::string before = out.get(option);
  out.set(option, before.empty() ? params : params + ":" + before);
}

// What the library behind the encoder must know beyond libav's options.
std::string library_params(const VideoInput& input, const AVFrame& first, const std::string& name) {
  std::string params = light_params(light_metadata(first, *input.stream()), name);
  const auto add = [&](const char* text) {
    params += (params.empty() ? "" : ":") + std::string(text);
  };
  // States the frame rate in the bitstream; timestamps stay those of the frames.
  if (name.starts_with("libx264") && input.is_constant_rate()) add("force-cfr=1");
  // It writes to standard error itself.
  if (name == "libx265") add("log-level=none");
  return params;
}

bool is_lossless(AVCodecID id) {
  const AVCodecDescriptor* descriptor = avcodec_descriptor_get(id);
  return descriptor != nullptr && (descriptor->props & AV_CODEC_PROP_LOSSY) == 0;
}

void set_quality(const KnownEncoder* known, const TranscodeOptions& options,
                 AVCodecContext& context, Options& out) {
  if (known != nullptr && known->crf >= 0) {
    out.set("crf", std::to_string(known->crf));
    context.bit_rate = 0;
  }
  const int quantiser = known != nullptr ? known->quantiser : kFixedQuantiser;
  if (quantiser < 0 || options.crf.has_value() || is_lossless(context.codec_id)) return;
  context.flags |= AV_CODEC_FLAG_QSCALE;
  context.global_quality = FF_QP2LAMBDA * quantiser;
}

// The editing codecs' profile is their quality.
void keep_profile(const VideoInput& input, AVCodecContext& context, Options& out) {
  const AVCodecParameters& from = *input.stream()->codecpar;
  if (from.codec_id != context.codec_id || from.profile < 0) return;
  if (context.codec_id == AV_CODEC_ID_PRORES) out.set("profile", std::to_string(from.profile));
  if (context.codec_id != AV_CODEC_ID_DNXHD) return;
  constexpr int kFirstDnxhr = 1;  // the encoder counts DNxHR profiles from one
  const int dnxhr = from.profile - FF_PROFILE_DNXHR_LB + kFirstDnxhr;
  out.set("profile", std::to_string(from.profile >= FF_PROFILE_DNXHR_LB ? dnxhr : 0));
  context.bit_rate = from.bit_rate;
}

std::string number_text(double value) {
  const auto whole = static_cast<int64_t>(value);
  return value == static_cast<double>(whole) ? std::to_string(whole) : std::to_string(value);
}

}  // namespace

Result<std::vector<const AVCodec*>> encoder_candidates(const VideoInput& input,
                                                       const AVFrame& first,
                                                       const AVOutputFormat& container,
                                                       const std::string& wanted) {
  const bool wraps = container.video_codec == AV_CODEC_ID_WRAPPED_AVFRAME;
  if (!wanted.empty() || wraps) {
    const std::string name = wanted.empty() ? "wrapped_avframe" : wanted;
    VSEAL_ASSIGN_OR_RETURN(const AVCodec* named, named_encoder(name, first.format, container));
    return std::vector<const AVCodec*>{named};
  }
  std::vector<const AVCodec*> candidates;
  const auto add = [&](const AVCodec* codec) {
    if (codec == nullptr || !takes(*codec, first.format) || !holds(container, codec->id)) return;
    if (std::ranges::find(candidates, codec) == candidates.end()) candidates.push_back(codec);
  };
  for (const AVCodec* codec : encoders_of(input.stream()->codecpar->codec_id)) add(codec);
  for (const char* name : kStandIns) add(avcodec_find_encoder_by_name(name));
  // WebM and its like hold neither: take what the container was made for.
  for (const AVCodec* codec : encoders_of(container.video_codec)) add(codec);
  add(avcodec_find_encoder_by_name(kLastResort));
  if (candidates.empty()) {
    return Status(Code::kUnavailable, std::string("no encoder takes pixel format ") +
                                          format_name(first.format) + " for " + container.name);
  }
  return candidates;
}

Status set_encoder_options(const VideoInput& input, const AVFrame& first,
                           const TranscodeOptions& options, AVCodecContext& context, Options& out) {
  const std::string name = context.codec->name;
  const KnownEncoder* known = known_encoder(name);
  set_quality(known, options, context, out);
  keep_profile(input, context, out);
  if (known != nullptr) {
    if (known->preset != nullptr) out.set("preset", known->preset);
    for (const Setting& setting : known->extra) {
      if (setting.key != nullptr) out.set(setting.key, setting.value);
    }
  }
  // libvpx refuses alpha with its hidden reference frames.
  const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(context.pix_fmt);
  if (name.starts_with("libvpx") && format != nullptr && format->nb_components == 4) {
    out.set("auto-alt-ref", "0");
  }
  if (options.crf.has_value()) out.set("crf", number_text(*options.crf));
  if (!options.preset.empty()) out.set("preset", options.preset);
  const int parsed =
      av_dict_parse_string(out.address(), options.encoder_options.c_str(), "=", ":", 0);
  if (parsed < 0) {
    return invalid_argument("encoder options: expected key=value:key=value, got " +
                            options.encoder_options);
  }
  if (known != nullptr && known->params != nullptr) {
    append_params(out, known->params, library_params(input, first, name));
  }
  return {};
}

void silence(const AVCodec& codec) {
  if (std::strcmp(codec.name, "libsvtav1") != 0) return;
  // Once a process: other threads may be reading the environment.
  [[maybe_unused]] static const int done = ::setenv("SVT_LOG", "0", 0);
}

}  // namespace vseal::media

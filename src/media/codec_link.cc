// An encoder and the decoder of what it makes, as one link of a frame chain.
#include <string>

extern "C" {
#include <libavutil/pixdesc.h>
}

#include "media/encoder_choice.h"
#include "media/frame_link.h"

namespace vseal::media {
namespace {

// For frames without a frame rate; encoders only derive their key frame distance from it.
constexpr AVRational kUsualRate{25, 1};

// Even sizes and the encoder's pixel format; RGB becomes BT.709, limited.
std::string conversion(const AVFrame& first, const std::string& pixel_format) {
  const auto* from = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(first.format));
  const auto* to = av_pix_fmt_desc_get(av_get_pix_fmt(pixel_format.c_str()));
  const auto rgb = [](const AVPixFmtDescriptor* d) {
    return d != nullptr && (d->flags & AV_PIX_FMT_FLAG_RGB) != 0;
  };
  const std::string even = "crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0,";
  if (!rgb(from) || rgb(to)) return even + "format=" + pixel_format;
  return even + "scale=flags=bicubic+accurate_rnd:out_color_matrix=bt709:out_range=tv,format=" +
         pixel_format + ",setparams=colorspace=bt709:range=tv";
}

class CodecLink : public FrameLink {
 public:
  CodecLink(const CodecStage& stage, int threads, int64_t& coded_bytes, FrameTaker next)
      : FrameLink(std::move(next)),
        stage_(stage),
        threads_(threads),
        coded_bytes_(coded_bytes),
        packet_(av_packet_alloc()) {
    coded_bytes_ = 0;
  }

  Status push(FramePtr frame, const FrameClock& clock) override {
    if (convert_ == nullptr) {
      convert_ = make_filter_link(
          {conversion(*frame, stage_.pixel_format)},
          [this](FramePtr ready, const FrameClock& c) { return encode(std::move(ready), c); });
    }
    return convert_->push(std::move(frame), clock);
  }

  Status finish() override {
    if (convert_ == nullptr) return {};
    VSEAL_RETURN_IF_ERROR(convert_->finish());
    VSEAL_RETURN_IF_ERROR(drain_encoder(nullptr));
    return drain_decoder(nullptr);
  }

 private:
  Status encode(FramePtr frame, const FrameClock& clock) {
    if (encoder_ == nullptr) VSEAL_RETURN_IF_ERROR(open(*frame, clock));
    frame->pict_type = AV_PICTURE_TYPE_NONE;
    frame->key_frame = 0;
    return drain_encoder(frame.get());
  }

  Status open(const AVFrame& first, const FrameClock& clock) {
    const AVCodec* codec = avcodec_find_encoder_by_name(stage_.encoder.c_str());
    if (codec == nullptr) {
      return Status(Code::kUnavailable, "no video encoder is called " + stage_.encoder);
    }
    clock_ = clock;
    encoder_.reset(avcodec_alloc_context3(codec));
    if (encoder_ == nullptr || packet_ == nullptr) {
      return Status(Code::kOutOfMemory, "no memory for an encoder");
    }
    encoder_->width = first.width;
    encoder_->height = first.height;
    encoder_->pix_fmt = static_cast<AVPixelFormat>(first.format);
    encoder_->time_base = clock.time_base;
    encoder_->framerate = clock.frame_rate.num > 0 ? clock.frame_rate : kUsualRate;
    encoder_->sample_aspect_ratio = first.sample_aspect_ratio;
    encoder_->color_range = first.color_range;
    encoder_->colorspace = first.colorspace;
    encoder_->bit_rate = 0;  // libav's default would fight the constant quality
    encoder_->thread_count = threads_;
    silence(*codec);
    VSEAL_RETURN_IF_ERROR(open_encoder(*codec));
    return open_decoder();
  }

  Status open_encoder(const AVCodec& codec) {
    Options options;
    if (av_dict_parse_string(options.address(), stage_.options.c_str(), "=", ":", 0) < 0) {
      return invalid_argument("[codec] options: expected key=value:key=value, got " +
                              stage_.options);
    }
    clear_av_message();
    if (const int error = avcodec_open2(encoder_.get(), &codec, options.address()); error < 0) {
      const std::string detail = last_av_message();
      return invalid_argument("[codec] " + stage_.encoder + " does not open with " +
                              stage_.options + ": " + (detail.empty() ? av_text(error) : detail));
    }
    if (const std::string left = options.first_left(); !left.empty()) {
      return invalid_argument("[codec] " + stage_.encoder + " has no option " + left);
    }
    return {};
  }

  Status open_decoder() {
    const AVCodec* codec = avcodec_find_decoder(encoder_->codec_id);
    if (codec == nullptr) {
      return Status(Code::kUnavailable, "no decoder for what " + stage_.encoder + " makes");
    }
    decoder_.reset(avcodec_alloc_context3(codec));
    if (decoder_ == nullptr) return Status(Code::kOutOfMemory, "no memory for a decoder");
    decoder_->pkt_timebase = clock_.time_base;
    decoder_->thread_count = threads_;
    if (const int error = avcodec_open2(decoder_.get(), codec, nullptr); error < 0) {
      return internal_error("[codec] decoder of " + stage_.encoder + ": " + av_text(error));
    }
    return {};
  }

  Status drain_encoder(AVFrame* frame) {
    int error = avcodec_send_frame(encoder_.get(), frame);
    while (error >= 0) {
      error = avcodec_receive_packet(encoder_.get(), packet_.get());
      if (error < 0) break;
      coded_bytes_ += packet_->size;
      const Status status = drain_decoder(packet_.get());
      av_packet_unref(packet_.get());
      VSEAL_RETURN_IF_ERROR(status);
    }
    if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return {};
    return internal_error("[codec] " + stage_.encoder + ": " + av_text(error));
  }

  Status drain_decoder(const AVPacket* packet) {
    int error = avcodec_send_packet(decoder_.get(), packet);
    while (error >= 0) {
      FramePtr frame(av_frame_alloc());
      if (frame == nullptr) return Status(Code::kOutOfMemory, "no memory for a frame");
      error = avcodec_receive_frame(decoder_.get(), frame.get());
      if (error < 0) break;
      frame->pts = frame->best_effort_timestamp;
      VSEAL_RETURN_IF_ERROR(pass_on(std::move(frame), clock_));
    }
    if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return {};
    return internal_error("[codec] decoding what " + stage_.encoder + " made: " + av_text(error));
  }

  const CodecStage stage_;
  const int threads_;
  int64_t& coded_bytes_;
  std::unique_ptr<FrameLink> convert_;
  CodecPtr encoder_;
  CodecPtr decoder_;
  PacketPtr packet_;
  FrameClock clock_;
};

}  // namespace

std::unique_ptr<FrameLink> make_codec_link(const CodecStage& stage, int threads,
                                           int64_t& coded_bytes, FrameTaker next) {
  return std::make_unique<CodecLink>(stage, threads, coded_bytes, std::move(next));
}

}  // namespace vseal::media

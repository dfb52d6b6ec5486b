#include "media/video_input.h"

#include <algorithm>
#include <cmath>
#include <cstring>

extern "C" {
#include <libavutil/avstring.h>
#include <libavutil/pixdesc.h>
}

#include "base/log.h"
#include "media/container.h"
#include "media/frame_view.h"

namespace vseal::media {
namespace {

// A file whose packets end this much before its stated duration was cut.
constexpr double kMissingSeconds = 0.5;
constexpr double kMissingOfShort = 0.2;  // a share of clips of a few seconds
constexpr double kMissingAtLeast = 0.02;

// Unreadable packets in a row that reading a damaged file goes past.
constexpr int kMaxDamage = 1000;

// The longest time that the last frame of a stream is believed to be shown.
constexpr double kLongestFrameSeconds = 60.0;

bool is_container(const AVFormatContext& format, const char* name) {
  return av_match_name(name, format.iformat->name) != 0;
}

// libav's own VP8 and VP9 decoders drop the alpha plane; libvpx does not.
const AVCodec* find_decoder(const AVStream& stream) {
  const AVCodecID id = stream.codecpar->codec_id;
  const AVDictionaryEntry* alpha = av_dict_get(stream.metadata, "alpha_mode", nullptr, 0);
  const char* name = id == AV_CODEC_ID_VP9 ? "libvpx-vp9" : id == AV_CODEC_ID_VP8 ? "libvpx" : "";
  if (alpha != nullptr && std::strcmp(alpha->value, "1") == 0) {
    if (const AVCodec* with_alpha = avcodec_find_decoder_by_name(name)) return with_alpha;
  }
  return avcodec_find_decoder(id);
}

}  // namespace

Result<VideoInput> VideoInput::open(const std::string& path, const OpenOptions& options) {
  VideoInput input;
  input.path_ = path;
  input.tolerate_damage_ = options.tolerate_damage;
  input.key_frames_only_ = options.key_frames_only;
  VSEAL_ASSIGN_OR_RETURN(input.format_, open_container(path, options.max_pixels));
  VSEAL_RETURN_IF_ERROR(input.choose_stream(options).with_context(path));
  VSEAL_RETURN_IF_ERROR(input.open_decoder(options).with_context(path));
  input.fill_info();
  if (!options.tolerate_damage) VSEAL_RETURN_IF_ERROR(check_whole(*input.format_, path));
  return input;
}

Status VideoInput::choose_stream(const OpenOptions& options) {
  const int count = static_cast<int>(format_->nb_streams);
  if (options.video_stream.has_value()) {
    const int wanted = *options.video_stream;
    if (wanted < 0 || wanted >= count || !is_real_video(*format_->streams[wanted])) {
      return invalid_argument("stream " + std::to_string(wanted) +
                              " is no video stream; there are " + std::to_string(count) +
                              " streams");
    }
    info_.stream_index = wanted;
    return {};
  }
  for (int i = 0; i < count; ++i) {
    if (!is_real_video(*format_->streams[i])) continue;
    info_.stream_index = i;
    return {};
  }
  return corrupt_input("no video stream");
}

Status VideoInput::open_decoder(const OpenOptions& options) {
  const AVCodecParameters& parameters = *stream()->codecpar;
  const int64_t pixels = int64_t{parameters.width} * parameters.height;
  if (pixels > options.max_pixels) {
    return unsupported("expected at most " + std::to_string(options.max_pixels) + " pixels, got " +
                       std::to_string(parameters.width) + "x" + std::to_string(parameters.height));
  }
  const AVCodec* codec = find_decoder(*stream());
  if (codec == nullptr) {
    return unsupported(std::string("no decoder for ") + avcodec_get_name(parameters.codec_id));
  }
  decoder_.reset(avcodec_alloc_context3(codec));
  if (decoder_ == nullptr) return Status(Code::kOutOfMemory, "no memory for a decoder");
  avcodec_parameters_to_context(decoder_.get(), &parameters);
  decoder_->pkt_timebase = stream()->time_base;
  decoder_->thread_count = options.threads;
  decoder_->max_pixels = options.max_pixels;
  if (options.key_frames_only) decoder_->skip_frame = AVDISCARD_NONKEY;
  if (const int error = avcodec_open2(decoder_.get(), codec, nullptr); error < 0) {
    return corrupt_input(std::string("cannot decode ") + codec->name + ": " + av_text(error));
  }
  return {};
}

AVRational VideoInput::frame_rate() const {
  return av_guess_frame_rate(format_.get(), stream(), nullptr);
}

bool VideoInput::is_constant_rate() const {
  const double average = av_q2d(stream()->avg_frame_rate), base = av_q2d(stream()->r_frame_rate);
  return average > 0 && std::abs(average - base) < 1e-3 * base;
}

void VideoInput::fill_info() {
  const AVStream& s = *stream();
  info_.container = format_->iformat->name;
  info_.codec = avcodec_get_name(s.codecpar->codec_id);
  info_.width = s.codecpar->width;
  info_.height = s.codecpar->height;
  const auto* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(s.codecpar->format));
  if (format != nullptr) info_.depth_bits = format->comp[0].depth;
  size_t size = 0;
  const uint8_t* matrix = av_stream_get_side_data(&s, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (matrix != nullptr && size >= 9 * sizeof(int32_t)) {
    info_.orientation = orientation_of(reinterpret_cast<const int32_t*>(matrix));
  }
  if (format_->duration > 0) {
    info_.duration_s = static_cast<double>(format_->duration) / AV_TIME_BASE;
  }
  info_.frames_per_second = s.avg_frame_rate.num > 0 ? av_q2d(s.avg_frame_rate) : 0;
  info_.frame_count = s.nb_frames > 0
                          ? s.nb_frames
                          : static_cast<int64_t>(info_.duration_s * info_.frames_per_second + 0.5);
}

void VideoInput::note(const AVPacket& packet) {
  if (packet.pos >= 0) last_byte_ = packet.pos + packet.size;
  const int64_t time = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
  if (time == AV_NOPTS_VALUE) return;
  const AVRational base = format_->streams[packet.stream_index]->time_base;
  // Some containers count their duration from zero, some from the first packet: a late start is
  // no missing end.
  const int64_t start = format_->start_time != AV_NOPTS_VALUE ? format_->start_time : 0;
  const double early = std::min(0.0, static_cast<double>(start) / AV_TIME_BASE);
  last_s_ = std::max(last_s_, static_cast<double>(time + packet.duration) * av_q2d(base) - early);
}

// What the file itself says at its end; false, for Result<bool> read().
Result<bool> VideoInput::end_of_file() {
  if (tolerate_damage_) return false;
  if (damaged_s_.has_value() && last_s_ - *damaged_s_ < kMissingSeconds) {
    return corrupt_input(path_ + ": truncated: its last packets are incomplete");
  }
  // Y4M is one frame after another: what is left over is the beginning of one.
  if (is_container(*format_, "yuv4mpegpipe") && avio_tell(format_->pb) > last_byte_) {
    return corrupt_input(path_ + ": truncated: its last frame is incomplete");
  }
  // FLV's metadata is often that of a longer recording.
  const bool stated = format_->duration_estimation_method == AVFMT_DURATION_FROM_STREAM &&
                      !is_container(*format_, "flv");
  const double missing = info_.duration_s - last_s_;
  if (stated && missing > std::min(kMissingSeconds, kMissingOfShort * info_.duration_s) &&
      missing > kMissingAtLeast * info_.duration_s) {
    return corrupt_input(path_ + ": truncated: " + std::to_string(last_s_) + " of " +
                         std::to_string(info_.duration_s) + " seconds are there");
  }
  return false;
}

Result<bool> VideoInput::read(AVPacket* packet) {
  int error = av_read_frame(format_.get(), packet);
  // Behind a damaged packet others may be sound.
  for (int i = 0; tolerate_damage_ && error < 0 && error != AVERROR_EOF && i < kMaxDamage; ++i) {
    error = av_read_frame(format_.get(), packet);
  }
  if (error == AVERROR_EOF) return end_of_file();
  if (error < 0) {
    if (tolerate_damage_) return false;
    return corrupt_input(path_ + ": damaged: " + av_text(error));
  }
  note(*packet);
  if ((packet->flags & AV_PKT_FLAG_CORRUPT) != 0) {
    damaged_s_ = last_s_;
    ++decode_errors_;
  }
  return true;
}

void VideoInput::count_error() {
  ++decode_errors_;
  last_failed_ = true;
}

Status VideoInput::send(const AVPacket* packet) {
  if (packet != nullptr && key_frames_only_ && (packet->flags & AV_PKT_FLAG_KEY) == 0) return {};
  draining_ = packet == nullptr;
  if (!draining_) last_failed_ = false;
  const int error = avcodec_send_packet(decoder_.get(), packet);
  if (error >= 0 || error == AVERROR_EOF) return {};
  if (error == AVERROR(ENOMEM)) return Status(Code::kOutOfMemory, path_ + ": " + av_text(error));
  count_error();
  return {};
}

Result<bool> VideoInput::receive(AVFrame* frame) {
  for (;;) {
    const int error = avcodec_receive_frame(decoder_.get(), frame);
    if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return false;
    if (error == AVERROR(ENOMEM)) return Status(Code::kOutOfMemory, path_ + ": " + av_text(error));
    if (error >= 0) break;
    count_error();
    // While draining, a picture that failed hides those behind it.
    if (!draining_) return false;
  }
  if ((frame->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame->decode_error_flags != 0) count_error();
  if (frame->best_effort_timestamp != AV_NOPTS_VALUE) frame->pts = frame->best_effort_timestamp;
  return true;
}

Status VideoInput::check_last_pictures() const {
  if (!last_failed_ || tolerate_damage_) return {};
  return corrupt_input(path_ + ": truncated or damaged: its last picture does not decode");
}

void VideoInput::flush() {
  avcodec_flush_buffers(decoder_.get());
  draining_ = false;
  last_failed_ = false;
}

double VideoInput::seconds(int64_t timestamp) const {
  if (timestamp == AV_NOPTS_VALUE) return 0;
  const int64_t start = stream()->start_time != AV_NOPTS_VALUE ? stream()->start_time : 0;
  return static_cast<double>(timestamp - start) * av_q2d(stream()->time_base);
}

int64_t VideoInput::last_duration(const AVFrame& frame) const {
  const AVStream& s = *stream();
  if (s.duration > 0 && s.start_time != AV_NOPTS_VALUE) {
    const int64_t left = s.start_time + s.duration - frame.pts;
    const double seconds = static_cast<double>(left) * av_q2d(s.time_base);
    if (left > 0 && seconds <= kLongestFrameSeconds) return left;
  }
  // Demuxers round durations down; timestamps are rounded to the nearest tick.
  const AVRational rate = is_constant_rate() ? s.avg_frame_rate : AVRational{0, 1};
  const int64_t nominal = rate.num > 0 ? av_rescale_q(1, av_inv_q(rate), s.time_base) : 0;
  return std::abs(nominal - frame.pkt_duration) <= 1 ? nominal : frame.pkt_duration;
}

Result<bool> sniff_video(const std::string& path) {
  const auto input = open_container(path, OpenOptions().max_pixels);
  if (!input.ok()) {
    const Status status = input.status();
    // An MP4 that lacks its index is damaged, not another kind of file.
    if (status.code() != Code::kCorruptInput || starts_as_mp4(path)) return status;
    log(LogLevel::kDebug, status.message());
    return false;
  }
  const AVFormatContext& format = **input;
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    if (is_real_video(*format.streams[i]) && find_decoder(*format.streams[i]) != nullptr) {
      return true;
    }
  }
  return false;
}

}  // namespace vseal::media

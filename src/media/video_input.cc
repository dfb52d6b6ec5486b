#include "media/video_input.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

extern "C" {
#include <libavutil/pixdesc.h>
}

#include "base/log.h"
#include "media/frame_view.h"

namespace vseal::media {
namespace {

// Containers that hold their media themselves. Playlists, picture sequences and text "videos" are
// not here: they would read other files, or any file.
constexpr const char* kContainers =
    "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,av1,obu,ivf,flv,asf,ogg,nut,"
    "yuv4mpegpipe,mxf,gxf,dv,mjpeg,vc1,wtv,rm";

// A file whose packets end this much before its stated duration was cut.
constexpr double kMissingSeconds = 0.5;
constexpr double kMissingShare = 0.02;

// Unreadable packets in a row that reading a damaged file goes past.
constexpr int kMaxDamage = 1000;

bool is_real_video(const AVStream& stream) {
  return stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
         (stream.disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS)) ==
             0;
}

Result<InputPtr> open_container(const std::string& path) {
  start_av();
  const std::string url = path == "-" ? "pipe:0" : "file:" + path;
  struct stat info {};
  if (path != "-" && ::stat(path.c_str(), &info) != 0) {
    return not_found(path + ": " + std::strerror(errno));
  }
  if (path != "-" && ::access(path.c_str(), R_OK) != 0) {
    return not_found(path + ": " + std::strerror(errno));
  }
  Options options;
  options.set("protocol_whitelist", "file,pipe");
  options.set("format_whitelist", kContainers);
  AVFormatContext* opened = nullptr;
  const int error = avformat_open_input(&opened, url.c_str(), nullptr, options.address());
  if (error < 0) {
    return corrupt_input(path + ": not a video that vseal can read: " + av_text(error));
  }
  InputPtr input(opened);
  if (const int found = avformat_find_stream_info(opened, nullptr); found < 0) {
    return corrupt_input(path + ": cannot find its streams: " + av_text(found));
  }
  return input;
}

}  // namespace

Result<VideoInput> VideoInput::open(const std::string& path, const OpenOptions& options) {
  VideoInput input;
  input.path_ = path;
  input.tolerate_damage_ = options.tolerate_damage;
  VSEAL_ASSIGN_OR_RETURN(input.format_, open_container(path));
  VSEAL_RETURN_IF_ERROR(input.choose_stream(options).with_context(path));
  VSEAL_RETURN_IF_ERROR(input.open_decoder(options).with_context(path));
  input.fill_info();
  if (!options.tolerate_damage) VSEAL_RETURN_IF_ERROR(input.check_index());
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
  const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
  if (codec == nullptr) {
    return unsupported(std::string("no decoder for ") + avcodec_get_name(parameters.codec_id));
  }
  decoder_.reset(avcodec_alloc_context3(codec));
  if (decoder_ == nullptr) return Status(Code::kOutOfMemory, "no memory for a decoder");
  avcodec_parameters_to_context(decoder_.get(), &parameters);
  decoder_->pkt_timebase = stream()->time_base;
  decoder_->thread_count = options.threads;
  decoder_->max_pixels = options.max_pixels;
  if (const int error = avcodec_open2(decoder_.get(), codec, nullptr); error < 0) {
    return corrupt_input(std::string("cannot decode ") + codec->name + ": " + av_text(error));
  }
  return {};
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

// An index that points past the end of the file tells of a copy that was cut short.
Status VideoInput::check_index() const {
  const int64_t size = format_->pb != nullptr ? avio_size(format_->pb) : -1;
  if (size <= 0) return {};
  for (unsigned i = 0; i < format_->nb_streams; ++i) {
    AVStream* s = format_->streams[i];
    const int count = avformat_index_get_entries_count(s);
    if (count == 0) continue;
    const AVIndexEntry* last = avformat_index_get_entry(s, count - 1);
    if (last->pos + last->size > size) {
      return corrupt_input(path_ + ": truncated: its index reaches to byte " +
                           std::to_string(last->pos + last->size) + ", the file has " +
                           std::to_string(size));
    }
  }
  return {};
}

Status VideoInput::check_end() const {
  if (damaged_packet_)
    return corrupt_input(path_ + ": truncated or damaged: a packet is incomplete");
  const bool stated = format_->duration_estimation_method == AVFMT_DURATION_FROM_STREAM;
  const double missing = info_.duration_s - last_s_;
  if (stated && missing > kMissingSeconds && missing > kMissingShare * info_.duration_s) {
    return corrupt_input(path_ + ": truncated: " + std::to_string(last_s_) + " of " +
                         std::to_string(info_.duration_s) + " seconds are there");
  }
  return {};
}

Result<bool> VideoInput::read(AVPacket* packet) {
  int error = av_read_frame(format_.get(), packet);
  // Behind a damaged packet others may be sound.
  for (int i = 0; tolerate_damage_ && error < 0 && error != AVERROR_EOF && i < kMaxDamage; ++i) {
    error = av_read_frame(format_.get(), packet);
  }
  if (error == AVERROR_EOF) {
    if (!tolerate_damage_) VSEAL_RETURN_IF_ERROR(check_end());
    return false;
  }
  if (error < 0) {
    if (tolerate_damage_) return false;
    return corrupt_input(path_ + ": damaged: " + av_text(error));
  }
  damaged_packet_ |= (packet->flags & AV_PKT_FLAG_CORRUPT) != 0;
  const AVStream& s = *format_->streams[packet->stream_index];
  const int64_t time = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
  if (time != AV_NOPTS_VALUE) {
    const double start = format_->start_time != AV_NOPTS_VALUE
                             ? static_cast<double>(format_->start_time) / AV_TIME_BASE
                             : 0.0;
    const double end = static_cast<double>(time + packet->duration) * av_q2d(s.time_base);
    last_s_ = std::max(last_s_, end - start);
  }
  return true;
}

Status VideoInput::send(const AVPacket* packet) {
  const int error = avcodec_send_packet(decoder_.get(), packet);
  if (error >= 0 || error == AVERROR_EOF) return {};
  if (error == AVERROR(ENOMEM)) return Status(Code::kOutOfMemory, path_ + ": " + av_text(error));
  ++decode_errors_;
  return {};
}

Result<bool> VideoInput::receive(AVFrame* frame) {
  const int error = avcodec_receive_frame(decoder_.get(), frame);
  if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return false;
  if (error < 0) {
    ++decode_errors_;
    return false;
  }
  if ((frame->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame->decode_error_flags != 0) {
    ++decode_errors_;
  }
  if (frame->best_effort_timestamp != AV_NOPTS_VALUE) frame->pts = frame->best_effort_timestamp;
  return true;
}

double VideoInput::seconds(int64_t timestamp) const {
  if (timestamp == AV_NOPTS_VALUE) return 0;
  const int64_t start = stream()->start_time != AV_NOPTS_VALUE ? stream()->start_time : 0;
  return static_cast<double>(timestamp - start) * av_q2d(stream()->time_base);
}

Result<bool> sniff_video(const std::string& path) {
  const auto input = open_container(path);
  if (!input.ok()) {
    if (input.status().code() == Code::kNotFound) return input.status();
    log(LogLevel::kDebug, input.status().message());
    return false;
  }
  const AVFormatContext& format = **input;
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    if (is_real_video(*format.streams[i])) return true;
  }
  return false;
}

}  // namespace vseal::media

#include "media/video_output.h"

#include <cstring>

#include "base/log.h"

namespace vseal::media {
namespace {

constexpr int kDropped = -1;

// An error of libav while writing: the disk, or what the container makes of the packet.
Status write_error(int error) { return io_error("cannot write: " + av_text(error)); }

bool is_matroska(const AVOutputFormat& container) {
  return std::strcmp(container.name, "matroska") == 0;
}

bool is_mov_like(const AVOutputFormat& container) {
  for (const char* name : {"mov", "mp4", "ipod", "3gp", "3g2", "ismv", "f4v"}) {
    if (std::strcmp(container.name, name) == 0) return true;
  }
  return false;
}

bool is_attached_picture(const AVStream& stream) {
  return (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
}

// Tracks that the muxer makes again from metadata: timecode, and the text of chapters.
bool is_recreated(const AVStream& stream, const AVOutputFormat& container) {
  if (stream.codecpar->codec_type != AVMEDIA_TYPE_DATA || !is_mov_like(container)) return false;
  return stream.codecpar->codec_tag == MKTAG('t', 'm', 'c', 'd') ||
         stream.codecpar->codec_id == AV_CODEC_ID_BIN_DATA;
}

// Why `container` cannot hold a copy of the stream; empty when it can.
std::string reason_to_drop(const AVStream& stream, const AVOutputFormat& container) {
  const AVCodecParameters& p = *stream.codecpar;
  if (container.video_codec == AV_CODEC_ID_WRAPPED_AVFRAME) return "holds one video stream only";
  if (p.codec_type == AVMEDIA_TYPE_ATTACHMENT || is_attached_picture(stream)) {
    if (is_matroska(container)) return "";
    if (p.codec_type == AVMEDIA_TYPE_ATTACHMENT) return "does not hold attachments";
  }
  if (p.codec_type == AVMEDIA_TYPE_UNKNOWN || p.codec_id == AV_CODEC_ID_NONE) {
    return "cannot hold a stream of unknown kind";
  }
  // Negative means that the muxer does not say.
  const int held = avformat_query_codec(&container, p.codec_id, FF_COMPLIANCE_NORMAL);
  if (held == 0 || (held < 0 && p.codec_type == AVMEDIA_TYPE_DATA)) {
    return std::string("does not hold ") + avcodec_get_name(p.codec_id);
  }
  return "";
}

const char* kind_of(const AVStream& stream) {
  const char* kind = av_get_media_type_string(stream.codecpar->codec_type);
  return kind != nullptr ? kind : "unknown";
}

void copy_side_data(const AVStream& from, AVStream& to, bool encoded) {
  for (int i = 0; i < from.nb_side_data; ++i) {
    const AVPacketSideData& data = from.side_data[i];
    // What describes the old bitstream does not describe the new one.
    if (encoded && data.type == AV_PKT_DATA_CPB_PROPERTIES) continue;
    uint8_t* copy = av_stream_new_side_data(&to, data.type, data.size);
    if (copy != nullptr) std::memcpy(copy, data.data, data.size);
  }
}

void copy_stream_properties(const AVStream& from, AVStream& to, bool encoded) {
  to.id = from.id;
  to.disposition = from.disposition;
  to.time_base = from.time_base;
  to.avg_frame_rate = from.avg_frame_rate;
  to.r_frame_rate = from.r_frame_rate;
  to.sample_aspect_ratio = from.sample_aspect_ratio;
  av_dict_copy(&to.metadata, from.metadata, 0);
  copy_side_data(from, to, encoded);
}

}  // namespace

Result<const AVOutputFormat*> choose_container(const std::string& name,
                                               const TranscodeOptions& options) {
  const std::string wanted =
      options.container.empty() && name == "-" ? "yuv4mpegpipe" : options.container;
  const AVOutputFormat* format = av_guess_format(wanted.empty() ? nullptr : wanted.c_str(),
                                                 wanted.empty() ? name.c_str() : nullptr, nullptr);
  if (format == nullptr || (format->flags & AVFMT_NOFILE) != 0 ||
      format->video_codec == AV_CODEC_ID_NONE) {
    return invalid_argument(wanted.empty() ? name + ": no video container has this extension"
                                           : "no video container is called " + wanted);
  }
  return format;
}

VideoOutput::VideoOutput(VideoOutput&& other) noexcept
    : context_(std::exchange(other.context_, nullptr)), map_(std::move(other.map_)) {}

VideoOutput::~VideoOutput() {
  if (context_ == nullptr) return;
  avio_closep(&context_->pb);
  avformat_free_context(context_);
}

Result<VideoOutput> VideoOutput::open(const std::string& path, const AVOutputFormat* container,
                                      const VideoInput& input, const VideoEncoder& encoder,
                                      const TranscodeOptions& options,
                                      std::vector<DroppedStream>& dropped) {
  VideoOutput output;
  const std::string url = path == "-" ? "pipe:1" : "file:" + path;
  if (avformat_alloc_output_context2(&output.context_, container, nullptr, url.c_str()) < 0) {
    return Status(Code::kOutOfMemory, "no memory for a muxer");
  }
  // Y4M of more than 8 bits, and like extensions that every reader knows.
  output.context_->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
  av_dict_copy(&output.context_->metadata, input.format()->metadata, 0);
  VSEAL_RETURN_IF_ERROR(output.add_streams(input, encoder, options, dropped));
  VSEAL_RETURN_IF_ERROR(output.copy_chapters(*input.format()));
  VSEAL_RETURN_IF_ERROR(output.open_file(path, input));
  return output;
}

Status VideoOutput::add_streams(const VideoInput& input, const VideoEncoder& encoder,
                                const TranscodeOptions& options,
                                std::vector<DroppedStream>& dropped) {
  const AVFormatContext& from = *input.format();
  for (int i = 0; i < static_cast<int>(from.nb_streams); ++i) {
    const AVStream& stream = *from.streams[i];
    if (i == input.info().stream_index) {
      map_.push_back(static_cast<int>(context_->nb_streams));
      VSEAL_RETURN_IF_ERROR(add_encoded(input, encoder));
      continue;
    }
    const bool recreated = is_recreated(stream, *context_->oformat);
    const std::string reason = recreated ? "" : reason_to_drop(stream, *context_->oformat);
    if (recreated || !reason.empty()) map_.push_back(kDropped);
    if (recreated) continue;
    if (reason.empty()) {
      map_.push_back(static_cast<int>(context_->nb_streams));
      VSEAL_RETURN_IF_ERROR(add_copied(stream));
      continue;
    }
    const std::string text = "stream " + std::to_string(i) + " (" + kind_of(stream) +
                             "): " + context_->oformat->name + " " + reason;
    if (options.strict_streams) return unsupported(text);
    log(LogLevel::kWarning, "dropped " + text);
    dropped.push_back({i, kind_of(stream), avcodec_get_name(stream.codecpar->codec_id), reason});
  }
  return {};
}

Status VideoOutput::add_encoded(const VideoInput& input, const VideoEncoder& encoder) {
  AVStream* to = avformat_new_stream(context_, nullptr);
  if (to == nullptr) return Status(Code::kOutOfMemory, "no memory for a stream");
  if (avcodec_parameters_from_context(to->codecpar, encoder.context()) < 0) {
    return Status(Code::kOutOfMemory, "no memory for a stream");
  }
  copy_stream_properties(*input.stream(), *to, true);
  // Says who encoded the input.
  av_dict_set(&to->metadata, "encoder", nullptr, 0);
  return {};
}

Status VideoOutput::add_copied(const AVStream& from) {
  AVStream* to = avformat_new_stream(context_, nullptr);
  if (to == nullptr || avcodec_parameters_copy(to->codecpar, from.codecpar) < 0) {
    return Status(Code::kOutOfMemory, "no memory for a stream");
  }
  copy_stream_properties(from, *to, false);
  AVCodecParameters& p = *to->codecpar;
  const AVCodecTag* const* tags = context_->oformat->codec_tag;
  if (tags != nullptr && av_codec_get_id(tags, p.codec_tag) != p.codec_id) p.codec_tag = 0;
  if (!is_attached_picture(from) || !is_matroska(*context_->oformat)) return {};
  // Matroska keeps cover art as an attachment, which demuxers show as a picture stream.
  p.codec_type = AVMEDIA_TYPE_ATTACHMENT;
  av_freep(&p.extradata);
  const AVPacket& picture = from.attached_pic;
  p.extradata = static_cast<uint8_t*>(
      av_mallocz(static_cast<size_t>(picture.size) + AV_INPUT_BUFFER_PADDING_SIZE));
  if (p.extradata == nullptr) return Status(Code::kOutOfMemory, "no memory for cover art");
  std::memcpy(p.extradata, picture.data, static_cast<size_t>(picture.size));
  p.extradata_size = picture.size;
  return {};
}

Status VideoOutput::copy_chapters(const AVFormatContext& from) {
  if (from.nb_chapters == 0) return {};
  context_->chapters =
      static_cast<AVChapter**>(av_calloc(from.nb_chapters, sizeof(*context_->chapters)));
  if (context_->chapters == nullptr) return Status(Code::kOutOfMemory, "no memory for chapters");
  for (unsigned i = 0; i < from.nb_chapters; ++i) {
    auto* chapter = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
    if (chapter == nullptr) return Status(Code::kOutOfMemory, "no memory for chapters");
    chapter->id = from.chapters[i]->id;
    chapter->time_base = from.chapters[i]->time_base;
    chapter->start = from.chapters[i]->start;
    chapter->end = from.chapters[i]->end;
    av_dict_copy(&chapter->metadata, from.chapters[i]->metadata, 0);
    context_->chapters[context_->nb_chapters++] = chapter;
  }
  return {};
}

Status VideoOutput::open_file(const std::string& path, const VideoInput& input) {
  int error = avio_open(&context_->pb, context_->url, AVIO_FLAG_WRITE);
  if (error < 0) return cannot_create("cannot open for writing: " + av_text(error));
  Options options;
  if (is_mov_like(*context_->oformat)) {
    // The index in front, so that players need not seek; timestamps on the input's own clock.
    if (path != "-") options.set("movflags", "+faststart");
    const AVRational base = input.stream()->time_base;
    if (base.num == 1) options.set("video_track_timescale", std::to_string(base.den));
  }
  error = avformat_write_header(context_, options.address());
  if (error < 0) {
    return unsupported(std::string(context_->oformat->name) +
                       " does not take these streams: " + av_text(error));
  }
  return {};
}

Status VideoOutput::write(AVPacket* packet) {
  const int error = av_interleaved_write_frame(context_, packet);
  if (error < 0) return write_error(error);
  return context_->pb->error < 0 ? write_error(context_->pb->error) : Status();
}

Status VideoOutput::write_encoded(AVPacket* packet, AVRational time_base) {
  packet->stream_index = map_[static_cast<size_t>(packet->stream_index)];
  av_packet_rescale_ts(packet, time_base, context_->streams[packet->stream_index]->time_base);
  return write(packet);
}

Status VideoOutput::write_copied(AVPacket* packet, const VideoInput& input) {
  const auto from = static_cast<size_t>(packet->stream_index);
  // Streams that appear after the header was written have no place.
  if (from >= map_.size() || map_[from] == kDropped) return {};
  AVStream* to = context_->streams[map_[from]];
  if (to->codecpar->codec_type == AVMEDIA_TYPE_ATTACHMENT) return {};
  packet->stream_index = map_[from];
  packet->pos = -1;
  av_packet_rescale_ts(packet, input.format()->streams[from]->time_base, to->time_base);
  return write(packet);
}

Status VideoOutput::finish() {
  int error = av_write_trailer(context_);
  if (error >= 0) error = context_->pb->error;
  const int closed = avio_closep(&context_->pb);
  if (error < 0 || closed < 0) return write_error(error < 0 ? error : closed);
  return {};
}

}  // namespace vseal::media

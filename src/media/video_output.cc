#include "media/video_output.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "media/muxer_options.h"
#include "media/stream_copy.h"

namespace vseal::media {
namespace {

constexpr int kDropped = -1;

// An error of libav while writing: the disk, or what the container makes of the packet.
Status write_error(int error) { return io_error("cannot write: " + av_text(error)); }

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
    : context_(std::exchange(other.context_, nullptr)),
      map_(std::move(other.map_)),
      times_(std::move(other.times_)) {}

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
  const AVOutputFormat& container = *context_->oformat;
  const int count = static_cast<int>(from.nb_streams);
  map_.assign(from.nb_streams, kDropped);
  std::vector<int> held{input.info().stream_index};
  for (int i = 0; i < count; ++i) {
    const AVStream& stream = *from.streams[i];
    if (i == input.info().stream_index || is_recreated(stream, container)) continue;
    const std::string reason = reason_to_drop(container, input, encoder, held, i);
    if (reason.empty()) {
      held.push_back(i);
      continue;
    }
    const std::string text = "stream " + std::to_string(i) + " (" + kind_name(stream) +
                             "): " + container.name + " " + reason;
    if (options.strict_streams) return unsupported(text);
    log(LogLevel::kWarning, "dropped " + text);
    dropped.push_back({i, kind_name(stream), avcodec_get_name(stream.codecpar->codec_id), reason});
  }
  std::ranges::sort(held);
  for (const int i : held) {
    map_[static_cast<size_t>(i)] = static_cast<int>(context_->nb_streams);
    VSEAL_RETURN_IF_ERROR(i == input.info().stream_index
                              ? add_encoded_stream(*context_, input, encoder)
                              : add_copied_stream(*context_, *from.streams[i]));
  }
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
  set_muxer_options(input, path != "-", *context_, options);
  clear_av_message();
  error = avformat_write_header(context_, options.address());
  // The muxer has chosen its time bases.
  for (unsigned i = 0; i < context_->nb_streams; ++i) times_.push_back(packet_times(i));
  if (error < 0) {
    const std::string detail = last_av_message();
    return unsupported(std::string(context_->oformat->name) + " does not take these streams: " +
                       (detail.empty() ? av_text(error) : detail));
  }
  return {};
}

PacketTimes VideoOutput::packet_times(unsigned stream) const {
  const AVStream& to = *context_->streams[stream];
  const AVMediaType type = to.codecpar->codec_type;
  const bool may_repeat = (context_->oformat->flags & AVFMT_TS_NONSTRICT) != 0 ||
                          type == AVMEDIA_TYPE_SUBTITLE || type == AVMEDIA_TYPE_DATA;
  return {!may_repeat, forgotten_delay(*context_->oformat, *to.codecpar, to.time_base)};
}

Status VideoOutput::write(AVPacket* packet) {
  const int error = av_interleaved_write_frame(context_, packet);
  if (error < 0) return write_error(error);
  return context_->pb->error < 0 ? write_error(context_->pb->error) : Status();
}

Status VideoOutput::write_encoded(AVPacket* packet, const VideoInput& input) {
  const AVStream& from = *input.stream();
  packet->stream_index = map_[static_cast<size_t>(from.index)];
  av_packet_rescale_ts(packet, from.time_base, context_->streams[packet->stream_index]->time_base);
  // Where decoding times cannot be negative but may repeat, those before the start become zero;
  // else the muxer would move the whole file by the encoder's delay.
  constexpr int kSigns = AVFMT_TS_NEGATIVE | AVFMT_TS_NONSTRICT;
  if ((context_->oformat->flags & kSigns) == AVFMT_TS_NONSTRICT && packet->pts >= 0) {
    packet->dts = std::max<int64_t>(packet->dts, 0);
  }
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
  times_[static_cast<size_t>(packet->stream_index)].correct(*packet);
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

#include "media/stream_copy.h"

#include <cstring>

#include "media/light_metadata.h"

namespace vseal::media {
namespace {

bool is_one_of(const char* name, std::initializer_list<const char*> names) {
  for (const char* other : names) {
    if (std::strcmp(name, other) == 0) return true;
  }
  return false;
}

// What describes the old bitstream, but not the new one.
bool is_of_bitstream(AVPacketSideDataType type) {
  return type == AV_PKT_DATA_CPB_PROPERTIES || type == AV_PKT_DATA_DOVI_CONF;
}

void copy_properties(const AVStream& from, AVStream& to, bool encoded) {
  to.id = from.id;
  to.disposition = from.disposition;
  to.time_base = from.time_base;
  to.avg_frame_rate = from.avg_frame_rate;
  to.r_frame_rate = from.r_frame_rate;
  to.sample_aspect_ratio = from.sample_aspect_ratio;
  av_dict_copy(&to.metadata, from.metadata, 0);
  for (int i = 0; i < from.nb_side_data; ++i) {
    const AVPacketSideData& data = from.side_data[i];
    if (encoded && is_of_bitstream(data.type)) continue;
    uint8_t* copy = av_stream_new_side_data(&to, data.type, data.size);
    if (copy != nullptr) std::memcpy(copy, data.data, data.size);
  }
}

// Matroska keeps cover art as an attachment, which demuxers show as a picture stream.
Status make_attachment(const AVStream& from, AVStream& to) {
  AVCodecParameters& p = *to.codecpar;
  const AVPacket& picture = from.attached_pic;
  const auto size = static_cast<size_t>(picture.size);
  p.codec_type = AVMEDIA_TYPE_ATTACHMENT;
  av_freep(&p.extradata);
  p.extradata = static_cast<uint8_t*>(av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE));
  if (p.extradata == nullptr) return Status(Code::kOutOfMemory, "no memory for cover art");
  std::memcpy(p.extradata, picture.data, size);
  p.extradata_size = picture.size;
  const bool png = p.codec_id == AV_CODEC_ID_PNG;
  av_dict_set(&to.metadata, "filename", png ? "cover.png" : "cover.jpg", AV_DICT_DONT_OVERWRITE);
  av_dict_set(&to.metadata, "mimetype", png ? "image/png" : "image/jpeg", AV_DICT_DONT_OVERWRITE);
  return {};
}

Status no_stream_memory() { return Status(Code::kOutOfMemory, "no memory for a stream"); }

struct FreeMuxer {
  void operator()(AVFormatContext* p) const { avformat_free_context(p); }
};

// Writes a header for these streams of the input into memory; libav's error code.
int try_header(const AVOutputFormat& container, const VideoInput& input,
               const VideoEncoder& encoder, const std::vector<int>& streams) {
  AVFormatContext* allocated = nullptr;
  if (avformat_alloc_output_context2(&allocated, &container, nullptr, nullptr) < 0) {
    return AVERROR(ENOMEM);
  }
  const std::unique_ptr<AVFormatContext, FreeMuxer> muxer(allocated);
  muxer->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
  for (const int i : streams) {
    const Status added = i == input.info().stream_index
                             ? add_encoded_stream(*muxer, input, encoder)
                             : add_copied_stream(*muxer, *input.format()->streams[i]);
    if (!added.ok()) return AVERROR(ENOMEM);
  }
  if (avio_open_dyn_buf(&muxer->pb) < 0) return AVERROR(ENOMEM);
  clear_av_message();
  const int error = avformat_write_header(muxer.get(), nullptr);
  uint8_t* bytes = nullptr;
  avio_close_dyn_buf(muxer->pb, &bytes);
  av_free(bytes);
  muxer->pb = nullptr;
  return error;
}

}  // namespace

bool is_matroska(const AVOutputFormat& container) {
  return is_one_of(container.name, {"matroska", "webm"});
}

bool is_mov_like(const AVOutputFormat& container) {
  return is_one_of(container.name, {"mov", "mp4", "ipod", "3gp", "3g2", "ismv", "f4v"});
}

bool is_attached_picture(const AVStream& stream) {
  return (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
}

const char* kind_name(const AVStream& stream) {
  const char* kind = av_get_media_type_string(stream.codecpar->codec_type);
  return kind != nullptr ? kind : "unknown";
}

bool is_recreated(const AVStream& stream, const AVOutputFormat& container) {
  const AVCodecParameters& p = *stream.codecpar;
  if (p.codec_type != AVMEDIA_TYPE_DATA) return false;
  // The demuxer has read the chapters' text itself and marks the track as not to be read.
  const bool chapters = p.codec_id == AV_CODEC_ID_BIN_DATA && stream.discard == AVDISCARD_ALL;
  return chapters || (p.codec_tag == MKTAG('t', 'm', 'c', 'd') && is_mov_like(container));
}

Status add_encoded_stream(AVFormatContext& muxer, const VideoInput& input,
                          const VideoEncoder& encoder) {
  AVStream* to = avformat_new_stream(&muxer, nullptr);
  if (to == nullptr) return no_stream_memory();
  if (avcodec_parameters_from_context(to->codecpar, encoder.context()) < 0) {
    return no_stream_memory();
  }
  copy_properties(*input.stream(), *to, true);
  to->time_base = encoder.output_time_base();
  add_light_metadata(encoder.light(), *to);
  // Says who encoded the input.
  av_dict_set(&to->metadata, "encoder", nullptr, 0);
  return {};
}

Status add_copied_stream(AVFormatContext& muxer, const AVStream& from) {
  AVStream* to = avformat_new_stream(&muxer, nullptr);
  if (to == nullptr || avcodec_parameters_copy(to->codecpar, from.codecpar) < 0) {
    return no_stream_memory();
  }
  copy_properties(from, *to, false);
  AVCodecParameters& p = *to->codecpar;
  const AVCodecTag* const* tags = muxer.oformat->codec_tag;
  if (tags != nullptr && av_codec_get_id(tags, p.codec_tag) != p.codec_id) p.codec_tag = 0;
  // AVI takes these for fixed sizes of packets, which MP3 and AC-3 do not have.
  const bool misleading = p.block_align == 1 || p.block_align == 576 || p.block_align == 1152;
  if (p.codec_id == AV_CODEC_ID_AC3 || (p.codec_id == AV_CODEC_ID_MP3 && misleading)) {
    p.block_align = 0;
  }
  if (is_attached_picture(from) && is_matroska(*muxer.oformat)) return make_attachment(from, *to);
  return {};
}

std::string reason_to_drop(const AVOutputFormat& container, const VideoInput& input,
                           const VideoEncoder& encoder, const std::vector<int>& held, int index) {
  const AVStream& stream = *input.format()->streams[index];
  const AVCodecParameters& p = *stream.codecpar;
  const bool matroska = std::strcmp(container.name, "matroska") == 0;
  if (container.video_codec == AV_CODEC_ID_WRAPPED_AVFRAME) return "holds one video stream only";
  if (p.codec_type == AVMEDIA_TYPE_ATTACHMENT && !matroska) return "does not hold attachments";
  if (is_attached_picture(stream) && stream.attached_pic.size == 0) return "finds no picture in it";
  if (p.codec_type == AVMEDIA_TYPE_UNKNOWN || p.codec_id == AV_CODEC_ID_NONE) {
    return "cannot hold a stream of unknown kind";
  }
  const bool as_attachment =
      p.codec_type == AVMEDIA_TYPE_ATTACHMENT || (matroska && is_attached_picture(stream));
  // Negative means that the muxer does not say.
  const int holds = avformat_query_codec(&container, p.codec_id, FF_COMPLIANCE_EXPERIMENTAL);
  if (!as_attachment && (holds == 0 || (holds < 0 && p.codec_type == AVMEDIA_TYPE_DATA))) {
    return std::string("does not hold ") + avcodec_get_name(p.codec_id);
  }
  std::vector<int> streams = held;
  streams.push_back(index);
  const int error = try_header(container, input, encoder, streams);
  if (error >= 0) return "";
  const std::string detail = last_av_message();
  return "refuses it: " + (detail.empty() ? av_text(error) : detail);
}

}  // namespace vseal::media

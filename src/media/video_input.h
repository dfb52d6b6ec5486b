// A demuxer with a decoder for one of its video streams.
#pragma once

#include <string>

#include "media/av_handles.h"
#include "media/video.h"

namespace vseal::media {

class VideoInput {
 public:
  // Opens a file, or standard input for "-". kNotFound, kCorruptInput (no container that vseal
  // reads, no video stream, cut short), kUnsupported (no decoder, too many pixels).
  static Result<VideoInput> open(const std::string& path, const OpenOptions& options);

  AVFormatContext* format() const { return format_.get(); }
  AVCodecContext* decoder() const { return decoder_.get(); }
  AVStream* stream() const { return format_->streams[info_.stream_index]; }
  const VideoInfo& info() const { return info_; }
  const std::string& path() const { return path_; }

  // Reads one packet into `packet` (unreferenced before); false at the end of the file.
  // kCorruptInput when the container is broken or ends early, unless damage is tolerated.
  Result<bool> read(AVPacket* packet);

  // Gives the decoder a packet of the video stream, or null at the end. Errors that decoders get
  // over are counted.
  Status send(const AVPacket* packet);
  // The next decoded frame; false when the decoder wants more. A frame without a timestamp gets
  // its best estimate.
  Result<bool> receive(AVFrame* frame);

  int64_t decode_errors() const { return decode_errors_; }
  void flush() { avcodec_flush_buffers(decoder_.get()); }
  double seconds(int64_t timestamp) const;

 private:
  Status choose_stream(const OpenOptions& options);
  Status open_decoder(const OpenOptions& options);
  Status check_index() const;
  Status check_end() const;
  void fill_info();

  std::string path_;
  InputPtr format_;
  CodecPtr decoder_;
  VideoInfo info_;
  bool tolerate_damage_ = false;
  bool damaged_packet_ = false;
  double last_s_ = 0;  // latest end of any packet, from the file's start
  int64_t decode_errors_ = 0;
};

}  // namespace vseal::media

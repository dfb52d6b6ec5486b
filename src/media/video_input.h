// A demuxer with a decoder for one of its video streams.
#pragma once

#include <optional>
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
  // Frames a second, as far as the container and the codec tell; zero when unknown.
  AVRational frame_rate() const;
  // All frames are equally far apart, as far as the beginning of the file tells.
  bool is_constant_rate() const;
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
  // After the last frame: kCorruptInput when the file's last pictures did not decode, which tells
  // of a copy that was cut short. Success when damage is tolerated.
  Status check_last_pictures() const;

  int64_t decode_errors() const { return decode_errors_; }
  // Forgets what is half decoded, after seeking.
  void flush();
  double seconds(int64_t timestamp) const;
  // How long `frame`, the last one, is shown: by the stream's stated end, else by its packet; 0
  // when unknown.
  int64_t last_duration(const AVFrame& frame) const;

 private:
  Status choose_stream(const OpenOptions& options);
  Status open_decoder(const OpenOptions& options);
  Result<bool> end_of_file();
  void note(const AVPacket& packet);
  void count_error();
  void fill_info();

  std::string path_;
  InputPtr format_;
  CodecPtr decoder_;
  VideoInfo info_;
  bool tolerate_damage_ = false;
  bool key_frames_only_ = false;
  double last_s_ = 0;                // latest end of any packet
  std::optional<double> damaged_s_;  // last_s_ at the latest incomplete packet
  int64_t last_byte_ = 0;            // where the latest packet ends in the file
  bool draining_ = false;
  bool last_failed_ = false;  // the latest packet, or one behind it, did not decode
  int64_t decode_errors_ = 0;
};

}  // namespace vseal::media

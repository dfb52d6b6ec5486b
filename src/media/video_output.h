// A muxer whose streams mirror an input's, one of them encoded anew.
#pragma once

#include <string>
#include <vector>

#include "media/av_handles.h"
#include "media/packet_times.h"
#include "media/video.h"
#include "media/video_encoder.h"
#include "media/video_input.h"

namespace vseal::media {

// The container that `options.container` or the output's name asks for; Y4M for "-".
// kInvalidArgument when there is none.
Result<const AVOutputFormat*> choose_container(const std::string& name,
                                               const TranscodeOptions& options);

class VideoOutput {
 public:
  VideoOutput() = default;
  VideoOutput(VideoOutput&& other) noexcept;
  VideoOutput& operator=(VideoOutput&&) = delete;
  ~VideoOutput();

  // Creates the streams, copies chapters, metadata and side data, and writes the header to `path`
  // ("-": standard output). Streams that do not fit go to `dropped`, or fail (kUnsupported) under
  // options.strict_streams. kCannotCreate or kIo when the file cannot be written.
  static Result<VideoOutput> open(const std::string& path, const AVOutputFormat* container,
                                  const VideoInput& input, const VideoEncoder& encoder,
                                  const TranscodeOptions& options,
                                  std::vector<DroppedStream>& dropped);

  // Writes a packet of the encoder.
  Status write_encoded(AVPacket* packet, const VideoInput& input);
  // Writes a packet that was read from the input; one of a dropped stream is ignored.
  Status write_copied(AVPacket* packet, const VideoInput& input);
  // Writes the trailer and closes the file. Without this call the output is incomplete.
  Status finish();

 private:
  Status add_streams(const VideoInput& input, const VideoEncoder& encoder,
                     const TranscodeOptions& options, std::vector<DroppedStream>& dropped);
  Status copy_chapters(const AVFormatContext& from);
  Status open_file(const std::string& path, const VideoInput& input);
  PacketTimes packet_times(unsigned stream) const;
  Status write(AVPacket* packet);

  AVFormatContext* context_ = nullptr;
  std::vector<int> map_;            // input stream -> output stream, -1 when it is not carried over
  std::vector<PacketTimes> times_;  // of each output stream
};

}  // namespace vseal::media

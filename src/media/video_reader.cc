#include "media/frame_view.h"
#include "media/video_input.h"

namespace vseal::media {
namespace {

class LibavReader : public VideoReader {
 public:
  explicit LibavReader(VideoInput input)
      : input_(std::move(input)), frame_(av_frame_alloc()), packet_(av_packet_alloc()) {}

  bool ready() const { return frame_ != nullptr && packet_ != nullptr; }
  const VideoInfo& info() const override { return input_.info(); }

  Result<std::optional<VideoFrame>> next() override {
    for (;;) {
      av_frame_unref(frame_.get());
      VSEAL_ASSIGN_OR_RETURN(const bool decoded, input_.receive(frame_.get()));
      if (decoded) return make_frame();
      if (ended_) return end();
      VSEAL_RETURN_IF_ERROR(feed());
    }
  }

  Status seek(double time_s) override {
    const AVStream& stream = *input_.stream();
    const int64_t start = stream.start_time != AV_NOPTS_VALUE ? stream.start_time : 0;
    const int64_t target = start + static_cast<int64_t>(time_s / av_q2d(stream.time_base));
    const int error = av_seek_frame(input_.format(), stream.index, target, AVSEEK_FLAG_BACKWARD);
    if (error < 0) return unsupported(input_.path() + ": cannot seek: " + av_text(error));
    input_.flush();
    ended_ = false;
    return {};
  }

 private:
  // Gives the decoder the next packet of the stream, or tells it that there is none.
  Status feed() {
    for (;;) {
      av_packet_unref(packet_.get());
      VSEAL_ASSIGN_OR_RETURN(const bool more, input_.read(packet_.get()));
      if (!more) {
        ended_ = true;
        return input_.send(nullptr);
      }
      if (packet_->stream_index == input_.info().stream_index) return input_.send(packet_.get());
    }
  }

  Result<std::optional<VideoFrame>> end() const {
    VSEAL_RETURN_IF_ERROR(input_.check_last_pictures());
    return std::optional<VideoFrame>();
  }

  Result<std::optional<VideoFrame>> make_frame() {
    VideoFrame frame;
    VSEAL_ASSIGN_OR_RETURN(frame.view, view_of(*frame_, input_.info().orientation));
    frame.time_s = input_.seconds(frame_->pts);
    frame.index = index_++;
    frame.key = frame_->key_frame != 0;
    return std::optional<VideoFrame>(frame);
  }

  VideoInput input_;
  FramePtr frame_;
  PacketPtr packet_;
  int64_t index_ = 0;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<VideoReader>> VideoReader::open(const std::string& path,
                                                       const OpenOptions& options) {
  VSEAL_ASSIGN_OR_RETURN(VideoInput input, VideoInput::open(path, options));
  auto reader = std::make_unique<LibavReader>(std::move(input));
  if (!reader->ready()) return Status(Code::kOutOfMemory, path + ": no memory for a frame");
  return std::unique_ptr<VideoReader>(std::move(reader));
}

}  // namespace vseal::media

// Decoding, editing and encoding a file, on bounded queues.
#include <deque>
#include <thread>

#include "base/log.h"
#include "media/bounded_queue.h"
#include "media/frame_times.h"
#include "media/frame_view.h"
#include "media/video_encoder.h"
#include "media/video_input.h"
#include "media/video_output.h"

namespace vseal::media {
namespace {

// What goes from the editing thread to the encoding one, in the order of the file.
struct Item {
  FramePtr frame;    // an edited frame, or
  PacketPtr packet;  // a packet of another stream
};

// Frames that may wait between the two threads; packets of other streams come on top.
constexpr size_t kQueuedItems = 8;

// Most that other streams may bring before the first frame.
constexpr int64_t kMostEarlyBytes = 64 << 20;

// Encodes and writes what the queue brings, on a thread of its own.
class EncodingThread {
 public:
  EncodingThread(VideoEncoder& encoder, VideoOutput& output, const VideoInput& input)
      : encoder_(encoder), output_(output), input_(input), queue_(kQueuedItems), thread_([this] {
          run();
        }) {}
  ~EncodingThread() { stop(); }

  // Waits for a place; false when the thread has failed (join() says why).
  bool push(Item item) { return queue_.push(std::move(item)); }

  // Lets it finish what is queued and encode what is left.
  Status join() {
    queue_.close();
    if (thread_.joinable()) thread_.join();
    return status_;
  }

 private:
  void stop() {
    queue_.abort();
    if (thread_.joinable()) thread_.join();
  }

  Status write(AVPacket* packet) { return output_.write_encoded(packet, input_); }

  // A frame is encoded when the next one has told how long it is shown.
  Status take(FramePtr frame) {
    Status status;
    if (held_ != nullptr) {
      last_duration_ = frame->pts - held_->pts;
      status = encoder_.encode(held_.get(), last_duration_, sink_);
    }
    held_ = std::move(frame);
    return status;
  }

  Status finish() {
    if (held_ != nullptr) {
      const int64_t stated = input_.last_duration(*held_);
      const int64_t duration = stated > 0 ? stated : last_duration_;
      VSEAL_RETURN_IF_ERROR(encoder_.encode(held_.get(), duration, sink_));
    }
    return encoder_.finish(sink_);
  }

  void run() {
    Item item;
    while (status_.ok() && queue_.pop(item)) {
      status_ = item.frame != nullptr ? take(std::move(item.frame))
                                      : output_.write_copied(item.packet.get(), input_);
      item = Item();
    }
    if (status_.ok() && !queue_.aborted()) status_ = finish();
    if (!status_.ok()) queue_.abort();
  }

  VideoEncoder& encoder_;
  VideoOutput& output_;
  const VideoInput& input_;
  const PacketSink sink_ = [this](AVPacket* packet) { return write(packet); };
  BoundedQueue<Item> queue_;
  FramePtr held_;
  int64_t last_duration_ = 0;
  Status status_;
  std::thread thread_;
};

class Transcoder {
 public:
  Transcoder(VideoInput input, const AVOutputFormat* container, const std::string& path,
             const std::string& name, const TranscodeOptions& options, const FrameEdits& edits,
             const TranscodeProgress& progress)
      : input_(std::move(input)),
        container_(container),
        path_(path),
        name_(name),
        options_(options),
        edits_(edits),
        progress_(progress),
        times_(input_.stream()->time_base, input_.frame_rate(), input_.stream()->start_time) {}

  Result<TranscodeReport> run() {
    const Status status = pump();
    if (encoding_ != nullptr) {
      // The encoder's own error comes first: it is why pushing failed.
      if (status.ok() || stopped_) VSEAL_RETURN_IF_ERROR(encoding_->join().with_context(name_));
    }
    VSEAL_RETURN_IF_ERROR(status);
    if (report_.frames == 0) return corrupt_input(input_.path() + ": no video frames");
    VSEAL_RETURN_IF_ERROR(output_->finish().with_context(name_));
    report_.input = input_.info();
    report_.encoder = encoder_->name();
    report_.decode_errors = input_.decode_errors();
    warn(report_.decode_errors, "errors in the bitstream were passed over");
    warn(times_.corrected(), "timestamps of frames did not rise");
    return std::move(report_);
  }

 private:
  void warn(int64_t count, const char* what) const {
    if (count == 0) return;
    log(LogLevel::kWarning, input_.path() + ": " + std::to_string(count) + " " + what);
  }

  // Reads the file to its end and sends everything on.
  Status pump() {
    for (bool more = true; more;) {
      PacketPtr packet(av_packet_alloc());
      if (packet == nullptr) return Status(Code::kOutOfMemory, "no memory for a packet");
      VSEAL_ASSIGN_OR_RETURN(more, input_.read(packet.get()));
      if (more && packet->stream_index != input_.info().stream_index) {
        VSEAL_RETURN_IF_ERROR(forward(std::move(packet)));
        continue;
      }
      VSEAL_RETURN_IF_ERROR(input_.send(more ? packet.get() : nullptr));
      VSEAL_RETURN_IF_ERROR(drain_decoder());
    }
    while (!held_.empty()) VSEAL_RETURN_IF_ERROR(send_first());
    return input_.check_last_pictures();
  }

  // Packets before the first frame wait for the header, which needs the encoder.
  Status forward(PacketPtr packet) {
    if (encoding_ == nullptr) {
      early_bytes_ += packet->size;
      if (early_bytes_ > kMostEarlyBytes) {
        return unsupported(input_.path() + ": its video starts too long after its other streams");
      }
      early_.push_back(std::move(packet));
      return {};
    }
    return push({nullptr, std::move(packet)});
  }

  Status push(Item item) {
    if (encoding_->push(std::move(item))) return {};
    stopped_ = true;
    return internal_error("[transcode] the encoder has stopped");
  }

  Status drain_decoder() {
    for (;;) {
      FramePtr frame(av_frame_alloc());
      if (frame == nullptr) return Status(Code::kOutOfMemory, "no memory for a frame");
      VSEAL_ASSIGN_OR_RETURN(const bool decoded, input_.receive(frame.get()));
      if (!decoded) return {};
      VSEAL_RETURN_IF_ERROR(pass(std::move(frame)));
    }
  }

  Status pass(FramePtr frame) {
    if (encoding_ == nullptr) {
      VSEAL_RETURN_IF_ERROR(start(*frame));
    } else if (frame->width != width_ || frame->height != height_ || frame->format != format_) {
      return unsupported(input_.path() + ": the picture changes size or format at frame " +
                         std::to_string(report_.frames + held_count()));
    }
    VSEAL_RETURN_IF_ERROR(times_.stamp(*frame).with_context(input_.path()));
    if (av_frame_make_writable(frame.get()) < 0) {
      return Status(Code::kOutOfMemory, "no memory for a frame");
    }
    if (edits_.preview) {
      VSEAL_RETURN_IF_ERROR(call(edits_.preview, *frame, report_.frames + held_count()));
    }
    held_.push_back(std::move(frame));
    return held_count() > edits_.delay_frames ? send_first() : Status();
  }

  int64_t held_count() const { return static_cast<int64_t>(held_.size()); }

  // Edits the frame that has waited longest and hands it to the encoder.
  Status send_first() {
    FramePtr frame = std::move(held_.front());
    held_.pop_front();
    VSEAL_RETURN_IF_ERROR(call(edits_.edit, *frame, report_.frames));
    // The encoder decides anew which frames are key frames.
    frame->pict_type = AV_PICTURE_TYPE_NONE;
    frame->key_frame = 0;
    const double time_s = input_.seconds(frame->pts);
    VSEAL_RETURN_IF_ERROR(push({std::move(frame), nullptr}));
    ++report_.frames;
    const VideoInfo& info = input_.info();
    if (progress_ && !progress_({report_.frames, info.frame_count, time_s, info.duration_s})) {
      return Status(Code::kCancelled, "cancelled");
    }
    return {};
  }

  Status call(const FrameCallback& callback, AVFrame& frame, int64_t index) const {
    VideoFrame view;
    VSEAL_ASSIGN_OR_RETURN(view.view, view_of(frame, input_.info().orientation));
    view.time_s = input_.seconds(frame.pts);
    view.index = index;
    view.key = frame.key_frame != 0;
    return callback(view);
  }

  Status start(const AVFrame& first) {
    width_ = first.width;
    height_ = first.height;
    format_ = first.format;
    VSEAL_ASSIGN_OR_RETURN(auto encoder, VideoEncoder::open(input_, first, *container_, options_));
    encoder_ = std::make_unique<VideoEncoder>(std::move(encoder));
    auto output =
        VideoOutput::open(path_, container_, input_, *encoder_, options_, report_.dropped);
    if (!output.ok()) return output.status().with_context(name_);
    output_ = std::make_unique<VideoOutput>(std::move(*output));
    encoding_ = std::make_unique<EncodingThread>(*encoder_, *output_, input_);
    for (PacketPtr& packet : early_) VSEAL_RETURN_IF_ERROR(push({nullptr, std::move(packet)}));
    early_.clear();
    return {};
  }

  VideoInput input_;
  const AVOutputFormat* container_;
  const std::string path_;
  const std::string name_;  // what people call the output
  const TranscodeOptions& options_;
  const FrameEdits& edits_;
  const TranscodeProgress& progress_;
  TranscodeReport report_;
  FrameTimes times_;
  std::deque<FramePtr> held_;  // previewed, not yet edited
  std::vector<PacketPtr> early_;
  int64_t early_bytes_ = 0;
  int width_ = 0, height_ = 0, format_ = -1;
  std::unique_ptr<VideoEncoder> encoder_;
  std::unique_ptr<VideoOutput> output_;
  std::unique_ptr<EncodingThread> encoding_;
  bool stopped_ = false;
};

}  // namespace

Result<TranscodeReport> transcode(const std::string& input, const std::string& output_path,
                                  const std::string& name, const TranscodeOptions& options,
                                  const FrameEdits& edits, const TranscodeProgress& progress) {
  VSEAL_RETURN_IF_ERROR(start_av());
  VSEAL_ASSIGN_OR_RETURN(const AVOutputFormat* container, choose_container(name, options));
  OpenOptions open = options.input;
  open.threads = options.threads;
  VSEAL_ASSIGN_OR_RETURN(VideoInput opened, VideoInput::open(input, open));
  return Transcoder(std::move(opened), container, output_path, name, options, edits, progress)
      .run();
}

}  // namespace vseal::media

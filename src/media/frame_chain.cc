#include "media/frame_chain.h"

#include <vector>

#include "media/frame_link.h"
#include "media/frame_times.h"
#include "media/frame_view.h"
#include "media/video_input.h"

namespace vseal::media {
namespace {

// The filter that turns coded pictures as they are displayed; null for those that are so already.
const char* turning_filter(Orientation orientation) {
  switch (orientation) {
    case Orientation::kNormal:
      break;
    case Orientation::kFlipHorizontal:
      return "hflip";
    case Orientation::kRotate180:
      return "hflip,vflip";
    case Orientation::kFlipVertical:
      return "vflip";
    case Orientation::kTranspose:
      return "transpose=cclock_flip";
    case Orientation::kRotate90:
      return "transpose=clock";
    case Orientation::kTransverse:
      return "transpose=clock_flip";
    case Orientation::kRotate270:
      return "transpose=cclock";
  }
  return nullptr;
}

class Chain {
 public:
  Chain(VideoInput input, const ChainInput& settings, const FrameCallback& sink)
      : input_(std::move(input)),
        settings_(settings),
        sink_(sink),
        times_(input_.stream()->time_base, input_.frame_rate(), input_.stream()->start_time) {}

  Result<ChainReport> run(std::span<const Stage> stages) {
    build(stages);
    VSEAL_RETURN_IF_ERROR(pump().with_context(input_.path()));
    for (auto link = links_.rbegin(); link != links_.rend(); ++link) {
      VSEAL_RETURN_IF_ERROR((*link)->finish());
    }
    if (report_.frames_in == 0) return corrupt_input(input_.path() + ": no video frames");
    if (!codec_bytes_.empty()) report_.coded_bytes = *codec_bytes_.front();
    return report_;
  }

 private:
  // From the sink backwards: a link knows its next one. links_ ends with the first.
  void build(std::span<const Stage> stages) {
    first_ = [this](FramePtr frame, const FrameClock& clock) { return deliver(*frame, clock); };
    for (size_t i = stages.size(); i > 0; --i) add(make_link(stages[i - 1]));
    if (const char* turn = turning_filter(input_.info().orientation)) {
      add(make_filter_link({turn}, first_));
    }
  }

  std::unique_ptr<FrameLink> make_link(const Stage& stage) {
    if (const auto* filter = std::get_if<FilterStage>(&stage)) {
      return make_filter_link(*filter, first_);
    }
    if (const auto* touch = std::get_if<TouchStage>(&stage)) return make_touch_link(*touch, first_);
    if (const auto* edit = std::get_if<EditStage>(&stage)) return make_edit_link(*edit, first_);
    codec_bytes_.push_back(std::make_unique<int64_t>(0));
    return make_codec_link(std::get<CodecStage>(stage), settings_.open.threads,
                           *codec_bytes_.back(), first_);
  }

  void add(std::unique_ptr<FrameLink> link) {
    FrameLink* target = link.get();
    first_ = [target](FramePtr frame, const FrameClock& clock) {
      return target->push(std::move(frame), clock);
    };
    links_.push_back(std::move(link));
  }

  // Reads the file to its end, or as many frames as are wanted.
  Status pump() {
    PacketPtr packet(av_packet_alloc());
    if (packet == nullptr) return Status(Code::kOutOfMemory, "no memory for a packet");
    for (bool more = true; more && !enough();) {
      av_packet_unref(packet.get());
      VSEAL_ASSIGN_OR_RETURN(more, input_.read(packet.get()));
      if (more && packet->stream_index != input_.info().stream_index) continue;
      VSEAL_RETURN_IF_ERROR(input_.send(more ? packet.get() : nullptr));
      VSEAL_RETURN_IF_ERROR(drain());
    }
    return enough() ? Status() : input_.check_last_pictures();
  }

  bool enough() const {
    return settings_.max_frames > 0 && report_.frames_in >= settings_.max_frames;
  }

  Status drain() {
    const FrameClock clock{input_.stream()->time_base, input_.frame_rate()};
    while (!enough()) {
      FramePtr frame(av_frame_alloc());
      if (frame == nullptr) return Status(Code::kOutOfMemory, "no memory for a frame");
      VSEAL_ASSIGN_OR_RETURN(const bool decoded, input_.receive(frame.get()));
      if (!decoded) return {};
      VSEAL_RETURN_IF_ERROR(times_.stamp(*frame));
      ++report_.frames_in;
      VSEAL_RETURN_IF_ERROR(first_(std::move(frame), clock));
    }
    return {};
  }

  Status deliver(const AVFrame& frame, const FrameClock& clock) {
    VideoFrame out;
    VSEAL_ASSIGN_OR_RETURN(out.view, view_of(frame, Orientation::kNormal));
    out.time_s = static_cast<double>(frame.pts) * av_q2d(clock.time_base);
    out.index = report_.frames_out++;
    out.key = frame.key_frame != 0;
    return sink_(out);
  }

  VideoInput input_;
  const ChainInput& settings_;
  const FrameCallback& sink_;
  FrameTimes times_;
  ChainReport report_;
  std::vector<std::unique_ptr<FrameLink>> links_;
  std::vector<std::unique_ptr<int64_t>> codec_bytes_;  // the last codec's first
  FrameTaker first_;
};

}  // namespace

Result<ChainReport> run_chain(const ChainInput& input, std::span<const Stage> stages,
                              const FrameCallback& sink) {
  VSEAL_RETURN_IF_ERROR(start_av());
  VSEAL_ASSIGN_OR_RETURN(VideoInput opened, VideoInput::open(input.path, input.open));
  return Chain(std::move(opened), input, sink).run(stages);
}

}  // namespace vseal::media

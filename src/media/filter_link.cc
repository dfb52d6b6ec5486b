// A libavfilter graph in a frame chain, and changes of the picture by its caller.
#include <cstring>
#include <string>

extern "C" {
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/pixdesc.h>
}

#include "media/frame_link.h"
#include "media/frame_view.h"

namespace vseal::media {
namespace {

struct FreeGraph {
  void operator()(AVFilterGraph* p) const { avfilter_graph_free(&p); }
};
struct FreeInOut {
  void operator()(AVFilterInOut* p) const { avfilter_inout_free(&p); }
};
using InOutPtr = std::unique_ptr<AVFilterInOut, FreeInOut>;

std::string ratio(AVRational r) { return std::to_string(r.num) + "/" + std::to_string(r.den); }

// The arguments of a buffer source for frames like `frame`.
std::string source_arguments(const AVFrame& frame, const FrameClock& clock) {
  std::string text = "video_size=" + std::to_string(frame.width) + "x" +
                     std::to_string(frame.height) + ":pix_fmt=" + std::to_string(frame.format) +
                     ":time_base=" + ratio(clock.time_base);
  if (clock.frame_rate.num > 0) text += ":frame_rate=" + ratio(clock.frame_rate);
  if (frame.sample_aspect_ratio.num > 0) {
    text += ":pixel_aspect=" + ratio(frame.sample_aspect_ratio);
  }
  return text;
}

InOutPtr open_end(const char* name, AVFilterContext* filter) {
  InOutPtr end(avfilter_inout_alloc());
  if (end == nullptr) return nullptr;
  end->name = av_strdup(name);
  end->filter_ctx = filter;
  end->pad_idx = 0;
  return end;
}

Status filter_error(const std::string& graph, int error) {
  const std::string detail = last_av_message();
  return invalid_argument("[filter] " + graph + ": " + (detail.empty() ? av_text(error) : detail));
}

class FilterLink : public FrameLink {
 public:
  FilterLink(const FilterStage& stage, FrameTaker next)
      : FrameLink(std::move(next)), text_(stage.graph) {}

  Status push(FramePtr frame, const FrameClock& clock) override {
    if (graph_ == nullptr) VSEAL_RETURN_IF_ERROR(open(*frame, clock));
    return feed(frame.get());
  }

  Status finish() override { return graph_ == nullptr ? Status() : feed(nullptr); }

 private:
  Status open(const AVFrame& first, const FrameClock& clock) {
    VSEAL_RETURN_IF_ERROR(start_filters());
    clear_av_message();
    graph_.reset(avfilter_graph_alloc());
    if (graph_ == nullptr) return Status(Code::kOutOfMemory, "no memory for a filter graph");
    graph_->nb_threads = 1;
    int error =
        avfilter_graph_create_filter(&source_, avfilter_get_by_name("buffer"), "in",
                                     source_arguments(first, clock).c_str(), nullptr, graph_.get());
    if (error >= 0) {
      error = avfilter_graph_create_filter(&sink_, avfilter_get_by_name("buffersink"), "out",
                                           nullptr, nullptr, graph_.get());
    }
    if (error >= 0) error = parse();
    if (error >= 0) error = avfilter_graph_config(graph_.get(), nullptr);
    if (error < 0) return filter_error(text_, error);
    clock_.time_base = av_buffersink_get_time_base(sink_);
    clock_.frame_rate = av_buffersink_get_frame_rate(sink_);
    return {};
  }

  int parse() {
    // libav names the ends from the graph's point of view: what feeds it is its output.
    AVFilterInOut* outputs = open_end("in", source_).release();
    AVFilterInOut* inputs = open_end("out", sink_).release();
    const int error =
        avfilter_graph_parse_ptr(graph_.get(), text_.c_str(), &inputs, &outputs, nullptr);
    const InOutPtr left_in(inputs);
    const InOutPtr left_out(outputs);
    return error;
  }

  Status feed(AVFrame* frame) {
    int error = av_buffersrc_add_frame(source_, frame);
    if (error < 0) return filter_error(text_, error);
    for (;;) {
      FramePtr out(av_frame_alloc());
      if (out == nullptr) return Status(Code::kOutOfMemory, "no memory for a frame");
      error = av_buffersink_get_frame(sink_, out.get());
      if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return {};
      if (error < 0) return filter_error(text_, error);
      VSEAL_RETURN_IF_ERROR(pass_on(std::move(out), clock_));
    }
  }

  const std::string text_;
  std::unique_ptr<AVFilterGraph, FreeGraph> graph_;
  AVFilterContext* source_ = nullptr;  // the graph's
  AVFilterContext* sink_ = nullptr;
  FrameClock clock_;
};

Result<FramePtr> to_frame(const Raster& raster, const AVFrame& like) {
  FramePtr frame(av_frame_alloc());
  if (frame == nullptr) return Status(Code::kOutOfMemory, "no memory for a frame");
  frame->format = AV_PIX_FMT_RGB24;
  frame->width = raster.width();
  frame->height = raster.height();
  if (av_frame_get_buffer(frame.get(), 0) < 0) {
    return Status(Code::kOutOfMemory, "no memory for a frame");
  }
  frame->pts = like.pts;
  frame->pkt_duration = like.pkt_duration;
  for (int y = 0; y < raster.height(); ++y) {
    std::memcpy(frame->data[0] + static_cast<ptrdiff_t>(y) * frame->linesize[0], raster.row(y),
                raster.row_bytes());
  }
  return frame;
}

class TouchLink : public FrameLink {
 public:
  TouchLink(const TouchStage& stage, FrameTaker next)
      : FrameLink(std::move(next)), touch_(stage.touch) {}

  Status push(FramePtr frame, const FrameClock& clock) override {
    // Decoders refer to frames that they have given out.
    if (av_frame_make_writable(frame.get()) < 0) {
      return Status(Code::kOutOfMemory, "no memory for a frame");
    }
    VSEAL_ASSIGN_OR_RETURN(FrameView view, view_of(*frame, Orientation::kNormal));
    VSEAL_RETURN_IF_ERROR(touch_(view, index_++));
    return pass_on(std::move(frame), clock);
  }

 private:
  std::function<Status(FrameView&, int64_t)> touch_;
  int64_t index_ = 0;
};

// Turns frames into RGB, edits them, and passes them on as RGB.
class EditLink : public FrameLink {
 public:
  EditLink(const EditStage& stage, FrameTaker next)
      : FrameLink(std::move(next)), edit_(stage.edit) {}

  Status push(FramePtr frame, const FrameClock& clock) override {
    if (to_rgb_ == nullptr) {
      to_rgb_ = make_filter_link(
          {to_rgb_filter(*frame)},
          [this](FramePtr rgb, const FrameClock& rgb_clock) { return edit(*rgb, rgb_clock); });
    }
    return to_rgb_->push(std::move(frame), clock);
  }

  Status finish() override { return to_rgb_ == nullptr ? Status() : to_rgb_->finish(); }

 private:
  Status edit(const AVFrame& rgb, const FrameClock& clock) {
    VSEAL_ASSIGN_OR_RETURN(const FrameView view, view_of(rgb, Orientation::kNormal));
    VSEAL_ASSIGN_OR_RETURN(const Raster raster, Raster::of(view));
    VSEAL_ASSIGN_OR_RETURN(const Raster edited, edit_(raster));
    VSEAL_ASSIGN_OR_RETURN(FramePtr frame, to_frame(edited, rgb));
    return pass_on(std::move(frame), clock);
  }

  std::function<Result<Raster>(const Raster&)> edit_;
  std::unique_ptr<FrameLink> to_rgb_;
};

}  // namespace

std::unique_ptr<FrameLink> make_filter_link(const FilterStage& stage, FrameTaker next) {
  return std::make_unique<FilterLink>(stage, std::move(next));
}

std::unique_ptr<FrameLink> make_touch_link(const TouchStage& stage, FrameTaker next) {
  return std::make_unique<TouchLink>(stage, std::move(next));
}

std::unique_ptr<FrameLink> make_edit_link(const EditStage& stage, FrameTaker next) {
  return std::make_unique<EditLink>(stage, std::move(next));
}

std::string to_rgb_filter(const AVFrame& frame) {
  const auto view = view_of(frame, Orientation::kNormal);
  if (!view.ok() || view->model != ColorModel::kYCbCr) return "format=rgb24";
  const char* matrix = view->matrix == ColorMatrix::kBt709    ? "bt709"
                       : view->matrix == ColorMatrix::kBt2020 ? "bt2020"
                                                              : "bt601";
  const char* range = view->range == ColorRange::kFull ? "pc" : "tv";
  return std::string("scale=flags=bicubic+accurate_rnd+full_chroma_int:in_color_matrix=") + matrix +
         ":in_range=" + range + ",format=rgb24";
}

}  // namespace vseal::media

#include "pipeline/search_frames.h"

#include <bit>

namespace vseal::pipeline {

bool SearchFrames::takes(int number) {
  return number > 0 && std::has_single_bit(static_cast<unsigned>(number));
}

Status SearchFrames::keep(const FrameView& frame) {
  constexpr int kMostKept = 8;
  if (canvas_ == nullptr) {
    VSEAL_ASSIGN_OR_RETURN(canvas_, watermark::CanvasReader::create(networks_, pool_));
  }
  return canvas_->frames() < kMostKept ? canvas_->add(frame) : Status();
}

}  // namespace vseal::pipeline

// The frames of a file that a search reads where looking at them gave no ID.
#pragma once

#include <memory>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "watermark/canvas_reader.h"

namespace vseal::pipeline {

// Keeps small copies of the 1st, 2nd, 4th, ... of the frames that are read, the first eight of
// them. Not thread-safe; `pool` may be null and must outlive it.
class SearchFrames {
 public:
  SearchFrames(std::shared_ptr<const watermark::Networks> networks, ThreadPool* pool)
      : networks_(std::move(networks)), pool_(pool) {}

  // Whether the frame of this number, counted from 1, is one of them.
  static bool takes(int number);

  // A frame that takes() named.
  Status keep(const FrameView& frame);

  // Null when none was kept.
  watermark::CanvasReader* canvas() const { return canvas_.get(); }
  void clear() { canvas_.reset(); }

 private:
  std::shared_ptr<const watermark::Networks> networks_;
  ThreadPool* pool_;
  std::unique_ptr<watermark::CanvasReader> canvas_;
};

}  // namespace vseal::pipeline

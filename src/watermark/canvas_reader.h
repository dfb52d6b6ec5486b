// Reading frames as if the marked picture lay in them in a given way.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "image/affine.h"
#include "watermark/networks.h"
#include "watermark/placement.h"

namespace vseal::watermark {

// What the detector says of frames under a placement, pooled over them.
struct CanvasReading {
  std::vector<float> logits;  // n of them
  // Deviation of what chance answers, up to a factor: detectors that average over a large canvas
  // answer more quietly.
  double noise = 1;
};

// What a detector that reads a tile sees, in cells.
struct Canvas {
  int rows = 0;
  int columns = 0;
  auto operator<=>(const Canvas&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14
};

// Holds small copies of frames (all of one video, so placed alike) and resamples them for the
// detector. A detector that reads a tile sees a canvas of as many cells as the frame shows, and can
// be read with the tile rolled; any other sees a canvas of its own size. Not thread-safe; `pool`
// must outlive it.
class CanvasReader {
 public:
  static Result<std::unique_ptr<CanvasReader>> create(std::shared_ptr<const Networks> networks,
                                                      ThreadPool* pool);

  // Keeps a copy of at most 1024 px a side.
  Status add(const FrameView& frame);
  int frames() const { return static_cast<int>(frames_.size()); }

  // Whether the tile's cells can lie anywhere, so that read_rolled() has more than one answer.
  bool has_tile() const { return tile_ != nullptr; }

  // What a placement shows of the picture, no more than the networks' own size and in whole
  // `granules` of cells; of a detector without a tile always the networks' own size.
  Canvas canvas(const Placement& placement, int granule) const;

  // Reads the first `frames` frames (at most those that there are) under each placement, with the
  // tile rolled by `roll`, an index into what read_rolled() returns.
  Result<std::vector<CanvasReading>> read(std::span<const Placement> placements, Canvas canvas,
                                          int frames, size_t roll = 0);

  // The logits under one placement for each roll of the tile, by rows; one for a detector without.
  Result<std::vector<std::vector<float>>> read_rolled(const Placement& placement, Canvas canvas,
                                                      int frames);

 private:
  CanvasReader() = default;
  Status see(const image::Pyramid& frame, const Placement& placement, int width, int height,
             std::span<float> canvas);
  Result<double> read_tile(const Placement& placement, Canvas canvas, int frames);
  Status read_whole(const Placement& placement, int frames, std::span<float> logits);
  Result<engine::Session*> features_session(Canvas canvas);
  Status run_head(std::span<const float> tiles, size_t count,
                  std::vector<std::vector<float>>& logits);
  Result<engine::Session*> head_session();

  std::shared_ptr<const Networks> networks_;
  const TileDetector* tile_ = nullptr;  // of networks_
  ThreadPool* pool_ = nullptr;
  std::vector<image::Pyramid> frames_;
  std::map<Canvas, std::unique_ptr<engine::Session>> features_;
  std::unique_ptr<engine::Session> head_;
  std::unique_ptr<engine::Session> whole_;
  std::vector<float> folded_;  // of one frame
  std::vector<float> pooled_;  // of several
};

}  // namespace vseal::watermark

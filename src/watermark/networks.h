// A model made ready to run on this machine.
#pragma once

#include <memory>

#include "base/status.h"
#include "engine/session.h"
#include "models/model.h"
#include "watermark/tile_detector.h"

namespace vseal::watermark {

// The plans of a model's embedder and detector beside its card. Immutable: markers and readers on
// any number of threads share one.
class Networks {
 public:
  // Plans both halves. Fails when an op has no kernel or the graphs do not have the inputs and
  // outputs that models/model.h promises.
  static Result<std::shared_ptr<const Networks>> compile(const models::Model& model);

  const models::Card& card() const { return card_; }
  const std::shared_ptr<const engine::Plan>& embedder() const { return embedder_; }
  const std::shared_ptr<const engine::Plan>& detector() const { return detector_; }
  // The detector in parts, when it reads a tile; else null.
  const std::shared_ptr<const TileDetector>& tile_detector() const { return tile_detector_; }

 private:
  models::Card card_;
  std::shared_ptr<const engine::Plan> embedder_;
  std::shared_ptr<const engine::Plan> detector_;
  std::shared_ptr<const TileDetector> tile_detector_;
};

}  // namespace vseal::watermark

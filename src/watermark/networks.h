// A model made ready to run on this machine.
#pragma once

#include <memory>
#include <mutex>

#include "base/status.h"
#include "engine/session.h"
#include "models/model.h"
#include "watermark/tile_detector.h"

namespace vseal::watermark {

// The plans of a model's embedder and detector beside its card. Markers and readers on any number
// of threads share one.
class Networks {
 public:
  // Fails when the graphs do not have the inputs and outputs that models/model.h promises.
  static Result<std::shared_ptr<const Networks>> compile(const models::Model& model);

  const models::Card& card() const { return card_; }
  // Each half is planned, its weights packed, when it is first asked for: who marks alone or reads
  // alone holds the other half in no form but the file's pages. Thread-safe. Fails when an op has
  // no kernel.
  Result<std::shared_ptr<const engine::Plan>> embedder() const { return plan(embedder_); }
  Result<std::shared_ptr<const engine::Plan>> detector() const { return plan(detector_); }
  // Lets go of the embedder's plan, whose memory goes with the last session that uses it; it is
  // made anew when it is asked for again. Thread-safe.
  void release_embedder() const;
  // The detector in parts, when it reads a tile; else null.
  const std::shared_ptr<const TileDetector>& tile_detector() const { return tile_detector_; }

 private:
  struct Half {
    graph::Graph graph;
    std::shared_ptr<const engine::Plan> plan = {};  // null until it is asked for
  };
  Result<std::shared_ptr<const engine::Plan>> plan(Half& half) const;

  models::Card card_;
  std::shared_ptr<const MappedFile> mapping_;  // behind the constants; null in memory
  mutable std::mutex mutex_;                   // of the plans
  mutable Half embedder_, detector_;
  std::shared_ptr<const TileDetector> tile_detector_;
};

}  // namespace vseal::watermark

#include "watermark/tile_detector.h"

#include <algorithm>

#include "graph/passes.h"

namespace vseal::watermark {
namespace {

constexpr size_t kMostPlans = 24;  // kept, 2 MB each for the default model

const graph::Op* producer(const graph::Graph& network, graph::TensorId id) {
  for (const graph::Op& op : network.ops()) {
    if (op.output == id) return &op;
  }
  return nullptr;
}

}  // namespace

Result<std::shared_ptr<const TileDetector>> TileDetector::create(const graph::Graph& detector) {
  const std::shared_ptr<const TileDetector> none;
  if (detector.inputs().size() != 1 || detector.outputs().size() != 1) return none;
  const graph::Op* linear = producer(detector, detector.outputs()[0]);
  if (linear == nullptr || linear->as<graph::Linear>() == nullptr) return none;
  const graph::Op* reshape = producer(detector, linear->inputs[0]);
  if (reshape == nullptr || reshape->as<graph::Reshape>() == nullptr) return none;
  const graph::Op* folded = producer(detector, reshape->inputs[0]);
  const auto* fold_mean = folded != nullptr ? folded->as<graph::FoldMean>() : nullptr;
  if (fold_mean == nullptr || fold_mean->height != fold_mean->width) return none;

  const graph::Shape& picture = detector.tensor(detector.inputs()[0]).shape;
  const graph::Tensor& features = detector.tensor(folded->inputs[0]);
  std::shared_ptr<TileDetector> made(new TileDetector());
  made->detector_ = detector;
  made->features_name_ = features.name;
  made->tile_ = fold_mean->height;
  made->cell_ = static_cast<int>(picture[1] / features.shape[1]);
  made->picture_channels_ = static_cast<int>(picture[3]);
  made->feature_channels_ = static_cast<int>(features.shape[3]);
  made->linear_ = *linear;
  return std::shared_ptr<const TileDetector>(std::move(made));
}

Result<std::shared_ptr<const engine::Plan>> TileDetector::head() const {
  const std::scoped_lock lock(mutex_);
  if (head_ == nullptr) {
    VSEAL_ASSIGN_OR_RETURN(head_, make_head());
  }
  return head_;
}

Result<std::shared_ptr<const engine::Plan>> TileDetector::make_head() const {
  graph::Graph head;
  graph::TensorId tiles = head.add_input("tiles", {kBatch, static_cast<int64_t>(tile_values())});
  const graph::Tensor& values = detector_.tensor(linear_.inputs[0]);
  if (values.dtype == graph::DType::kI8) {
    VSEAL_ASSIGN_OR_RETURN(tiles,
                           head.add_op("tiles.i8", graph::Quantize{}, {tiles}, values.type()));
  }
  std::vector<graph::TensorId> inputs = {tiles};
  for (size_t i = 1; i < linear_.inputs.size(); ++i) {
    const graph::Tensor& t = detector_.tensor(linear_.inputs[i]);
    VSEAL_ASSIGN_OR_RETURN(const graph::TensorId id,
                           head.add_constant(t.name, t.dtype, t.shape, t.data));
    inputs.push_back(id);
  }
  VSEAL_ASSIGN_OR_RETURN(
      const graph::TensorId logits,
      head.add_op(linear_.name, linear_.attributes, std::move(inputs), linear_.type));
  VSEAL_RETURN_IF_ERROR(head.add_output(logits));
  return engine::Plan::create(head);
}

Result<std::shared_ptr<const engine::Plan>> TileDetector::features(int rows, int columns) const {
  const std::scoped_lock lock(mutex_);
  if (plans_.size() >= kMostPlans && !plans_.contains({rows, columns})) plans_.clear();
  std::shared_ptr<const engine::Plan>& plan = plans_[{rows, columns}];
  if (plan == nullptr) {
    const graph::Shape picture{1, int64_t{rows} * cell_, int64_t{columns} * cell_,
                               picture_channels_};
    VSEAL_ASSIGN_OR_RETURN(const graph::Graph part,
                           graph::part_for_input(detector_, features_name_, picture));
    VSEAL_ASSIGN_OR_RETURN(plan, engine::Plan::create(part));
  }
  return plan;
}

void fold(std::span<const float> features, int rows, int columns, int channels, int tile,
          std::span<float> folded) {
  std::ranges::fill(folded, 0.0f);
  const size_t depth = static_cast<size_t>(channels);
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      const float* from = features.data() + (static_cast<size_t>(y) * columns + x) * depth;
      float* to = folded.data() + (static_cast<size_t>(y % tile) * tile + x % tile) * depth;
      for (size_t c = 0; c < depth; ++c) to[c] += from[c];
    }
  }
  for (int y = 0; y < tile; ++y) {
    for (int x = 0; x < tile; ++x) {
      const int seen = ((rows - y + tile - 1) / tile) * ((columns - x + tile - 1) / tile);
      if (seen < 2) continue;
      float* cell = folded.data() + (static_cast<size_t>(y) * tile + x) * depth;
      for (size_t c = 0; c < depth; ++c) cell[c] /= static_cast<float>(seen);
    }
  }
}

void roll(std::span<const float> folded, int tile, int channels, int down, int right,
          std::span<float> rolled) {
  const size_t depth = static_cast<size_t>(channels);
  const size_t row = static_cast<size_t>(tile) * depth;
  const size_t split = static_cast<size_t>(right) * depth;
  for (int y = 0; y < tile; ++y) {
    const float* from = folded.data() + static_cast<size_t>((y + down) % tile) * row;
    float* to = rolled.data() + static_cast<size_t>(y) * row;
    std::copy(from + split, from + row, to);
    std::copy(from, from + split, to + (row - split));
  }
}

}  // namespace vseal::watermark

#include "watermark/networks.h"

#include <vector>

namespace vseal::watermark {
namespace {

Status expect_shape(const char* what, const graph::Shape& got, const graph::Shape& expected) {
  if (got == expected) return {};
  return internal_error(std::string("[networks] ") + what + ": expected " + expected.text() +
                        ", got " + got.text());
}

Status expect_names(const char* what, const graph::Graph& network,
                    const std::vector<std::string>& names) {
  std::vector<std::string> got;
  for (const graph::TensorId id : network.inputs()) got.push_back(network.tensor(id).name);
  if (got == names && network.outputs().size() == 1) return {};
  std::string text;
  for (const std::string& name : got) text += " " + name;
  return internal_error(std::string("[networks] ") + what + ": expected the inputs" +
                        (names.size() == 2 ? " " + names[0] + " " + names[1] : " " + names[0]) +
                        " and one output, got" + text + " and " +
                        std::to_string(network.outputs().size()));
}

// How many inputs there are, what they hold, and one output.
Status expect_signature(const models::Model& model) {
  const models::Card& card = model.card;
  for (const int channels : {card.embedder_channels, card.detector_channels}) {
    if (channels != 1 && channels != 3) {
      return internal_error("[networks] " + card.name + ": expected 1 or 3 channels, got " +
                            std::to_string(channels));
    }
  }
  const auto picture = [](int channels) { return std::string(channels == 3 ? "rgb" : "luma"); };
  VSEAL_RETURN_IF_ERROR(
      expect_names("embedder", model.embedder, {picture(card.embedder_channels), "message"}));
  return expect_names("detector", model.detector, {picture(card.detector_channels)});
}

Status expect_shapes(const models::Model& model) {
  const models::Card& card = model.card;
  const auto input = [](const graph::Graph& network, size_t i) {
    return network.tensor(network.inputs()[i]).shape;
  };
  const auto output = [](const graph::Graph& network) {
    return network.tensor(network.outputs()[0]).shape;
  };
  const int64_t side = card.processing_size;
  const graph::Shape seen{1, side, side, card.embedder_channels};
  const graph::Shape read{1, side, side, card.detector_channels};
  const graph::Shape bits{1, card.bits};
  VSEAL_RETURN_IF_ERROR(expect_shape("embedder picture", input(model.embedder, 0), seen));
  VSEAL_RETURN_IF_ERROR(expect_shape("embedder message", input(model.embedder, 1), bits));
  VSEAL_RETURN_IF_ERROR(expect_shape("embedder residual", output(model.embedder), seen));
  VSEAL_RETURN_IF_ERROR(expect_shape("detector picture", input(model.detector, 0), read));
  return expect_shape("detector logits", output(model.detector), bits);
}

}  // namespace

Result<std::shared_ptr<const Networks>> Networks::compile(const models::Model& model) {
  VSEAL_RETURN_IF_ERROR(expect_signature(model));
  VSEAL_RETURN_IF_ERROR(expect_shapes(model));
  auto networks = std::make_shared<Networks>();
  networks->card_ = model.card;
  networks->mapping_ = model.mapping;
  networks->embedder_.graph = model.embedder;
  networks->detector_.graph = model.detector;
  VSEAL_ASSIGN_OR_RETURN(networks->tile_detector_, TileDetector::create(model.detector));
  return std::shared_ptr<const Networks>(std::move(networks));
}

Result<std::shared_ptr<const engine::Plan>> Networks::plan(Half& half) const {
  const std::scoped_lock lock(mutex_);
  if (half.plan == nullptr) {
    engine::PlanOptions options;
    if (mapping_ != nullptr) options.after_packing = [this] { mapping_->drop_pages(); };
    VSEAL_ASSIGN_OR_RETURN(half.plan, engine::Plan::create(half.graph, options));
  }
  return half.plan;
}

void Networks::release_embedder() const {
  const std::scoped_lock lock(mutex_);
  embedder_.plan = nullptr;
}

}  // namespace vseal::watermark

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

Status expect_shapes(const models::Card& card, const engine::Plan& embedder,
                     const engine::Plan& detector) {
  const int64_t side = card.processing_size;
  const graph::Shape seen{1, side, side, card.embedder_channels};
  const graph::Shape read{1, side, side, card.detector_channels};
  const graph::Shape bits{1, card.bits};
  VSEAL_RETURN_IF_ERROR(expect_shape("embedder picture", embedder.input_shapes()[0], seen));
  VSEAL_RETURN_IF_ERROR(expect_shape("embedder message", embedder.input_shapes()[1], bits));
  VSEAL_RETURN_IF_ERROR(expect_shape("embedder residual", embedder.output_shapes()[0], seen));
  VSEAL_RETURN_IF_ERROR(expect_shape("detector picture", detector.input_shapes()[0], read));
  return expect_shape("detector logits", detector.output_shapes()[0], bits);
}

}  // namespace

Result<std::shared_ptr<const Networks>> Networks::compile(const models::Model& model) {
  VSEAL_RETURN_IF_ERROR(expect_signature(model));
  auto networks = std::make_shared<Networks>();
  networks->card_ = model.card;
  engine::PlanOptions options;
  if (model.mapping != nullptr) {
    options.after_packing = [&mapping = *model.mapping] { mapping.drop_pages(); };
  }
  VSEAL_ASSIGN_OR_RETURN(networks->embedder_, engine::Plan::create(model.embedder, options));
  VSEAL_ASSIGN_OR_RETURN(networks->detector_, engine::Plan::create(model.detector, options));
  VSEAL_ASSIGN_OR_RETURN(networks->tile_detector_, TileDetector::create(model.detector));
  VSEAL_RETURN_IF_ERROR(expect_shapes(networks->card_, *networks->embedder_, *networks->detector_));
  return std::shared_ptr<const Networks>(std::move(networks));
}

}  // namespace vseal::watermark

#include "watermark/networks.h"

namespace vseal::watermark {
namespace {

Status expect_shape(const char* what, const graph::Shape& got, const graph::Shape& expected) {
  if (got == expected) return {};
  return internal_error(std::string("[networks] ") + what + ": expected " + expected.text() +
                        ", got " + got.text());
}

Status expect_contract(const models::Card& card, const engine::Plan& embedder,
                       const engine::Plan& detector) {
  if (embedder.input_shapes().size() != 2 || embedder.output_shapes().size() != 1 ||
      detector.input_shapes().size() != 1 || detector.output_shapes().size() != 1) {
    return internal_error("[networks] " + card.name + ": wrong number of inputs or outputs");
  }
  const int64_t side = card.processing_size;
  const graph::Shape square{1, side, side, 1};
  const graph::Shape bits{1, card.bits};
  VSEAL_RETURN_IF_ERROR(expect_shape("embedder luma", embedder.input_shapes()[0], square));
  VSEAL_RETURN_IF_ERROR(expect_shape("embedder message", embedder.input_shapes()[1], bits));
  VSEAL_RETURN_IF_ERROR(expect_shape("embedder residual", embedder.output_shapes()[0], square));
  VSEAL_RETURN_IF_ERROR(expect_shape("detector luma", detector.input_shapes()[0], square));
  return expect_shape("detector logits", detector.output_shapes()[0], bits);
}

}  // namespace

Result<std::shared_ptr<const Networks>> Networks::compile(const models::Model& model) {
  auto networks = std::make_shared<Networks>();
  networks->card_ = model.card;
  VSEAL_ASSIGN_OR_RETURN(networks->embedder_, engine::Plan::create(model.embedder));
  VSEAL_ASSIGN_OR_RETURN(networks->detector_, engine::Plan::create(model.detector));
  VSEAL_RETURN_IF_ERROR(
      expect_contract(networks->card_, *networks->embedder_, *networks->detector_));
  return std::shared_ptr<const Networks>(std::move(networks));
}

}  // namespace vseal::watermark

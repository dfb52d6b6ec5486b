// From a file, or from the binary itself, to a model.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "formats/safetensors.h"
#include "models/card.h"
#include "models/model.h"
#include "models/nano.h"
#include "models/weights.h"

// Defined by default_model.S.
extern "C" const std::byte vseal_default_model[];
extern "C" const uint64_t vseal_default_model_bytes;

namespace vseal::models {
namespace {

void log_unused(const std::string& model, const std::vector<std::string>& names) {
  if (names.empty()) return;
  constexpr size_t kListed = 10;
  std::string text = fmt::format("[model] {}: {} tensors are not used:", model, names.size());
  for (size_t i = 0; i < std::min(names.size(), kListed); ++i) {
    text += " " + formats::quote(names[i]);
  }
  if (names.size() > kListed) text += " ...";
  log(LogLevel::kWarning, text);
}

Result<std::shared_ptr<const Model>> build(const formats::Safetensors& file) {
  const auto card = file.metadata().find("card");
  if (card == file.metadata().end()) {
    return corrupt_input("[model] metadata: expected a model's card, got none");
  }
  VSEAL_ASSIGN_OR_RETURN(CardFile described, parse_card(card->second));
  auto model = std::make_shared<Model>();
  model->card = std::move(described.card);
  Weights weights(file, described.layout);
  VSEAL_ASSIGN_OR_RETURN(model->embedder, nano_embedder(weights, model->card));
  VSEAL_ASSIGN_OR_RETURN(model->detector, nano_detector(weights, model->card));
  log_unused(model->card.name, weights.unused());
  return std::shared_ptr<const Model>(std::move(model));
}

Result<std::shared_ptr<const Model>> build_default() {
  const std::span<const std::byte> bytes(vseal_default_model, vseal_default_model_bytes);
  VSEAL_ASSIGN_OR_RETURN(const formats::Safetensors file,
                         formats::Safetensors::parse(bytes, nullptr));
  return build(file);
}

}  // namespace

Result<std::shared_ptr<const Model>> load_model(const std::string& path) {
  VSEAL_ASSIGN_OR_RETURN(const formats::Safetensors file, formats::Safetensors::open(path));
  Result<std::shared_ptr<const Model>> model = build(file);
  if (!model.ok()) return model.status().with_context(path);
  return model;
}

Result<std::shared_ptr<const Model>> default_model() {
  static const Result<std::shared_ptr<const Model>> model = build_default();
  return model;
}

}  // namespace vseal::models

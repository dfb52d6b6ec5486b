// From a file, or from the binary itself, to a model.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "formats/checkpoint.h"
#include "models/card.h"
#include "models/model.h"
#include "models/nano.h"
#include "models/videoseal/family.h"
#include "models/videoseal/networks.h"
#include "models/videoseal/sizes.h"
#include "models/vseal_file.h"
#include "models/weights.h"

// Defined by default_model.S.
extern "C" const std::byte vseal_default_int8[], vseal_default_f32[];
extern "C" const uint64_t vseal_default_int8_bytes, vseal_default_f32_bytes;

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

// The networks of the nano family, described by the card in the metadata.
Result<Model> build_nano(const formats::Checkpoint& file, CardFile described) {
  Model model;
  model.card = std::move(described.card);
  Weights weights(file, described.layout);
  VSEAL_ASSIGN_OR_RETURN(model.embedder, nano_embedder(weights, model.card));
  VSEAL_ASSIGN_OR_RETURN(model.detector, nano_detector(weights, model.card));
  model.unused = weights.unused();
  return model;
}

Result<Model> build_videoseal(const formats::Checkpoint& file, const LoadOptions& options) {
  Model model;
  Weights weights(file, Layout::kTorch);
  VSEAL_ASSIGN_OR_RETURN(const videoseal::Sizes sizes, videoseal::derive_sizes(weights));
  VSEAL_RETURN_IF_ERROR(videoseal::check_tensors(weights, sizes));
  VSEAL_RETURN_IF_ERROR(videoseal::check_constants(weights));
  VSEAL_ASSIGN_OR_RETURN(model.card, videoseal::make_card(sizes, file.args(), options.card));
  if (options.processing_size > 0) model.card.processing_size = options.processing_size;
  const int side = model.card.processing_size;
  VSEAL_ASSIGN_OR_RETURN(model.embedder, videoseal::embedder(weights, sizes.embedder, side));
  VSEAL_ASSIGN_OR_RETURN(model.detector, videoseal::detector(weights, sizes.detector, side));
  for (std::string& name : weights.unused()) {
    if (!videoseal::is_known_extra(name)) model.unused.push_back(std::move(name));
  }
  return model;
}

Result<Model> build_any(const formats::Checkpoint& file, const LoadOptions& options) {
  if (is_vseal(file)) {
    if (!options.are_default()) {
      return invalid_argument("[vseal] card and processing size of a .vseal file are fixed");
    }
    return read_vseal(file);
  }
  const auto card = file.metadata().find("card");
  if (card != file.metadata().end()) {
    VSEAL_ASSIGN_OR_RETURN(CardFile described, parse_card(card->second));
    if (described.card.family == "nano") {
      if (options.processing_size > 0) described.card.processing_size = options.processing_size;
      return build_nano(file, std::move(described));
    }
  }
  if (videoseal::is_family(Weights(file, Layout::kTorch))) return build_videoseal(file, options);
  return corrupt_input(
      "[model] expected a .vseal file, a model with a card, or a checkpoint of the VideoSeal "
      "family, got " +
      std::string(formats::kind_name(file.kind())) + " of other tensors");
}

Result<Model> build(const formats::Checkpoint& file, const LoadOptions& options) {
  VSEAL_ASSIGN_OR_RETURN(Model model, build_any(file, options));
  model.source = is_vseal(file) ? "vseal" : formats::kind_name(file.kind());
  log_unused(model.card.name, model.unused);
  return model;
}

Result<std::shared_ptr<const Model>> build_default(DefaultForm form, const LoadOptions& options) {
  const std::span<const std::byte> bytes =
      form == DefaultForm::kInt8 ? std::span(vseal_default_int8, vseal_default_int8_bytes)
                                 : std::span(vseal_default_f32, vseal_default_f32_bytes);
  VSEAL_ASSIGN_OR_RETURN(const formats::Checkpoint file,
                         formats::Checkpoint::parse(bytes, nullptr));
  VSEAL_ASSIGN_OR_RETURN(Model model, build(file, options));
  return std::shared_ptr<const Model>(std::make_shared<Model>(std::move(model)));
}

Result<Model> build(std::shared_ptr<const MappedFile> mapping, const LoadOptions& options) {
  VSEAL_ASSIGN_OR_RETURN(const formats::Checkpoint file,
                         formats::Checkpoint::parse(mapping->bytes(), mapping));
  VSEAL_ASSIGN_OR_RETURN(Model model, build(file, options));
  model.mapping = std::move(mapping);
  return model;
}

}  // namespace

Result<std::shared_ptr<const Model>> load_model(const std::string& path,
                                                const LoadOptions& options) {
  if (const auto form = default_form(path)) return default_model(*form, options);
  VSEAL_ASSIGN_OR_RETURN(MappedFile mapped, MappedFile::open(path));
  Result<Model> model = build(std::make_shared<const MappedFile>(std::move(mapped)), options);
  if (!model.ok()) return model.status().with_context(path);
  return std::shared_ptr<const Model>(std::make_shared<Model>(std::move(*model)));
}

std::optional<DefaultForm> default_form(std::string_view name) {
  if (name == "default") return DefaultForm::kInt8;
  if (name == "default-f32") return DefaultForm::kF32;
  return {};
}

Result<std::shared_ptr<const Model>> default_model(DefaultForm form, const LoadOptions& options) {
  if (!options.are_default()) return build_default(form, options);
  if (form == DefaultForm::kInt8) {
    static const Result<std::shared_ptr<const Model>> int8 = build_default(form, {});
    return int8;
  }
  static const Result<std::shared_ptr<const Model>> f32 = build_default(form, {});
  return f32;
}

}  // namespace vseal::models

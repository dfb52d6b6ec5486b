#include "models/videoseal/family.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "models/card.h"

namespace vseal::models::videoseal {
namespace {

using Json = nlohmann::json;

constexpr PublishedModel kPublished[] = {
    {"videoseal-1.0", "https://dl.fbaipublicfiles.com/videoseal/y_256b_img.pth", 16, 4,
     "3d2ff2523d2a89e3532c6dfdcf693098799326e9b3e74c185e815e9baa8340a3"},
    {"pixelseal", "https://dl.fbaipublicfiles.com/videoseal/pixelseal/checkpoint.pth", 32, 8,
     nullptr},
    {"chunkyseal", "https://dl.fbaipublicfiles.com/videoseal/chunkyseal/checkpoint.pth", 64, 8,
     nullptr},
    {"videoseal-0.0", "https://huggingface.co/facebook/video_seal/resolve/main/checkpoint.pth", 16,
     4, nullptr},
};
constexpr char kLicence[] = "weights by Meta, under the licence that comes with them (MIT)";

// The published models of a class, most likely first.
std::span<const PublishedModel> of_class(const EmbedderSizes& sizes) {
  const std::span all(kPublished);
  if (sizes.rms_norm) return all.subspan(3, 1);
  return sizes.input_channels == 3 ? all.subspan(2, 1) : all.first(2);
}

class Args {
 public:
  explicit Args(Json json) : json_(std::move(json)) {}

  Status fault(const char* key, const std::string& expected) const {
    const std::string got = json_.at(key).dump(-1, ' ', true, Json::error_handler_t::replace);
    return corrupt_input(
        fmt::format("[args] {}: expected {}, got {}", key, expected, formats::quote(got)));
  }
  // The number of the first of these keys that is there and not null.
  Status read(std::initializer_list<const char*> keys, double low, double high, double& out) const {
    for (const char* key : keys) {
      if (!has(key)) continue;
      const Json& value = json_.at(key);
      const bool number = value.is_number();
      if (!number || !(value.get<double>() >= low && value.get<double>() <= high)) {
        return fault(key, fmt::format("a number in {}..{}", low, high));
      }
      out = value.get<double>();
      return {};
    }
    return {};
  }
  bool has(const char* key) const { return json_.contains(key) && !json_.at(key).is_null(); }
  const Json& at(const char* key) const { return json_.at(key); }

 private:
  Json json_;
};

Status read_attenuation(const Args& args, Card& card) {
  if (!args.has("attenuation")) return {};
  const Json& value = args.at("attenuation");
  if (value == "None" || value == "none") {
    card.attenuation = Attenuation::kNone;
  } else if (value == "jnd_1_1") {
    card.attenuation = Attenuation::kJnd;
  } else {
    return unsupported(args.fault("attenuation", "jnd_1_1 or None").message() +
                       "; a card's \"attenuation\", jnd or none, overrides it");
  }
  return {};
}

// Whether the JSON of a card states `key`.
bool states(const std::string& card, const char* key) {
  const Json json = Json::parse(card, nullptr, false);
  return json.is_object() && json.contains(key);
}

Status read_args(const std::string& text, const std::string& amendments, Card& card) {
  if (text.empty()) return {};
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return corrupt_input("[args] expected an object");
  const Args args(json);
  double bits = card.bits, side = card.processing_size, step = card.step, factor = 1;
  double strength = card.strength;
  VSEAL_RETURN_IF_ERROR(args.read({"nbits"}, 1, 4096, bits));
  if (bits != card.bits) return args.fault("nbits", fmt::to_string(card.bits));
  VSEAL_RETURN_IF_ERROR(
      args.read({"img_size_proc", "img_size_extractor", "img_size"}, 16, 2048, side));
  VSEAL_RETURN_IF_ERROR(args.read({"videoseal_step_size", "videowam_step_size"}, 1, 1000, step));
  VSEAL_RETURN_IF_ERROR(args.read({"scaling_w"}, 0, 100, strength));
  VSEAL_RETURN_IF_ERROR(args.read({"scaling_i"}, 0, 100, factor));
  if (factor != 1) return unsupported(args.fault("scaling_i", "1").message());
  card.processing_size = static_cast<int>(side);
  card.step = static_cast<int>(step);
  card.strength = static_cast<float>(strength);
  return states(amendments, "attenuation") ? Status() : read_attenuation(args, card);
}

}  // namespace

std::span<const PublishedModel> published_models() { return kPublished; }

Result<Card> make_card(const Sizes& sizes, const std::string& args, const std::string& amendments) {
  const EmbedderSizes& embedder = sizes.embedder;
  const std::span<const PublishedModel> candidates = of_class(embedder);
  const PublishedModel* published = &candidates.front();
  bool same_width = false;
  for (const PublishedModel& model : candidates) {
    if (model.first_width != embedder.widths.front()) continue;
    published = &model;
    same_width = true;
  }
  Card card;
  card.name = same_width ? published->name : "videoseal";
  card.family = "videoseal";
  card.licence = same_width ? kLicence : "";
  card.bits = static_cast<int>(embedder.bits);
  card.step = published->step;
  card.embedder_channels = static_cast<int>(embedder.input_channels);
  card.detector_channels = 3;
  card.attenuation = embedder.rms_norm ? Attenuation::kNone : Attenuation::kJnd;
  card.strength = embedder.rms_norm ? 1.0f : 0.2f;
  VSEAL_RETURN_IF_ERROR(read_args(args, amendments, card));
  return amendments.empty() ? Result<Card>(card) : amend_card(card, amendments);
}

}  // namespace vseal::models::videoseal

#include "models/card.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "formats/safetensors.h"

namespace vseal::models {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxCardBytes = 64 * 1024;
constexpr size_t kMaxNameBytes = 64;
constexpr size_t kMaxTextBytes = 4096;
constexpr char kJndName[] = "jnd";
constexpr char kNoneName[] = "none";

// An object of the card. Each read leaves `out` as it is when the field is absent.
class Fields {
 public:
  Fields(const Json& object, std::string path) : object_(object), path_(std::move(path)) {}

  bool has(const char* key) const { return object_.contains(key); }

  Status fault(const char* key, const std::string& expected) const {
    const std::string got = has(key) ? formats::quote(object_.at(key).dump()) : "nothing";
    return corrupt_input(
        fmt::format("[card] {}{}: expected {}, got {}", path_, key, expected, got));
  }

  Status require(std::initializer_list<const char*> keys) const {
    for (const char* key : keys) {
      if (!has(key)) return fault(key, "a value");
    }
    return {};
  }

  Status read(const char* key, double low, double high, float& out) const {
    if (!has(key)) return {};
    const Json& value = object_.at(key);
    if (!value.is_number() || !(value.get<double>() >= low && value.get<double>() <= high)) {
      return fault(key, fmt::format("a number in {}..{}", low, high));
    }
    out = value.get<float>();
    return {};
  }

  Status read(const char* key, int low, int high, int& out) const {
    if (!has(key)) return {};
    const Json& value = object_.at(key);
    const bool integer = value.is_number_integer();
    if (!integer || value.get<double>() < low || value.get<double>() > high) {
      return fault(key, fmt::format("an integer in {}..{}", low, high));
    }
    out = value.get<int>();
    return {};
  }

  Status read(const char* key, bool& out) const {
    if (!has(key)) return {};
    if (!object_.at(key).is_boolean()) return fault(key, "true or false");
    out = object_.at(key).get<bool>();
    return {};
  }

  Status read(const char* key, size_t max_bytes, std::string& out) const {
    if (!has(key)) return {};
    const Json& value = object_.at(key);
    if (!value.is_string() || value.get_ref<const std::string&>().size() > max_bytes) {
      return fault(key, fmt::format("a text of at most {} bytes", max_bytes));
    }
    out = value.get<std::string>();
    return {};
  }

  // The object of this name; an empty one when it is absent.
  Result<Fields> child(const char* key) const {
    static const Json kEmpty = Json::object();
    if (!has(key)) return Fields(kEmpty, path_ + key + ".");
    if (!object_.at(key).is_object()) return fault(key, "an object");
    return Fields(object_.at(key), path_ + key + ".");
  }

  const Json& at(const char* key) const { return object_.at(key); }

 private:
  const Json& object_;
  std::string path_;
};

// A name may become part of a file's name and of a terminal's line.
bool is_plain_name(const std::string& name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), plain);
}

// What the training's card says in its `cfg`, and what every nano model has in common.
Status read_training(const Fields& cfg, Card& card) {
  card.family = "nano";
  card.step = 4;
  card.heatmap.replicate_sobel_border = true;
  card.real_valued_message = true;
  VSEAL_RETURN_IF_ERROR(cfg.read("gexp", -4.0, 4.0, card.gain_exponent));
  if (cfg.has("jnd")) {
    const Json& jnd = cfg.at("jnd");
    if (!jnd.is_array() || jnd.size() != 2 || !jnd[0].is_number() || !jnd[1].is_number()) {
      return cfg.fault("jnd", "two numbers");
    }
    card.heatmap.low_gain = jnd[0].get<float>();
    card.heatmap.low_offset = jnd[1].get<float>();
  }
  // Variants that the training can make and nobody has published.
  std::string norm = "bn", kind = "res";
  int gate = 0;
  VSEAL_RETURN_IF_ERROR(cfg.read("norm", kMaxNameBytes, norm));
  VSEAL_RETURN_IF_ERROR(cfg.read("kind", kMaxNameBytes, kind));
  VSEAL_RETURN_IF_ERROR(cfg.read("gate", 0, 1, gate));
  if (norm == "bn" && kind == "res" && gate == 0) return {};
  return unsupported(fmt::format("[card] cfg: expected norm bn, kind res, gate 0, got {}, {}, {}",
                                 formats::quote(norm), formats::quote(kind), gate));
}

// What the networks see and what the residual is multiplied with.
Status read_channels(const Fields& fields, Card& card) {
  for (const auto& [key, channels] : {std::pair{"embedder_channels", &card.embedder_channels},
                                      std::pair{"detector_channels", &card.detector_channels}}) {
    VSEAL_RETURN_IF_ERROR(fields.read(key, 1, 3, *channels));
    if (*channels == 2) return fields.fault(key, "1 or 3");
  }
  std::string attenuation = card.attenuation == Attenuation::kJnd ? kJndName : kNoneName;
  VSEAL_RETURN_IF_ERROR(fields.read("attenuation", kMaxNameBytes, attenuation));
  if (attenuation != kJndName && attenuation != kNoneName) {
    return fields.fault("attenuation", "jnd or none");
  }
  card.attenuation = attenuation == kJndName ? Attenuation::kJnd : Attenuation::kNone;
  return {};
}

Status read_common(const Fields& fields, Card& card) {
  VSEAL_RETURN_IF_ERROR(fields.read("name", kMaxNameBytes, card.name));
  if (!is_plain_name(card.name)) return fields.fault("name", "letters, digits, '-', '_' and '.'");
  VSEAL_RETURN_IF_ERROR(fields.read("family", kMaxNameBytes, card.family));
  VSEAL_RETURN_IF_ERROR(fields.read("licence", kMaxTextBytes, card.licence));
  VSEAL_RETURN_IF_ERROR(fields.read("bits", 1, 4096, card.bits));
  VSEAL_RETURN_IF_ERROR(fields.read("processing_size", 16, 2048, card.processing_size));
  VSEAL_RETURN_IF_ERROR(fields.read("step", 1, 1000, card.step));
  VSEAL_RETURN_IF_ERROR(fields.read("strength", 0.0, 100.0, card.strength));
  VSEAL_RETURN_IF_ERROR(fields.read("promised_psnr_db", 0.0, 100.0, card.promised_psnr_db));
  VSEAL_RETURN_IF_ERROR(read_channels(fields, card));
  return fields.read("real_valued_message", card.real_valued_message);
}

Status read_attenuation(const Fields& fields, Card& card) {
  VSEAL_ASSIGN_OR_RETURN(const Fields heatmap, fields.child("heatmap"));
  VSEAL_ASSIGN_OR_RETURN(const Fields gain, fields.child("gain"));
  HeatmapSettings& settings = card.heatmap;
  VSEAL_RETURN_IF_ERROR(heatmap.read("low_gain", 0.0, 255.0, settings.low_gain));
  VSEAL_RETURN_IF_ERROR(heatmap.read("low_offset", 0.0, 255.0, settings.low_offset));
  VSEAL_RETURN_IF_ERROR(heatmap.read("replicate_sobel_border", settings.replicate_sobel_border));
  VSEAL_RETURN_IF_ERROR(gain.read("exponent", -4.0, 4.0, card.gain_exponent));
  return gain.read("reference", 0.0, 1.0, card.gain_reference);
}

Result<Layout> layout_of(const Fields& fields) {
  std::string layout = "torch";
  VSEAL_RETURN_IF_ERROR(fields.read("layout", kMaxNameBytes, layout));
  if (layout == "torch") return Layout::kTorch;
  if (layout == "nhwc") return Layout::kNhwc;
  return unsupported("[card] layout: expected torch or nhwc, got " + formats::quote(layout));
}

Result<Json> parse_object(const std::string& json) {
  if (json.size() > kMaxCardBytes) {
    return corrupt_input(
        fmt::format("[card] text: expected at most {} bytes, got {}", kMaxCardBytes, json.size()));
  }
  Json root = Json::parse(json, nullptr, false);
  if (!root.is_object()) return corrupt_input("[card] text: expected a JSON object");
  return root;
}

// The double that is written with as few digits as the float: 0.2, not 0.20000000298023224.
double shortest(float value) { return std::stod(fmt::format("{}", value)); }

}  // namespace

Result<CardFile> parse_card(const std::string& json) {
  VSEAL_ASSIGN_OR_RETURN(const Json root, parse_object(json));
  const Fields fields(root, "");
  CardFile file;
  if (fields.has("cfg")) {
    VSEAL_ASSIGN_OR_RETURN(const Fields cfg, fields.child("cfg"));
    VSEAL_RETURN_IF_ERROR(read_training(cfg, file.card));
  }
  VSEAL_RETURN_IF_ERROR(fields.require({"name", "bits", "processing_size", "strength"}));
  VSEAL_RETURN_IF_ERROR(read_common(fields, file.card));
  if (file.card.family != "nano" && file.card.family != "videoseal") {
    return unsupported("[card] family: expected nano or videoseal, got " +
                       formats::quote(file.card.family));
  }
  VSEAL_RETURN_IF_ERROR(read_attenuation(fields, file.card));
  VSEAL_ASSIGN_OR_RETURN(file.layout, layout_of(fields));
  return file;
}

Result<Card> amend_card(const Card& base, const std::string& json) {
  VSEAL_ASSIGN_OR_RETURN(const Json root, parse_object(json));
  const Fields fields(root, "");
  Card card = base;
  VSEAL_RETURN_IF_ERROR(read_common(fields, card));
  VSEAL_RETURN_IF_ERROR(read_attenuation(fields, card));
  if (card.bits != base.bits) return fields.fault("bits", fmt::to_string(base.bits));
  if (card.family != base.family) return fields.fault("family", base.family);
  if (card.embedder_channels != base.embedder_channels ||
      card.detector_channels != base.detector_channels) {
    return corrupt_input("[card] channels: expected those of the tensors");
  }
  return card;
}

std::string card_json(const Card& card) {
  const nlohmann::ordered_json json = {
      {"name", card.name},
      {"family", card.family},
      {"licence", card.licence},
      {"bits", card.bits},
      {"processing_size", card.processing_size},
      {"step", card.step},
      {"strength", shortest(card.strength)},
      {"promised_psnr_db", shortest(card.promised_psnr_db)},
      {"embedder_channels", card.embedder_channels},
      {"detector_channels", card.detector_channels},
      {"attenuation", card.attenuation == Attenuation::kJnd ? kJndName : kNoneName},
      {"heatmap",
       {{"low_gain", shortest(card.heatmap.low_gain)},
        {"low_offset", shortest(card.heatmap.low_offset)},
        {"replicate_sobel_border", card.heatmap.replicate_sobel_border}}},
      {"gain",
       {{"exponent", shortest(card.gain_exponent)}, {"reference", shortest(card.gain_reference)}}},
      {"real_valued_message", card.real_valued_message}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace vseal::models

// What `vseal model` and its subcommands do.
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/commands.h"
#include "apps/common.h"
#include "apps/exit_codes.h"
#include "apps/progress.h"

namespace vseal::cli {
namespace {

using nlohmann::ordered_json;

constexpr double kMega = 1e6;
constexpr double kGiga = 1e9;

const char* text_or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

Expected<std::string> read_card(const std::string& path) {
  constexpr std::streamsize kMaxBytes = 1 << 20;
  if (path.empty()) return std::string();
  std::ifstream in(path, std::ios::binary);
  std::string text(static_cast<size_t>(kMaxBytes), '\0');
  in.read(text.data(), kMaxBytes);
  if (in.bad() || (in.gcount() == 0 && !in.eof())) {
    return Error{VSEAL_NOT_FOUND, path + ": cannot be read"};
  }
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

void print_network(const char* name, const ordered_json& network, bool ops) {
  fmt::print("{:<19} {:.3f} GMAC, {:.2f} M parameters, {:.1f} MB\n", name,
             network["multiply_adds"].get<double>() / kGiga,
             network["parameters"].get<double>() / kMega,
             network["weight_bytes"].get<double>() / kMega);
  for (const ordered_json& op : ops ? network["ops"] : ordered_json::array()) {
    fmt::print("  {:<22} {:<18} {:>10.3f} MMAC {:>10} {}\n", op["op"].get<std::string>(),
               op["shape"].get<std::string>(), op["multiply_adds"].get<double>() / kMega,
               op["parameters"].get<int64_t>(), op["name"].get<std::string>());
  }
}

void print_card(const ordered_json& card) {
  const double psnr = card["promised_psnr_db"].get<double>();
  fmt::print("name                {}\nfamily              {}\nmessage             {} bits\n",
             card["name"].get<std::string>(), card["family"].get<std::string>(),
             card["bits"].get<int>());
  fmt::print("sees                {} px, {} / {} channels\nvideo key frames    every {}\n",
             card["processing_size"].get<int>(), card["embedder_channels"].get<int>(),
             card["detector_channels"].get<int>(), card["step"].get<int>());
  fmt::print("strength            {:.3g}, attenuation {}\nPSNR promised       {}\n",
             card["strength"].get<double>(), card["attenuation"].get<std::string>(),
             psnr > 0 ? fmt::format("{:.1f} dB", psnr) : "not stated in the card");
  if (!card["licence"].get<std::string>().empty()) {
    fmt::print("licence             {}\n", card["licence"].get<std::string>());
  }
}

void print_id_lengths(const vseal_model_info& info) {
  fmt::print("longest text        {} bytes\nlongest hex         {} bytes\n", info.max_text_bytes,
             info.max_hex_bytes);
  fmt::print("longest integer     {} bytes\nUUID                {}\n", info.max_integer_bytes,
             info.holds_uuid != 0 ? "yes" : "no");
}

ordered_json id_lengths(const vseal_model_info& info) {
  return {{"max_integer_bytes", info.max_integer_bytes},
          {"max_hex_bytes", info.max_hex_bytes},
          {"max_text_bytes", info.max_text_bytes},
          {"holds_uuid", info.holds_uuid != 0}};
}

std::string dump(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

// One line for people, with what the checkpoint held beside the networks.
void print_conversion(const CommonSettings& common, const ordered_json& report) {
  if (common.quiet) return;
  fmt::print(stderr, "{}: {}, {} bits, {:.1f} MB from {} of {:.1f} MB, sha256 {}\n",
             report["output"].get<std::string>(), report["card"]["name"].get<std::string>(),
             report["card"]["bits"].get<int>(), report["output_bytes"].get<double>() / kMega,
             report["format"].get<std::string>(), report["input_bytes"].get<double>() / kMega,
             report["sha256"].get<std::string>());
  const ordered_json& unused = report["unused_tensors"];
  if (!unused.empty()) fmt::print(stderr, "vseal: {} other tensors left out\n", unused.size());
}

void fill_conversion(const ModelSettings& settings, const std::string& card,
                     vseal_convert_options& options) {
  options.card = text_or_null(card);
  options.precision = text_or_null(settings.precision);
  options.processing_size = settings.processing_size;
  options.overwrite = settings.overwrite ? 1 : 0;
}

}  // namespace

int run_model_info(const CommonSettings& common, const ModelSettings& settings) {
  CommonSettings chosen = common;
  if (!settings.model.empty()) chosen.model = settings.model;
  const auto report = describe_model(chosen.model);
  if (!report.ok()) return fail(common, report.error());
  auto context = open_context(chosen);
  if (!context.ok()) return fail(common, context.error());
  const vseal_model_info info = context->model();
  ordered_json json = ordered_json::parse(report.value(), nullptr, false);
  if (common.json) {
    json["id"] = id_lengths(info);
    fmt::print("{}\n", dump(json));
    return 0;
  }
  print_card(json["card"]);
  print_id_lengths(info);
  fmt::print("file                {}\n", json["format"].get<std::string>());
  if (json["provenance"].is_object()) {
    fmt::print("made from           {}, sha256 {}\n", json["provenance"].value("source", "?"),
               json["provenance"].value("sha256", "?"));
  }
  print_network("embedder", json["embedder"], settings.ops);
  print_network("detector", json["detector"], settings.ops);
  return 0;
}

int run_model_convert(const CommonSettings& common, const ModelSettings& settings) {
  const auto card = read_card(settings.card_file);
  if (!card.ok()) return fail(common, card.error());
  ConvertOptions options;
  fill_conversion(settings, card.value(), options);
  const auto report = convert_model(settings.input, settings.output, options);
  if (!report.ok()) return fail(common, report.error());
  if (common.json) {
    fmt::print("{}\n", report.value());
  } else {
    print_conversion(common, ordered_json::parse(report.value(), nullptr, false));
  }
  return 0;
}

int run_model_check(const CommonSettings& common) {
  auto context = open_context(common);
  if (!context.ok()) return fail(common, context.error());
  const auto check = check_model(*context);
  if (!check.ok()) return fail(common, check.error());
  const bool passed = check.value().passed;
  const ordered_json json = ordered_json::parse(check.value().json, nullptr, false);
  if (common.json) {
    fmt::print("{}\n", check.value().json);
  } else {
    fmt::print("{}  {}: {} of {} bits read back, p = {:.1e}, {:.1f} dB\n", passed ? "good" : "bad",
               json["model"].get<std::string>(), json["bits_right"].get<int>(),
               json["bits"].get<int>(), json["p_value"].get<double>(),
               json["psnr_db"].get<double>());
  }
  return passed ? 0 : kExitAbsent;
}

int run_model_fetch(const CommonSettings& common, const ModelSettings& settings) {
  const auto card = read_card(settings.card_file);
  if (!card.ok()) return fail(common, card.error());
  FetchOptions options;
  fill_conversion(settings, card.value(), options.convert);
  options.address = text_or_null(settings.address);
  options.output = text_or_null(settings.output);
  options.keep_checkpoint = settings.keep ? 1 : 0;
  const auto report = [&] {
    ProgressBar bar(common.quiet || common.json);
    options.progress = ProgressBar::update_bytes;
    options.user = &bar;
    return fetch_model(settings.name, options);
  }();
  if (!report.ok()) return fail(common, report.error());
  if (common.json) {
    fmt::print("{}\n", report.value());
    return 0;
  }
  const ordered_json json = ordered_json::parse(report.value(), nullptr, false);
  print_conversion(common, json);
  if (common.quiet) return 0;
  if (json["digest_as_reported"].is_boolean()) {
    fmt::print(stderr, "vseal: the digest is {}the one that has been reported for this file\n",
               json["digest_as_reported"].get<bool>() ? "" : "NOT ");
  }
  const std::string licence = json["card"]["licence"].get<std::string>();
  if (!licence.empty()) fmt::print(stderr, "vseal: {}\n", licence);
  return 0;
}

int run_export(const CommonSettings& common, const ModelSettings& settings) {
  ExportOptions options;
  options.format = settings.format.c_str();
  if (!settings.export_precision.empty()) options.precision = settings.export_precision.c_str();
  if (!settings.data.empty()) options.data = settings.data.c_str();
  options.samples = settings.samples;
  options.io = settings.io.c_str();
  options.part = settings.part.c_str();
  options.with_jnd = settings.with_jnd ? 1 : 0;
  options.processing_size = settings.processing_size;
  options.overwrite = settings.overwrite ? 1 : 0;
  const std::string& model = settings.model.empty() ? common.model : settings.model;
  const auto report = export_model(model, settings.folder, options);
  if (!report.ok()) return fail(common, report.error());
  if (common.json) {
    fmt::print("{}\n", report.value());
    return 0;
  }
  const ordered_json json = ordered_json::parse(report.value(), nullptr, false);
  for (const ordered_json& file : common.quiet ? ordered_json::array() : json["files"]) {
    fmt::print(stderr, "{}: {} of {}, {} ops, {:.2f} MB\n", file["path"].get<std::string>(),
               file["part"].get<std::string>(), json["card"]["name"].get<std::string>(),
               file["ops"].get<int64_t>(), file["bytes"].get<double>() / kMega);
  }
  return 0;
}

}  // namespace vseal::cli

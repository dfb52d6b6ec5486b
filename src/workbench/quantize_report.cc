// A quantisation's report as JSON and as a page with plots.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "workbench/eval/html_text.h"
#include "workbench/json_text.h"
#include "workbench/quantize.h"

namespace vseal::workbench {
namespace {

using Json = nlohmann::ordered_json;
using html::escaped;

// PSNR of a picture that carries this residual against one that carries the float one, both at the
// card's strength and without attenuation: what attenuation does not hide.
double marked_psnr_db(const models::Card& card, const quant::OutputError& error) {
  const double mean = error.noise / static_cast<double>(std::max<int64_t>(error.values, 1));
  const double power = mean * card.strength * card.strength;
  return power > 0 ? -10 * std::log10(power) : 200.0;
}

Json network_json(const models::Card& card, const NetworkOutcome& network) {
  const quant::OutputError& error = network.error;
  const double values = static_cast<double>(std::max<int64_t>(error.values, 1));
  Json json = {{"name", network.name},
               {"integer_ops", network.integer_ops},
               {"float_ops", network.float_ops},
               {"equalized", network.equalized},
               {"output_snr_db", error.snr_db()},
               {"rms_error", std::sqrt(error.noise / values)},
               {"largest_error", error.largest}};
  if (network.name == "embedder") {
    json["marked_psnr_db"] = marked_psnr_db(card, error);
  } else {
    json["sign_flips"] = error.sign_flips;
    json["logits"] = error.values;
  }
  json["kept_float"] = network.kept_float;
  json["tensors"] = Json::array();
  for (const quant::TensorError& tensor : network.tensors) {
    json["tensors"].push_back({{"name", tensor.name},
                               {"min", tensor.min},
                               {"max", tensor.max},
                               {"scale", tensor.type.scale},
                               {"zero_point", tensor.type.zero_point},
                               {"snr_db", tensor.snr_db}});
  }
  json["sensitivity"] = Json::array();
  for (const quant::OpLoss& loss : network.losses) {
    json["sensitivity"].push_back(
        {{"name", loss.name}, {"op", loss.kind}, {"snr_db", loss.snr_db}});
  }
  return json;
}

Json attacked_json(const std::vector<PairUnderAttack>& pairs) {
  Json json = Json::array();
  for (const PairUnderAttack& pair : pairs) {
    Json attacks = Json::array();
    for (const AttackSummary& attack : pair.attacks) {
      attacks.push_back({{"attack", attack.attack},
                         {"pictures", attack.files},
                         {"bit_accuracy", attack.accuracy},
                         {"worst_bit_accuracy", attack.worst_accuracy}});
    }
    json.push_back({{"embedder", pair.embedder},
                    {"detector", pair.detector},
                    {"psnr_db", pair.psnr_db},
                    {"attacks", std::move(attacks)}});
  }
  return json;
}

// A bar for a share of 50 to 100 %, from where chance ends.
std::string share_cell(double share) {
  const double width = std::clamp(share - 0.5, 0.0, 0.5) * 160;
  return fmt::format(
      "<td class=n>{}</td><td><svg width=80 height=10><rect width={:.1f} height=10 /></svg></td>",
      html::percent(share), width);
}

// Attacks down, pairs of forms across.
std::string attacked_html(const QuantizeReport& report) {
  const std::vector<PairUnderAttack>& pairs = report.attacked;
  if (pairs.empty()) return {};
  std::string html = fmt::format(
      "<h2>Under attack</h2>\n<p>Bit accuracy, %, on {} pictures {}; embedder-detector. Bars begin "
      "at 50 %, which is chance.</p>\n<table><tr><th>attack",
      report.measured_on,
      report.measured_apart ? "that calibration never saw" : "that calibration has seen");
  for (const PairUnderAttack& pair : pairs) {
    html += fmt::format("<th colspan=2>{}-{}", escaped(pair.embedder), escaped(pair.detector));
  }
  html += "\n<tr><td>PSNR of the mark, dB</td>";
  for (const PairUnderAttack& pair : pairs) {
    html += fmt::format("<td class=n>{:.2f}</td><td></td>", pair.psnr_db);
  }
  for (size_t i = 0; i < pairs[0].attacks.size(); ++i) {
    html += "\n<tr><td>" + escaped(pairs[0].attacks[i].attack) + "</td>";
    for (const PairUnderAttack& pair : pairs) html += share_cell(pair.attacks[i].accuracy);
  }
  return html + "\n</table>\n";
}

// A row with a bar for an SNR of 0 to 60 dB.
std::string bar_row(const std::string& name, const std::string& detail, double snr_db) {
  const double width = std::clamp(snr_db, 0.0, 60.0) * 5;
  return fmt::format(
      "<tr><td>{}</td><td>{}</td><td class=n>{:.1f}</td><td><svg width=300 height=10><rect "
      "width={:.0f} height=10 /></svg></td></tr>\n",
      escaped(name), escaped(detail), snr_db, width);
}

constexpr char kStyle[] =
    "body{font:14px sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse}"
    "td,th{padding:1px 8px;text-align:left}td.n{text-align:right}rect{fill:#37c}";

std::string network_html(const models::Card& card, const NetworkOutcome& network) {
  const quant::OutputError& error = network.error;
  std::string html = fmt::format(
      "<h2>{}</h2>\n<p>{} ops with products in integers, {} in float; {}. ", network.name,
      network.integer_ops, network.float_ops, network.equalized ? "equalized" : "not equalized");
  html += fmt::format("Output against f32: {:.2f} dB SNR, largest error {:.4g}", error.snr_db(),
                      error.largest);
  html += network.name == "embedder"
              ? fmt::format(", marked picture {:.1f} dB PSNR.</p>\n", marked_psnr_db(card, error))
              : fmt::format(", {} of {} logits change sign.</p>\n", error.sign_flips, error.values);
  if (!network.losses.empty()) {
    html +=
        "<h3>Each op alone in integers: SNR of the output, dB</h3>\n<table><tr><th>op<th>kind"
        "<th>dB<th></tr>\n";
    for (const quant::OpLoss& loss : network.losses) {
      const bool kept = network.kept_float.contains(loss.name);
      html += bar_row(loss.name, loss.kind + (kept ? ", kept float" : ""), loss.snr_db);
    }
    html += "</table>\n";
  }
  html +=
      "<h3>Each tensor: range in calibration, SNR of its integers, dB</h3>\n<table><tr><th>tensor"
      "<th>range, scale, zero point<th>dB<th></tr>\n";
  for (const quant::TensorError& tensor : network.tensors) {
    html += bar_row(tensor.name,
                    fmt::format("{:.4g} to {:.4g}, {:.4g}, {}", tensor.min, tensor.max,
                                tensor.type.scale, tensor.type.zero_point),
                    tensor.snr_db);
  }
  return html + "</table>\n";
}

std::string report_html(const std::string& output, const QuantizeReport& report) {
  std::string html = fmt::format(
      "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>{0}</title><style>{1}</style>\n"
      "<h1>{0}</h1>\n<p>{2}, {3} bits. Calibrated on {4} pictures in {5:.0f} s, measured on {6} "
      "{7}. {8:.2f} MB.</p>\n",
      escaped(output), kStyle, escaped(report.card.name), report.card.bits, report.calibrated_on,
      report.calibration_s, report.measured_on,
      report.measured_apart ? "others" : "of the same pictures",
      static_cast<double>(report.output_bytes) / 1e6);
  html += attacked_html(report);
  for (const NetworkOutcome& network : report.networks) html += network_html(report.card, network);
  return html + "</html>\n";
}

Status write_text(const std::filesystem::path& path, const std::string& text) {
  VSEAL_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::create(path.string(), IfExists::kOverwrite));
  VSEAL_RETURN_IF_ERROR(file.write(std::as_bytes(std::span(text))));
  return file.commit();
}

}  // namespace

std::string quantize_json(const std::string& output, const QuantizeReport& report) {
  Json json = {{"output", output},
               {"model", report.card.name},
               {"bits", report.card.bits},
               {"output_bytes", report.output_bytes},
               {"calibrated_on", report.calibrated_on},
               {"measured_on", report.measured_on},
               {"measured_apart", report.measured_apart},
               {"calibration_s", report.calibration_s},
               {"sensitivity_s", report.sensitivity_s},
               {"networks", Json::array()}};
  for (const NetworkOutcome& network : report.networks) {
    json["networks"].push_back(network_json(report.card, network));
  }
  json["attacked"] = attacked_json(report.attacked);
  return json_text(json);
}

Status write_quantize_report(const std::string& folder, const std::string& output,
                             const QuantizeReport& report) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return cannot_create(folder + ": " + error.message());
  const std::filesystem::path path = folder;
  VSEAL_RETURN_IF_ERROR(write_text(path / "report.json", quantize_json(output, report) + "\n"));
  return write_text(path / "report.html", report_html(output, report));
}

}  // namespace vseal::workbench

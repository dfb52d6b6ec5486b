#include "workbench/eval/eval_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "workbench/json_text.h"

namespace vseal::workbench {
namespace {

using Json = nlohmann::ordered_json;

Json attack_json(const AttackSummary& a) {
  return {{"attack", a.attack},
          {"files", a.files},
          {"failed", a.failed},
          {"bit_accuracy", a.accuracy},
          {"worst_bit_accuracy", a.worst_accuracy},
          {"worst_file", a.worst_file},
          {"id_rate", a.id_rate.has_value() ? Json(*a.id_rate) : Json()},
          {"capacity_bits", a.capacity},
          {"median_p_value", a.median_p_value},
          {"detected", a.detected}};
}

Json file_json(const FileRecord& f) {
  return {{"file", f.path},
          {"sha256", f.sha256},
          {"id", f.id.empty() ? Json() : Json(f.id)},
          {"width", f.marked.width},
          {"height", f.marked.height},
          {"frames", f.marked.frames},
          {"psnr_db", f.marked.psnr_db},
          {"ssim", f.marked.ssim}};
}

Json kind_json(const KindReport& kind) {
  Json json = {{"kind", pipeline::kind_name(kind.kind)},
               {"psnr_db", kind.psnr_db},
               {"worst_psnr_db", kind.worst_psnr_db},
               {"ssim", kind.ssim},
               {"worst_ssim", kind.worst_ssim},
               {"attacks", Json::array()},
               {"files", Json::array()}};
  for (const AttackSummary& attack : kind.attacks) json["attacks"].push_back(attack_json(attack));
  for (const FileRecord& file : kind.files) json["files"].push_back(file_json(file));
  return json;
}

// A field of a CSV file (RFC 4180).
std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace

std::string eval_json(const EvalReport& report) {
  Json json = {{"settings", Json::parse(report.settings, nullptr, false)},
               {"jobs", report.jobs},
               {"resumed", report.resumed},
               {"kinds", Json::array()},
               {"failures", Json::array()}};
  for (const KindReport& kind : report.kinds) json["kinds"].push_back(kind_json(kind));
  for (const EvalFailure& f : report.failures) {
    json["failures"].push_back({{"file", f.file},
                                {"attack", f.attack.empty() ? Json() : Json(f.attack)},
                                {"code", code_name(f.status.code())},
                                {"message", f.status.message()}});
  }
  return json_text(json);
}

std::string eval_csv(const EvalReport& report) {
  std::string csv =
      "kind,attack,files,failed,bit_accuracy,worst_bit_accuracy,worst_file,id_rate,capacity_bits,"
      "median_p_value,detected\n";
  for (const KindReport& kind : report.kinds) {
    for (const AttackSummary& a : kind.attacks) {
      csv += fmt::format("{},{},{},{},{:.6f},{:.6f},{},{},{:.2f},{:.4g},{:.4f}\n",
                         pipeline::kind_name(kind.kind), a.attack, a.files, a.failed, a.accuracy,
                         a.worst_accuracy, quoted(a.worst_file),
                         a.id_rate.has_value() ? fmt::format("{:.4f}", *a.id_rate) : "", a.capacity,
                         a.median_p_value, a.detected);
    }
  }
  return csv;
}

}  // namespace vseal::workbench

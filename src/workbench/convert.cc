#include "workbench/convert.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "models/model.h"
#include "workbench/digest.h"
#include "workbench/json_text.h"

namespace vseal::workbench {
namespace {

constexpr char kConverter[] = "vseal model convert";

std::string provenance_of(const ConvertReport& report, const std::string& origin) {
  const nlohmann::ordered_json json = {{"source", origin},
                                       {"format", report.source},
                                       {"bytes", report.input_bytes},
                                       {"sha256", report.sha256},
                                       {"converter", kConverter}};
  return json_text(json);
}

}  // namespace

Result<ConvertReport> convert(const std::string& input, const std::string& output,
                              const ConvertSettings& settings) {
  std::error_code ignored;
  if (settings.if_exists == IfExists::kFail && std::filesystem::exists(output, ignored)) {
    return cannot_create(output + ": exists already");
  }
  VSEAL_ASSIGN_OR_RETURN(const auto model, models::load_model(input, settings.load));
  ConvertReport report;
  report.card = model->card;
  report.source = model->source;
  report.unused = model->unused;
  report.input_bytes = static_cast<int64_t>(model->mapping->bytes().size());
  report.sha256 = sha256_hex(*model->mapping);
  const std::string origin =
      settings.origin.empty() ? std::filesystem::path(input).filename().string() : settings.origin;
  VSEAL_RETURN_IF_ERROR(models::write_vseal(*model, output,
                                            {.if_exists = settings.if_exists,
                                             .precision = settings.precision,
                                             .provenance = provenance_of(report, origin)}));
  report.output_bytes = static_cast<int64_t>(std::filesystem::file_size(output, ignored));
  return report;
}

}  // namespace vseal::workbench

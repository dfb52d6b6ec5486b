#include "api/model_report.h"

#include <nlohmann/json.hpp>

#include "models/card.h"
#include "workbench/inspect.h"

namespace vseal::api {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json network_json(const graph::Graph& network) {
  const workbench::NetworkSummary summary = workbench::summarise(network);
  Json ops = Json::array();
  for (const workbench::OpRow& row : summary.ops) {
    ops.push_back({{"name", row.name},
                   {"op", row.kind},
                   {"shape", row.shape},
                   {"multiply_adds", row.multiply_adds},
                   {"parameters", row.parameters}});
  }
  return {{"multiply_adds", summary.multiply_adds},
          {"parameters", summary.parameters},
          {"weight_bytes", summary.weight_bytes},
          {"ops", std::move(ops)}};
}

Json convert_json(const workbench::ConvertReport& report) {
  return {{"card", Json::parse(models::card_json(report.card), nullptr, false)},
          {"format", report.source},
          {"sha256", report.sha256},
          {"input_bytes", report.input_bytes},
          {"output_bytes", report.output_bytes},
          {"unused_tensors", report.unused}};
}

}  // namespace

std::string describe_json(const models::Model& model) {
  const Json provenance = Json::parse(model.provenance, nullptr, false);
  return dump({{"card", Json::parse(models::card_json(model.card), nullptr, false)},
               {"format", model.source},
               {"provenance", provenance.is_object() ? provenance : Json()},
               {"unused_tensors", model.unused},
               {"embedder", network_json(model.embedder)},
               {"detector", network_json(model.detector)}});
}

std::string to_json(const std::string& output, const workbench::ConvertReport& report) {
  Json json = {{"output", output}};
  json.update(convert_json(report));
  return dump(json);
}

std::string to_json(const std::string& name, const workbench::CheckReport& report) {
  return dump({{"model", name},
               {"passed", report.passed},
               {"bits", report.bits},
               {"bits_right", report.bits_right},
               {"p_value", report.p_value},
               {"psnr_db", report.psnr_db},
               {"finite", report.finite}});
}

std::string to_json(const workbench::FetchReport& report) {
  Json json = {{"name", report.name},
               {"address", report.address},
               {"output", report.output},
               {"downloaded_bytes", report.download.bytes - report.download.resumed_from},
               {"resumed_from", report.download.resumed_from}};
  json.update(convert_json(report.converted));
  json["digest_as_reported"] =
      report.digest_as_reported.has_value() ? Json(*report.digest_as_reported) : Json();
  return dump(json);
}

std::string to_json(const workbench::ExportReport& report) {
  Json files = Json::array();
  for (const workbench::ExportedFile& file : report.files) {
    files.push_back({{"path", file.path},
                     {"part", file.part},
                     {"digest", file.digest},
                     {"bytes", file.bytes},
                     {"ops", file.ops}});
  }
  return dump({{"card", Json::parse(models::card_json(report.card), nullptr, false)},
               {"precision", report.precision},
               {"files", std::move(files)}});
}

}  // namespace vseal::api

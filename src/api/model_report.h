// Reports on models as JSON.
#pragma once

#include <string>

#include "models/model.h"
#include "workbench/check.h"
#include "workbench/convert.h"
#include "workbench/export.h"
#include "workbench/fetch.h"

namespace vseal::api {

// One JSON object on one line, keys as in docs/json.md.
std::string describe_json(const models::Model& model);
std::string to_json(const std::string& output, const workbench::ConvertReport& report);
std::string to_json(const std::string& name, const workbench::CheckReport& report);
std::string to_json(const workbench::FetchReport& report);
std::string to_json(const workbench::ExportReport& report);

}  // namespace vseal::api

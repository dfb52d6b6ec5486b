// Reports as JSON.
#pragma once

#include <string>

#include "pipeline/mark.h"
#include "pipeline/read.h"

namespace vseal::api {

// One JSON object on one line, keys as in docs/json.md.
std::string to_json(const std::string& input, const std::string& output,
                    const pipeline::MarkSettings& settings, const pipeline::MarkReport& report);
std::string to_json(const std::string& input, const pipeline::ReadReport& report);

}  // namespace vseal::api

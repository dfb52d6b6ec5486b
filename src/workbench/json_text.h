// JSON as the workbench writes it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vseal::workbench {

// On one line. What is no UTF-8 (a file's name may be any bytes) is replaced, so that it never
// throws.
std::string json_text(const nlohmann::ordered_json& json);

}  // namespace vseal::workbench

// An evaluation as data.
#pragma once

#include <string>

#include "workbench/eval/evaluate.h"

namespace vseal::workbench {

// One JSON object on one line, keys as in docs/json.md.
std::string eval_json(const EvalReport& report);

// One line for each attack, with a heading; fields as in docs/eval.md.
std::string eval_csv(const EvalReport& report);

}  // namespace vseal::workbench

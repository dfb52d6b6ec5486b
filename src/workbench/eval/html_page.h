// An evaluation as a page.
#pragma once

#include <string>

#include "workbench/eval/cases.h"

namespace vseal::workbench {

// One file of well-formed XHTML that needs nothing beside it.
std::string eval_page(const EvalReport& report, const EvalCases& cases);

}  // namespace vseal::workbench

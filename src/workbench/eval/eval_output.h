// The files of an evaluation.
#pragma once

#include "workbench/eval/evaluate.h"

namespace vseal::workbench {

// Writes summary.csv, summary.json and index.html into the report's output folder, each whole or
// not at all, over older ones; nothing without a folder. Some files are marked and attacked again
// for the page's pictures. kCannotCreate, kIo, kOutOfMemory.
Status write_eval(const EvalTools& tools, const EvalReport& report);

}  // namespace vseal::workbench

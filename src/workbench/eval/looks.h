// What marks look like, at full size.
#pragma once

#include "workbench/eval/evaluate.h"

namespace vseal::workbench {

// Marks every file of the report again and writes into its output folder looks.html, and into
// looks/ beside it PNG files of each: the original, the marked picture and their difference, ten
// times. Of clips, the first frame. What cannot be marked is left out. Errors: files that cannot be
// written, kOutOfMemory.
Status write_looks(const EvalTools& tools, const EvalReport& report);

}  // namespace vseal::workbench

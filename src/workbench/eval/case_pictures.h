// Marks of a report made again, to be looked at: every chance in them follows from the seed.
#pragma once

#include <string>

#include "workbench/eval/evaluate.h"
#include "workbench/eval/subject.h"

namespace vseal::workbench {

// `file` marked as the report asked, and after `attack`.
Result<CasePictures> show_again(const EvalTools& tools, const EvalReport& report,
                                const FileRecord& file, const std::string& attack);

// 128 + 10 (marked - original), saturated; of equal sizes.
media::Raster amplified_difference(const media::Raster& original, const media::Raster& marked);

}  // namespace vseal::workbench

// The files that an evaluation is about.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "pipeline/source.h"

namespace vseal::workbench {

struct EvalSource {
  std::string path;
  pipeline::SourceKind kind = pipeline::SourceKind::kPicture;

  std::string name() const;  // without its folders
};

// The pictures and clips among `inputs`, in their order; of a folder all that lie below it, by
// path, others left out. Each file once. kNotFound or kCorruptInput for a named file that is
// neither, kInvalidArgument when there is none at all.
Result<std::vector<EvalSource>> collect_sources(std::span<const std::string> inputs);

}  // namespace vseal::workbench

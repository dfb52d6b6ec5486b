// Networks as files of formats that stock runtimes read: what the writers share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/atomic_file.h"
#include "formats/lowering/lower.h"
#include "formats/lowering/stored.h"
#include "formats/safetensors.h"

namespace vseal::formats {

struct NetworkFileOptions {
  WeightPrecision precision = WeightPrecision::kF32;
  std::optional<ChangeSettings> change = {};
  PictureValues pictures = PictureValues::kF32;
  std::string description = {};
  Metadata metadata = {};  // texts by name, stored in the file
  IfExists if_exists = IfExists::kFail;
};

struct NetworkFileReport {
  int64_t bytes = 0;  // of all its parts
  int64_t ops = 0;
};

}  // namespace vseal::formats

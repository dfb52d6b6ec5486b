// SHA-256 of files.
#pragma once

#include <string>

#include "base/mapped_file.h"
#include "base/status.h"

namespace vseal::workbench {

// Lower case hex. Reads the file once and gives its pages back as it goes.
std::string sha256_hex(const MappedFile& file);
Result<std::string> sha256_of_file(const std::string& path);

}  // namespace vseal::workbench

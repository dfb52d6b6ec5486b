// SHA-256 of files and models.
#pragma once

#include <string>

#include "base/mapped_file.h"
#include "base/status.h"
#include "models/model.h"

namespace vseal::workbench {

// Lower case hex. Reads the file once and gives its pages back as it goes.
std::string sha256_hex(const MappedFile& file);
Result<std::string> sha256_of_file(const std::string& path);

// Of a model's card and of name, type, shape and values of every constant of its networks: the same
// for a model however it is stored.
Result<std::string> sha256_of_model(const models::Model& model);

}  // namespace vseal::workbench

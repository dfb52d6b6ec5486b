// Where a user's models lie, and by which names they are found.
#pragma once

#include <string>

#include "base/status.h"

namespace vseal::workbench {

// $XDG_DATA_HOME/vseal/models, else ~/.local/share/vseal/models. kUnavailable when neither variable
// names an absolute folder.
Result<std::string> models_folder();

// The file that `model` means: itself when it is there or has a '/' or a '.'-suffix of a model
// file, else NAME.vseal in models_folder(). kNotFound says where it was looked for.
Result<std::string> find_model(const std::string& model);

// models_folder() with all folders above it made. kCannotCreate when that fails.
Result<std::string> make_models_folder();

}  // namespace vseal::workbench

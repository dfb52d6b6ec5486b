#include "workbench/model_store.h"

#include <cstdlib>
#include <filesystem>

namespace vseal::workbench {
namespace {

constexpr char kSuffix[] = ".vseal";

// The value of a variable that holds an absolute path; relative ones are to be ignored, says the
// XDG base directory specification.
std::string absolute_path_in(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value == '/' ? value : "";
}

}  // namespace

Result<std::string> models_folder() {
  const std::string data = absolute_path_in("XDG_DATA_HOME");
  if (!data.empty()) return data + "/vseal/models";
  const std::string home = absolute_path_in("HOME");
  if (!home.empty()) return home + "/.local/share/vseal/models";
  return Status(Code::kUnavailable,
                "models: expected HOME or XDG_DATA_HOME to name a folder, got neither");
}

Result<std::string> find_model(const std::string& model) {
  std::error_code ignored;
  const bool is_name = model.find('/') == std::string::npos;
  if (!is_name || std::filesystem::exists(model, ignored)) return model;
  VSEAL_ASSIGN_OR_RETURN(const std::string folder, models_folder());
  const std::string path = folder + "/" + model + kSuffix;
  if (std::filesystem::exists(path, ignored)) return path;
  return not_found(model + ": no such file, and no model of that name (" + path +
                   "); `vseal model fetch` downloads the official ones");
}

Result<std::string> make_models_folder() {
  VSEAL_ASSIGN_OR_RETURN(std::string folder, models_folder());
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return cannot_create(folder + ": " + error.message());
  return folder;
}

}  // namespace vseal::workbench

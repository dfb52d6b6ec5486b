#include "workbench/fetch.h"

#include <algorithm>
#include <filesystem>

#include "models/videoseal/family.h"
#include "workbench/model_store.h"

namespace vseal::workbench {
namespace {

using models::videoseal::PublishedModel;

Result<std::string> address_of(const std::string& name) {
  std::string names;
  for (const PublishedModel& model : models::videoseal::published_models()) {
    if (name == model.name) return std::string(model.address);
    names += std::string(names.empty() ? "" : ", ") + model.name;
  }
  return invalid_argument("model: expected one of " + names + ", got " + name);
}

// The name becomes a file's.
Status check_name(const std::string& name) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_' || c == '.';
  };
  if (!name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), plain))
    return {};
  return invalid_argument("model: expected a name of letters, digits, '-', '_' and '.'");
}

std::optional<bool> compare_digest(const std::string& name, const std::string& sha256) {
  for (const PublishedModel& model : models::videoseal::published_models()) {
    if (name == model.name && model.reported_sha256 != nullptr) {
      return sha256 == model.reported_sha256;
    }
  }
  return std::nullopt;
}

}  // namespace

Result<FetchReport> fetch(const std::string& name, const FetchSettings& settings,
                          const DownloadProgress& progress) {
  VSEAL_RETURN_IF_ERROR(check_name(name));
  FetchReport report{.name = name,
                     .address = settings.address,
                     .output = settings.output,
                     .download = {},
                     .converted = {},
                     .digest_as_reported = {}};
  if (report.address.empty()) {
    VSEAL_ASSIGN_OR_RETURN(report.address, address_of(name));
  }
  if (report.output.empty()) {
    VSEAL_ASSIGN_OR_RETURN(const std::string folder, make_models_folder());
    report.output = folder + "/" + name + ".vseal";
  }
  std::error_code ignored;
  if (settings.convert.if_exists == IfExists::kFail &&
      std::filesystem::exists(report.output, ignored)) {
    return cannot_create(report.output + ": exists already");
  }
  const std::string checkpoint = report.output + ".download";
  VSEAL_ASSIGN_OR_RETURN(report.download, download(report.address, checkpoint, progress));
  ConvertSettings convert_settings = settings.convert;
  convert_settings.origin = report.address;
  VSEAL_ASSIGN_OR_RETURN(report.converted, convert(checkpoint, report.output, convert_settings));
  report.digest_as_reported = compare_digest(name, report.converted.sha256);
  if (settings.keep_checkpoint) return report;
  std::filesystem::remove(checkpoint, ignored);
  std::filesystem::remove(checkpoint + ".etag", ignored);
  return report;
}

}  // namespace vseal::workbench

// Official models from where their authors offer them.
#pragma once

#include <string>

#include "workbench/convert.h"
#include "workbench/download.h"

namespace vseal::workbench {

struct FetchSettings {
  std::string address = {};  // in place of the published one
  std::string output = {};   // in place of NAME.vseal in the user's folder of models
  ConvertSettings convert;
  bool keep_checkpoint = false;
};

struct FetchReport {
  std::string name;
  std::string address;
  std::string output;
  DownloadReport download;
  ConvertReport converted;
  // Whether the checkpoint has the digest that somebody has reported for it; none is known of most.
  // A hint: models are converted either way.
  std::optional<bool> digest_as_reported;
};

// Downloads the checkpoint of the published model `name` beside the output, converts it and removes
// it. kInvalidArgument naming the published models when `name` is none of them and no address is
// given; else download's and convert's errors. A broken download is resumed by the next call.
Result<FetchReport> fetch(const std::string& name, const FetchSettings& settings,
                          const DownloadProgress& progress);

}  // namespace vseal::workbench

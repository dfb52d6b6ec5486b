// Large files over HTTP, resumed where they stopped.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/status.h"

namespace vseal::workbench {

// Bytes there already, bytes in all (0 when unknown); false cancels.
using DownloadProgress = std::function<bool(int64_t done, int64_t total)>;

struct DownloadReport {
  int64_t bytes = 0;         // of the file
  int64_t resumed_from = 0;  // bytes that lay there already
};

// Downloads `address` (https or http) into `path`. What is there already and belongs to the same
// version of the file (its ETag lies beside it in PATH.etag) is not downloaded again; otherwise the
// file is started anew. A part that was downloaded stays when the call fails, for the next one.
// kNotFound when the server has no such file, kUnavailable when it cannot be reached or answers
// otherwise, kTryAgain when the transfer broke off, kIo when the disk is full, kCancelled.
Result<DownloadReport> download(const std::string& address, const std::string& path,
                                const DownloadProgress& progress);

}  // namespace vseal::workbench

// The record of an evaluation: a file of JSON lines that a later run can go on with.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/status.h"
#include "workbench/eval/score.h"
#include "workbench/eval/subject.h"

namespace vseal::workbench {

// A file as it was marked.
struct FileRecord {
  std::string path;
  pipeline::SourceKind kind = pipeline::SourceKind::kPicture;
  std::string sha256;
  std::string id;  // as a person writes it; empty without one
  MarkedFile marked;
};

// What stands in the file already.
struct KnownResults {
  std::map<std::string, FileRecord> files;                     // by path
  std::map<std::string, std::map<std::string, Score>> scores;  // by path and attack
};

// results.jsonl of a folder: a line that says how the results came about, then one for each file
// and each (file, attack), synced as they are written: what was done before a kill -9 is done.
// append() is thread-safe.
class ResultsFile {
 public:
  // Makes the folder and the file. `settings` is JSON; only a file that was started with the very
  // same can be resumed: kInvalidArgument for another one. kCannotCreate when there are results and
  // `resume` is false. A last line that was cut short is taken away.
  static Result<std::unique_ptr<ResultsFile>> open(const std::string& folder,
                                                   const std::string& settings, bool resume);
  ~ResultsFile();
  ResultsFile(const ResultsFile&) = delete;
  ResultsFile& operator=(const ResultsFile&) = delete;

  const KnownResults& known() const { return known_; }

  Status append(const FileRecord& record);
  Status append(const std::string& path, const std::string& attack, const Score& score);

 private:
  explicit ResultsFile(std::string path) : path_(std::move(path)) {}
  Status load(const std::string& settings, bool resume);
  Status append_line(std::string line);

  const std::string path_;
  int fd_ = -1;
  std::mutex mutex_;
  KnownResults known_;
};

}  // namespace vseal::workbench

#include "workbench/eval/eval_inputs.h"

#include <algorithm>
#include <filesystem>

#include "base/log.h"

namespace vseal::workbench {
namespace {

namespace fs = std::filesystem;

Result<std::vector<std::string>> files_below(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code unreadable;
    if (at->is_regular_file(unreadable)) paths.push_back(at->path().string());
  }
  if (error) return not_found(folder + ": " + error.message());
  std::ranges::sort(paths);
  return paths;
}

void add_once(std::vector<EvalSource>& sources, EvalSource source) {
  const bool known =
      std::ranges::any_of(sources, [&](const EvalSource& s) { return s.path == source.path; });
  if (!known) sources.push_back(std::move(source));
}

Status add_folder(const std::string& folder, std::vector<EvalSource>& sources) {
  VSEAL_ASSIGN_OR_RETURN(const std::vector<std::string> paths, files_below(folder));
  for (const std::string& path : paths) {
    const auto kind = pipeline::sniff(path);
    if (kind.ok()) {
      add_once(sources, {path, *kind});
    } else {
      log(LogLevel::kDebug, "[eval] left out: " + kind.status().message());
    }
  }
  return {};
}

}  // namespace

std::string EvalSource::name() const { return fs::path(path).filename().string(); }

Result<std::vector<EvalSource>> collect_sources(std::span<const std::string> inputs) {
  std::vector<EvalSource> sources;
  for (const std::string& input : inputs) {
    std::error_code error;
    if (fs::is_directory(input, error)) {
      VSEAL_RETURN_IF_ERROR(add_folder(input, sources));
      continue;
    }
    if (input == "-") return invalid_argument("[eval] expected files, got standard input");
    VSEAL_ASSIGN_OR_RETURN(const pipeline::SourceKind kind, pipeline::sniff(input));
    add_once(sources, {input, kind});
  }
  if (!sources.empty()) return sources;
  return invalid_argument("[eval] expected pictures or clips, got none");
}

}  // namespace vseal::workbench

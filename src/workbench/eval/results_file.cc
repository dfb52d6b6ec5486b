#include "workbench/eval/results_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/atomic_file.h"
#include "workbench/json_text.h"

namespace vseal::workbench {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kName = "results.jsonl";

Json header_of(const std::string& settings) {
  return {{"vseal_eval", 1}, {"settings", Json::parse(settings, nullptr, false)}};
}

// A field of the type that `fallback` has, or `fallback`.
template <typename T>
T field(const Json& line, const char* name, T fallback) {
  const auto at = line.find(name);
  if (at == line.end()) return fallback;
  const bool fits = std::is_same_v<T, std::string> ? at->is_string()
                    : std::is_same_v<T, bool>      ? at->is_boolean()
                                                   : at->is_number();
  return fits ? at->get<T>() : fallback;
}

FileRecord file_record(const Json& line) {
  FileRecord record;
  record.path = field(line, "file", std::string());
  record.kind =
      field(line, "kind", std::string()) == pipeline::kind_name(pipeline::SourceKind::kVideo)
          ? pipeline::SourceKind::kVideo
          : pipeline::SourceKind::kPicture;
  record.sha256 = field(line, "sha256", std::string());
  record.id = field(line, "id", std::string());
  record.marked = {field(line, "width", 0), field(line, "height", 0),
                   field(line, "frames", int64_t{0}), field(line, "psnr_db", 0.0),
                   field(line, "ssim", 0.0)};
  return record;
}

void add_line(const Json& line, KnownResults& known) {
  const std::string path = field(line, "file", std::string());
  const std::string attack = field(line, "attack", std::string());
  if (attack.empty()) {
    known.files[path] = file_record(line);
    return;
  }
  known.scores[path][attack] = {field(line, "bits", 0), field(line, "bits_right", 0),
                                field(line, "id_found", false), field(line, "p_value", 1.0),
                                field(line, "frames", 0)};
}

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

ResultsFile::~ResultsFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::unique_ptr<ResultsFile>> ResultsFile::open(const std::string& folder,
                                                       const std::string& settings, bool resume) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return cannot_create(folder + ": " + error.message());
  std::unique_ptr<ResultsFile> file(new ResultsFile(folder + "/" + kName));
  file->fd_ = ::open(file->path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file->fd_ < 0) return cannot_create(file->path_ + ": " + std::strerror(errno));
  VSEAL_RETURN_IF_ERROR(file->load(settings, resume));
  return file;
}

Status ResultsFile::load(const std::string& settings, bool resume) {
  std::string text = contents(path_);
  const size_t end = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  const Json header = header_of(settings);
  if (end == 0) {
    if (::ftruncate(fd_, 0) != 0) return io_error(path_ + ": " + std::strerror(errno));
    return append_line(json_text(header));
  }
  if (!resume) {
    return cannot_create(path_ + ": there are results already; --resume goes on with them");
  }
  text.resize(end);
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) {
      return corrupt_input(path_ + ": line " + std::to_string(number) + " is no JSON object");
    }
    if (number > 1) {
      add_line(json, known_);
    } else if (json != header) {
      return invalid_argument(path_ + ": expected results of the same model and settings, got " +
                              json_text(json) + "; asked for are " + json_text(header));
    }
  }
  if (::ftruncate(fd_, static_cast<off_t>(end)) == 0) return {};
  return io_error(path_ + ": " + std::strerror(errno));
}

Status ResultsFile::append_line(std::string line) {
  line += '\n';
  const std::lock_guard lock(mutex_);
  VSEAL_RETURN_IF_ERROR(write_all(fd_, std::as_bytes(std::span(line))).with_context(path_));
  if (::fdatasync(fd_) == 0) return {};
  return io_error(path_ + ": " + std::strerror(errno));
}

Status ResultsFile::append(const FileRecord& record) {
  return append_line(json_text({{"file", record.path},
                                {"kind", pipeline::kind_name(record.kind)},
                                {"sha256", record.sha256},
                                {"id", record.id},
                                {"width", record.marked.width},
                                {"height", record.marked.height},
                                {"frames", record.marked.frames},
                                {"psnr_db", record.marked.psnr_db},
                                {"ssim", record.marked.ssim}}));
}

Status ResultsFile::append(const std::string& path, const std::string& attack, const Score& score) {
  return append_line(json_text({{"file", path},
                                {"attack", attack},
                                {"bits", score.bits},
                                {"bits_right", score.bits_right},
                                {"id_found", score.id_found},
                                {"p_value", score.p_value},
                                {"frames", score.frames}}));
}

}  // namespace vseal::workbench

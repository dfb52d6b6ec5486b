#include "pipeline/mark.h"

#include <sys/stat.h>

#include <chrono>

#include "payload/payload.h"

namespace vseal::pipeline {
namespace {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Status mark_to(const Tools& tools, const std::string& input, const std::string& path,
               const std::string& name, const MarkSettings& settings, MarkReport& report,
               const ProgressCallback& progress) {
  const Stopwatch watch;
  Status status = report.kind == SourceKind::kPicture
                      ? mark_picture(tools, input, path, name, settings, report)
                      : mark_video(tools, input, path, name, settings, report, progress);
  report.mark_s = watch.seconds();
  return status;
}

Status verify(const Tools& tools, const std::string& path, const std::string& name,
              const MarkSettings& settings, MarkReport& report) {
  const Stopwatch watch;
  ReadSettings reading;
  reading.expected = settings.id;
  VSEAL_ASSIGN_OR_RETURN(ReadReport found, read_file(tools, path, reading, {}));
  report.verify_s = watch.seconds();
  const bool same = found.expected_found;
  report.verified = std::move(found);
  if (same) return {};
  return Status(Code::kVerifyFailed,
                name +
                    ": the ID does not come back from the written file; nothing was written. "
                    "Try a higher quality (--quality, --crf), more --strength, or a shorter ID");
}

// Reading the input while replacing it is fine for a new inode, but only under a new name does a
// failure leave both; the caller must have asked for it.
bool same_file(const std::string& a, const std::string& b) {
  struct stat left {
  }, right{};
  return ::stat(a.c_str(), &left) == 0 && ::stat(b.c_str(), &right) == 0 &&
         left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

}  // namespace

Result<MarkReport> mark_file(const Tools& tools, const std::string& input,
                             const std::string& output, const MarkSettings& settings,
                             const ProgressCallback& progress) {
  MarkReport report;
  VSEAL_ASSIGN_OR_RETURN(report.kind, sniff(input));
  if (output == "-") {
    if (report.kind == SourceKind::kPicture) {
      return invalid_argument("standard output takes a video stream; name a file for a picture");
    }
    VSEAL_RETURN_IF_ERROR(mark_to(tools, input, "-", "-", settings, report, progress));
    return report;
  }
  if (same_file(input, output)) {
    return invalid_argument(output + ": input and output are the same file");
  }
  VSEAL_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::create(output, settings.if_exists));
  const std::string path = file.writable_path();
  VSEAL_RETURN_IF_ERROR(mark_to(tools, input, path, output, settings, report, progress));
  if (settings.verify) VSEAL_RETURN_IF_ERROR(verify(tools, path, output, settings, report));
  VSEAL_RETURN_IF_ERROR(file.commit());
  return report;
}

}  // namespace vseal::pipeline

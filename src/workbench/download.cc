#include "workbench/download.h"

#include <curl/curl.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/delay_load.h"

namespace vseal::delayed {
extern const DelayedLibrary curl;
}  // namespace vseal::delayed

namespace vseal::workbench {
namespace {

constexpr long kConnectSeconds = 30;
constexpr long kStalledSeconds = 60;  // without a byte
constexpr long kMaxRedirects = 5;
constexpr curl_off_t kMaxBytes = curl_off_t{64} << 30;
constexpr size_t kMaxTagBytes = 1000;

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
using Curl = std::unique_ptr<CURL, void (*)(CURL*)>;
using HeaderList = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;

int64_t size_of(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(size);
}

std::string read_text(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str().substr(0, kMaxTagBytes);
}

// One transfer, with what its callbacks need.
class Transfer {
 public:
  Transfer(const std::string& address, const std::string& path, const DownloadProgress& progress)
      : address_(address), path_(path), progress_(progress) {}

  Result<DownloadReport> run() {
    const std::string tag = read_text(tag_path());
    first_ = tag.empty() ? 0 : size_of(path_);
    Result<DownloadReport> report = attempt(tag);
    if (!restart_) return without_empty_file(std::move(report));
    // The server has another version, or does not resume.
    first_ = 0;
    restart_ = false;
    return without_empty_file(attempt(""));
  }

 private:
  // A failure that gave not one byte leaves nothing behind.
  Result<DownloadReport> without_empty_file(Result<DownloadReport> report) const {
    std::error_code ignored;
    if (!report.ok() && size_of(path_) == 0) {
      std::filesystem::remove(path_, ignored);
      std::filesystem::remove(tag_path(), ignored);
    }
    return report;
  }

  std::string tag_path() const { return path_ + ".etag"; }

  Result<DownloadReport> attempt(const std::string& tag) {
    File file(std::fopen(path_.c_str(), first_ > 0 ? "ab" : "wb"), std::fclose);
    if (file == nullptr) return cannot_create(path_ + ": " + std::strerror(errno));
    const Curl curl(curl_easy_init(), curl_easy_cleanup);
    if (curl == nullptr) return Status(Code::kUnavailable, "[download] libcurl does not start");
    HeaderList headers(nullptr, curl_slist_free_all);
    if (first_ > 0) {
      headers.reset(curl_slist_append(nullptr, ("If-Range: " + tag).c_str()));
      curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
      curl_easy_setopt(curl.get(), CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(first_));
    } else {
      std::error_code ignored;
      std::filesystem::remove(tag_path(), ignored);
    }
    file_ = file.get();
    curl_ = curl.get();
    set_options();
    const CURLcode code = curl_easy_perform(curl_);
    long answer = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &answer);
    const bool closed = std::fclose(file.release()) == 0;
    if (code == CURLE_OK && closed) return DownloadReport{size_of(path_), first_};
    return failure(code, answer);
  }

  void set_options() {
    curl_easy_setopt(curl_, CURLOPT_URL, address_.c_str());
    curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "https,http");
    curl_easy_setopt(curl_, CURLOPT_REDIR_PROTOCOLS_STR, "https,http");
    curl_easy_setopt(curl_, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl_, CURLOPT_MAXREDIRS, kMaxRedirects);
    curl_easy_setopt(curl_, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
    curl_easy_setopt(curl_, CURLOPT_MAXFILESIZE_LARGE, kMaxBytes);
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_, CURLOPT_USERAGENT, "vseal");
    curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, error_.data());
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &Transfer::on_data);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    curl_easy_setopt(curl_, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(curl_, CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
    curl_easy_setopt(curl_, CURLOPT_XFERINFODATA, this);
    curl_easy_setopt(curl_, CURLOPT_NOPROGRESS, 0L);
  }

  // What a failed transfer means to the caller.
  Status failure(CURLcode code, long answer) {
    constexpr long kNotFoundAnswer = 404, kGone = 410, kRangeRefused = 416;
    const std::string reason = error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
    const std::string text = address_ + ": " + reason;
    if (cancelled_) return Status(Code::kCancelled, address_ + ": cancelled");
    const bool range_refused = code == CURLE_RANGE_ERROR || answer == kRangeRefused;
    restart_ = first_ > 0 && range_refused;
    if (write_error_ != 0) return io_error(path_ + ": " + std::strerror(write_error_));
    if (answer == kNotFoundAnswer || answer == kGone) return not_found(text);
    const bool broke_off = code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR ||
                           code == CURLE_OPERATION_TIMEDOUT || code == CURLE_GOT_NOTHING;
    return Status(broke_off ? Code::kTryAgain : Code::kUnavailable, text);
  }

  static size_t on_data(const char* data, size_t size, size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const size_t written = std::fwrite(data, size, count, transfer.file_);
    if (written < count) transfer.write_error_ = errno;
    return written * size;
  }

  // Keeps the version of what is being downloaded.
  static size_t on_header(const char* data, size_t size, size_t count, void* self) {
    constexpr std::string_view kName = "etag:";
    auto& transfer = *static_cast<Transfer*>(self);
    const std::string_view line(data, size * count);
    if (line.size() > kName.size() && strncasecmp(line.data(), kName.data(), kName.size()) == 0) {
      std::string_view tag = line.substr(kName.size());
      while (!tag.empty() && tag.front() == ' ') tag.remove_prefix(1);
      while (!tag.empty() && (tag.back() == '\r' || tag.back() == '\n')) tag.remove_suffix(1);
      // A weak one does not promise the same bytes.
      if (!tag.starts_with("W/")) std::ofstream(transfer.tag_path()) << tag;
    }
    return size * count;
  }

  static int on_progress(void* self, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (!transfer.progress_) return 0;
    const int64_t all = total > 0 ? transfer.first_ + total : 0;
    transfer.cancelled_ = !transfer.progress_(transfer.first_ + done, all);
    return transfer.cancelled_ ? 1 : 0;
  }

  const std::string& address_;
  const std::string& path_;
  const DownloadProgress& progress_;
  CURL* curl_ = nullptr;
  std::FILE* file_ = nullptr;
  int64_t first_ = 0;  // bytes that are there already
  bool restart_ = false;
  bool cancelled_ = false;
  int write_error_ = 0;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace

Result<DownloadReport> download(const std::string& address, const std::string& path,
                                const DownloadProgress& progress) {
  VSEAL_RETURN_IF_ERROR(load_delayed(delayed::curl));
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) {
    return Status(Code::kUnavailable, "[download] libcurl does not start");
  }
  return Transfer(address, path, progress).run();
}

}  // namespace vseal::workbench

#include "media/av_handles.h"

#include <cstdarg>
#include <cstdio>
#include <mutex>

#include "base/delay_load.h"
#include "base/log.h"

namespace vseal::delayed {
extern const DelayedLibrary avutil, avcodec, avformat, avfilter;
}  // namespace vseal::delayed

namespace vseal::media {
namespace {

thread_local std::string last_message;

void to_log(void* object, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_WARNING) return;
  char line[512];
  int prefix = 1;
  av_log_format_line2(object, level, format, arguments, line, sizeof(line), &prefix);
  std::string text = line;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  // The part behind "[libx264 @ 0x55...] ".
  if (level <= AV_LOG_ERROR) last_message = text.substr(text.find("] ") + 1);
  log(LogLevel::kDebug, "libav: " + text);
}

}  // namespace

std::string av_text(int error) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(error, text, sizeof(text));
  return text;
}

std::string last_av_message() {
  const size_t start = last_message.find_first_not_of(' ');
  return start == std::string::npos ? "" : last_message.substr(start);
}

void clear_av_message() { last_message.clear(); }

Status start_av() {
  VSEAL_RETURN_IF_ERROR(load_delayed(delayed::avutil));
  VSEAL_RETURN_IF_ERROR(load_delayed(delayed::avcodec));
  VSEAL_RETURN_IF_ERROR(load_delayed(delayed::avformat));
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback(to_log); });
  return {};
}

Status start_filters() {
  VSEAL_RETURN_IF_ERROR(start_av());
  return load_delayed(delayed::avfilter);
}

}  // namespace vseal::media

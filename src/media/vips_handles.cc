#include "media/vips_handles.h"

#include <gmodule.h>

#include <algorithm>
#include <mutex>

#include "base/delay_load.h"
#include "base/log.h"

namespace vseal::delayed {
extern const DelayedLibrary glib, gobject, gmodule, vips;
}  // namespace vseal::delayed

namespace vseal::media {
namespace {

void to_log(const gchar*, GLogLevelFlags, const gchar* message, gpointer) {
  log(LogLevel::kDebug, std::string("libvips: ") + message);
}

}  // namespace

Status start_vips() {
  for (const DelayedLibrary* library :
       {&delayed::glib, &delayed::gobject, &delayed::gmodule, &delayed::vips}) {
    VSEAL_RETURN_IF_ERROR(load_delayed(*library));
  }
  static std::once_flag once;
  static bool started = false;
  std::call_once(once, [] {
    started = vips_init("vseal") == 0;
    vips_cache_set_max(0);
    constexpr int kAll = G_LOG_LEVEL_MASK | G_LOG_FLAG_FATAL | G_LOG_FLAG_RECURSION;
    g_log_set_handler("VIPS", static_cast<GLogLevelFlags>(kAll), to_log, nullptr);
  });
  if (started) return {};
  return Status(Code::kUnavailable, "libvips does not start: " + take_vips_error());
}

Status start_vips_for(PictureFormat format) {
  VSEAL_RETURN_IF_ERROR(start_vips());
  if (format != PictureFormat::kAvif && format != PictureFormat::kHeif) return {};
  static std::once_flag once;
  static std::string problem;
  std::call_once(once, [] {
    // There already where vips_init() has loaded every part (the command tells it not to).
    if (vips_type_find("VipsOperation", "heifload") != 0) return;
    const std::string path = std::string(VSEAL_VIPS_LIBDIR "/vips-modules-") +
                             std::to_string(vips_version(0)) + "." +
                             std::to_string(vips_version(1)) + "/vips-heif.so";
    GModule* part = g_module_open(path.c_str(), G_MODULE_BIND_LAZY);
    if (part == nullptr) {
      problem = g_module_error();
    } else {
      g_module_make_resident(part);
    }
  });
  if (problem.empty()) return {};
  return Status(Code::kUnavailable, "libvips has no HEIF: " + problem);
}

std::string take_vips_error() {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  std::string text = vips_error_buffer();
  vips_error_clear();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::ranges::replace(text, '\n', ';');
  return text.empty() ? "unknown error" : text;
}

}  // namespace vseal::media

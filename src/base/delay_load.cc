#include "base/delay_load.h"

#include <dlfcn.h>

#include <mutex>
#include <string>

namespace vseal {
namespace {

Status unavailable(const DelayedLibrary& library) {
  const char* reason = ::dlerror();
  return Status(Code::kUnavailable, std::string(library.name) + ": cannot be loaded: " +
                                        (reason != nullptr ? reason : "unknown error"));
}

}  // namespace

Status load_delayed(const DelayedLibrary& library) {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  // The last one is filled when all are.
  if (library.count == 0 || library.slots[library.count - 1] != nullptr) return {};
  void* handle = ::dlopen(library.name, RTLD_LAZY | RTLD_LOCAL);
  if (handle == nullptr) return unavailable(library);
  for (size_t i = 0; i < library.count; ++i) {
    library.slots[i] = ::dlsym(handle, library.symbols[i]);
    if (library.slots[i] != nullptr) continue;
    Status status = unavailable(library);
    library.slots[library.count - 1] = nullptr;
    return status;
  }
  return {};
}

}  // namespace vseal

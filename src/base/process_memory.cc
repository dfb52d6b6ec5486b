#include "base/process_memory.h"

#include <fstream>

namespace vseal {

int64_t process_memory_bytes(const std::string& key, const std::string& process) {
  std::ifstream status("/proc/" + process + "/status");
  for (std::string word; status >> word;) {
    int64_t kibibytes = 0;
    if (word == key + ":" && status >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

}  // namespace vseal

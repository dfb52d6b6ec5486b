#include "footprint.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/process_memory.h"

namespace vseal::bench {
namespace {

// Resident kilobytes of shared libraries and of everything else, and the most of both so far.
struct Pages {
  double libraries = 0;
  double others = 0;
  double peak = 0;
};

// Between fork and exec a child has its parent's memory, and its maximum is counted as the child's.
bool runs(pid_t process, const std::string& command) {
  std::error_code ignored;
  const auto link =
      std::filesystem::read_symlink("/proc/" + std::to_string(process) + "/exe", ignored);
  return link == std::filesystem::canonical(command, ignored);
}

Pages pages_of(pid_t process) {
  std::ifstream maps("/proc/" + std::to_string(process) + "/smaps");
  Pages pages;
  pages.peak = static_cast<double>(process_memory_bytes("VmHWM", std::to_string(process))) / 1024;
  bool library = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.starts_with("Rss:")) {
      (library ? pages.libraries : pages.others) += std::stod(line.substr(4));
    } else if (line.find('-') < line.find(' ') && line.find(':') > line.find(' ')) {
      library = line.find(".so") != std::string::npos;  // "7f00-7f01 r-xp 0 00:00 0 path"
    }
  }
  return pages;
}

[[noreturn]] void become(const std::vector<std::string>& command) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const int nowhere = ::open("/dev/null", O_WRONLY);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  ::execv(words[0], words.data());
  ::_exit(127);
}

}  // namespace

Result<Footprint> watch(const std::vector<std::string>& command) {
  const pid_t child = ::fork();
  if (child < 0) return internal_error(std::string("fork: ") + std::strerror(errno));
  if (child == 0) become(command);
  Footprint most;
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    const Pages now = runs(child, command[0]) ? pages_of(child) : Pages();
    most.all_mb = std::max(most.all_mb, now.peak / 1024);
    if (now.others / 1024 > most.own_mb) {
      most.own_mb = now.others / 1024;
      most.libraries_mb = now.libraries / 1024;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  most.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (most.exit_code == 127) return not_found(command[0] + ": does not run");
  return most;
}

}  // namespace vseal::bench

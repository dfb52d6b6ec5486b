// What the system says of a process's memory.
#pragma once

#include <cstdint>
#include <string>

namespace vseal {

// A line of /proc/PROCESS/status that counts kilobytes ("VmHWM", the most that was resident;
// "RssAnon"), in bytes; 0 where the system does not say. `process` is a number, or "self". Not
// getrusage: its figure outlives exec, so it may be the parent's. Thread-safe.
int64_t process_memory_bytes(const std::string& key, const std::string& process = "self");

}  // namespace vseal

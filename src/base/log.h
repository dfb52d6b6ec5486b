// Where the library says what is no error: one callback, silent by default.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace vseal {

enum class LogLevel { kDebug, kInfo, kWarning };

// Receives every message. Called from any thread, one call at a time.
using LogSink = std::function<void(LogLevel level, std::string_view message)>;

// Replaces the sink of the process; an empty one silences it. Thread-safe.
void set_log_sink(LogSink sink);

// Sends a message to the sink, if there is one. Thread-safe.
void log(LogLevel level, std::string_view message);

}  // namespace vseal

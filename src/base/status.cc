#include "base/status.h"

namespace vseal {

const char* code_name(Code code) {
  switch (code) {
    case Code::kOk:
      return "ok";
    case Code::kInvalidArgument:
      return "invalid_argument";
    case Code::kCorruptInput:
      return "corrupt_input";
    case Code::kUnsupported:
      return "unsupported";
    case Code::kNotFound:
      return "not_found";
    case Code::kCannotCreate:
      return "cannot_create";
    case Code::kIo:
      return "io";
    case Code::kOutOfMemory:
      return "out_of_memory";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kTryAgain:
      return "try_again";
    case Code::kCancelled:
      return "cancelled";
    case Code::kVerifyFailed:
      return "verify_failed";
    case Code::kInternal:
      return "internal";
  }
  return "unknown";
}

Status Status::with_context(const std::string& context) const {
  return ok() ? Status() : Status(code_, context + ": " + message_);
}

Status invalid_argument(std::string message) {
  return {Code::kInvalidArgument, std::move(message)};
}
Status corrupt_input(std::string message) { return {Code::kCorruptInput, std::move(message)}; }
Status unsupported(std::string message) { return {Code::kUnsupported, std::move(message)}; }
Status not_found(std::string message) { return {Code::kNotFound, std::move(message)}; }
Status cannot_create(std::string message) { return {Code::kCannotCreate, std::move(message)}; }
Status io_error(std::string message) { return {Code::kIo, std::move(message)}; }
Status internal_error(std::string message) { return {Code::kInternal, std::move(message)}; }

}  // namespace vseal

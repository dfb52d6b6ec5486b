// Errors as values: a code that says what the caller can do, and a text that says what happened.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace vseal {

// What went wrong, by what the caller can do about it. The command maps each to an exit code.
enum class Code {
  kOk = 0,
  kInvalidArgument,  // the caller asked for something that cannot be: fix the call
  kCorruptInput,     // bytes from outside are not what they claim: another file
  kUnsupported,      // well-formed, but not something vseal handles
  kNotFound,         // no such file, or it cannot be opened for reading
  kCannotCreate,     // the output cannot be made here: exists, directory missing, no permission
  kIo,               // reading or writing failed half-way: disk full, broken pipe
  kOutOfMemory,
  kUnavailable,   // a library, encoder or device that this needs is not here
  kTryAgain,      // the same call may succeed later
  kCancelled,     // the caller's own callback asked to stop
  kVerifyFailed,  // the written file does not give its ID back
  kInternal,      // a bug of ours
};

// Name of a code in lower snake case, for example "corrupt_input".
const char* code_name(Code code);

// Success, or a code with a text "[where] what: expected ..., got ...". Cheap to move.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same error with "context: " before its text; success stays success.
  Status with_context(const std::string& context) const;

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

// A value, or the Status that says why there is none. Reading the value of an error is a bug of
// the caller and undefined.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}         // NOLINT: implicit by design
  Result(Status status) : state_(std::move(status)) {}  // NOLINT: implicit by design

  bool ok() const { return std::holds_alternative<T>(state_); }
  Status status() const { return ok() ? Status() : std::get<Status>(state_); }

  T& value() & { return *std::get_if<T>(&state_); }
  const T& value() const& { return *std::get_if<T>(&state_); }
  T&& value() && { return std::move(*std::get_if<T>(&state_)); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }

 private:
  std::variant<T, Status> state_;
};

// Shorthands that read well at the return: return invalid_argument("[conv2d] ...").
Status invalid_argument(std::string message);
Status corrupt_input(std::string message);
Status unsupported(std::string message);
Status not_found(std::string message);
Status cannot_create(std::string message);
Status io_error(std::string message);
Status internal_error(std::string message);

}  // namespace vseal

#define VSEAL_CONCAT_INNER(a, b) a##b
#define VSEAL_CONCAT(a, b) VSEAL_CONCAT_INNER(a, b)

// Returns from the calling function when `expression` is an error.
#define VSEAL_RETURN_IF_ERROR(expression)                                                        \
  do {                                                                                           \
    if (::vseal::Status vseal_status_ = (expression); !vseal_status_.ok()) return vseal_status_; \
  } while (false)

// VSEAL_ASSIGN_OR_RETURN(auto x, f()): x becomes the value of f(), or the function returns its
// error.
#define VSEAL_ASSIGN_OR_RETURN(declaration, expression) \
  VSEAL_ASSIGN_OR_RETURN_INNER(VSEAL_CONCAT(vseal_result_, __LINE__), declaration, expression)
#define VSEAL_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                         \
  if (!result.ok()) return result.status();                           \
  declaration = std::move(result).value()

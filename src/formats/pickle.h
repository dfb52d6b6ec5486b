// Python's pickle format as data: a machine that knows the opcodes of a state dict and runs
// nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace vseal::formats {

// Index of a value in its pickle.
using PickleId = int32_t;
inline constexpr PickleId kNoValue = -1;

// A value of a pickle. Classes and functions are names only (kGlobal); what Python would have got
// by calling one, or by making an object of a class, is an inert kRecord. collections.OrderedDict
// is a kDict.
struct PickleValue {
  enum class Kind : uint8_t {
    kNone,
    kBool,
    kInt,
    kBigInt,
    kFloat,
    kText,
    kTuple,
    kList,
    kDict,
    kSet,
    kGlobal,
    kRecord,
    kPersistent,
  };
  Kind kind = Kind::kNone;
  int64_t integer = 0;  // kBool, kInt
  double number = 0;    // kFloat
  std::string_view text =
      {};             // kText; kBigInt: little-endian bytes; kGlobal: "module name". A view.
  size_t offset = 0;  // of the opcode that made it, in the pickle
  // kTuple, kList, kSet: the items. kDict: key, value, key, value, ... kRecord: what was called and
  // its arguments (a kTuple), then the state when one was set. kPersistent: the persistent id.
  std::vector<PickleId> items = {};
};

const char* kind_name(PickleValue::Kind kind);

// A parsed pickle. Immutable; texts are views of the bytes it was read from.
class Pickle {
 public:
  // Reads one pickle from the start of `bytes`. Opcodes are those that PyTorch's own restricted
  // reader takes (torch/_weights_only_unpickler.py); another one, and every use of one that does
  // not make sense, is kCorruptInput "[pickle] byte OFFSET: OPCODE: ...". Memory stays within a
  // small factor of `bytes` and 40 MB.
  static Result<Pickle> parse(std::span<const std::byte> bytes);

  PickleId root() const { return root_; }
  size_t size() const { return values_.size(); }
  const PickleValue& at(PickleId id) const { return values_[static_cast<size_t>(id)]; }
  size_t bytes_read() const { return bytes_read_; }

  // The value of a text key of a kDict; of several, the last. kNoValue when there is none.
  PickleId find(PickleId dict, std::string_view key) const;
  // Whether it is the class or function "module name".
  bool is_global(PickleId id, std::string_view name) const;

 private:
  friend class PickleMachine;
  std::vector<PickleValue> values_;
  PickleId root_ = kNoValue;
  size_t bytes_read_ = 0;
};

}  // namespace vseal::formats

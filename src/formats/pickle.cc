#include "formats/pickle.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <unordered_map>

#include "formats/byte_reader.h"
#include "formats/pickle_opcodes.h"

namespace vseal::formats {

using Kind = PickleValue::Kind;

const char* kind_name(Kind kind) {
  static constexpr const char* kNames[] = {"None",
                                           "a bool",
                                           "an integer",
                                           "an integer",
                                           "a float",
                                           "a string",
                                           "a tuple",
                                           "a list",
                                           "a dict",
                                           "a set",
                                           "a class or function",
                                           "an object",
                                           "a persistent id"};
  return kNames[static_cast<size_t>(kind)];
}

// One run over one pickle. The stack holds ids; marks are places in it.
class PickleMachine {
 public:
  explicit PickleMachine(std::span<const std::byte> bytes) : reader_(bytes) {}

  Result<Pickle> run() {
    while (!stopped_) {
      offset_ = reader_.position();
      code_ = reader_.u8();
      if (reader_.failed()) return fault("expected STOP, got the end of the bytes");
      VSEAL_RETURN_IF_ERROR(step());
      if (reader_.failed()) return fault("expected its argument, got the end of the bytes");
    }
    pickle_.bytes_read_ = reader_.position();
    return std::move(pickle_);
  }

 private:
  static constexpr size_t kMaxValues = 200'000;
  static constexpr size_t kMaxMemo = 200'000;
  static constexpr size_t kMaxStack = 200'000;
  static constexpr size_t kMaxMarks = 1'000;  // nesting of what is under construction
  static constexpr size_t kMaxGlobalBytes = 1'000;
  static constexpr size_t kMaxLongBytes = 64;

  using Handler = Status (PickleMachine::*)();

  // The handlers of the opcodes that are taken, by byte.
  static std::array<Handler, 256> handlers();

  Status step() {
    static const std::array<Handler, 256> kHandlers = handlers();
    const Handler handler = kHandlers[code_];
    return handler == nullptr ? fault("expected an opcode of a state dict") : (this->*handler)();
  }

  Status fault(const std::string& what) const {
    return corrupt_input(
        fmt::format("[pickle] byte {}: {}: {}", offset_, opcode_name(code_), what));
  }

  // Values that the current frame, that since the last mark, may take.
  size_t available() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  Status push_id(PickleId id) {
    if (stack_.size() >= kMaxStack) return fault("expected a stack of a sound height");
    stack_.push_back(id);
    return {};
  }

  Status push(PickleValue value) {
    if (pickle_.values_.size() >= kMaxValues) {
      return fault(fmt::format("expected at most {} values", kMaxValues));
    }
    value.offset = offset_;
    pickle_.values_.push_back(std::move(value));
    return push_id(static_cast<PickleId>(pickle_.values_.size() - 1));
  }

  PickleId pop() {
    const PickleId id = stack_.back();
    stack_.pop_back();
    return id;
  }

  PickleValue& value(PickleId id) { return pickle_.values_[static_cast<size_t>(id)]; }

  Status need(size_t count) const {
    if (available() >= count) return {};
    return fault(fmt::format("expected {} values on the stack, got {}", count, available()));
  }

  Status read_protocol() {
    const uint8_t version = reader_.u8();
    if (version == 2) return {};
    return fault(fmt::format("expected protocol 2, got {}", version));
  }

  Status stop() {
    VSEAL_RETURN_IF_ERROR(need(1));
    if (stack_.size() != 1 || !marks_.empty()) return fault("expected one value on the stack");
    pickle_.root_ = pop();
    stopped_ = true;
    return {};
  }

  Status mark() {
    if (marks_.size() >= kMaxMarks) {
      return fault(fmt::format("expected at most {} nested marks", kMaxMarks));
    }
    marks_.push_back(stack_.size());
    return {};
  }

  Status read_long() {
    const uint8_t count = reader_.u8();
    const std::string_view bytes = reader_.text(count);
    if (count > kMaxLongBytes) {
      return fault(fmt::format("expected at most {} bytes, got {}", kMaxLongBytes, count));
    }
    if (count > 8) return push({.kind = Kind::kBigInt, .text = bytes});
    uint64_t bits = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
      bits |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
    }
    const bool negative = !bytes.empty() && (bytes.back() & 0x80) != 0;
    if (negative && bytes.size() < 8) bits |= ~uint64_t{0} << (8 * bytes.size());
    return push({.kind = Kind::kInt, .integer = static_cast<int64_t>(bits)});
  }

  Status read_float() {
    uint64_t bits = 0;  // the one big-endian number of the format
    for (int i = 0; i < 8; ++i) bits = bits << 8 | reader_.u8();
    return push({.kind = Kind::kFloat, .number = std::bit_cast<double>(bits)});
  }

  Status read_bin_int() { return push({.kind = Kind::kInt, .integer = reader_.number<int32_t>()}); }
  Status read_bin_int1() { return push({.kind = Kind::kInt, .integer = reader_.u8()}); }
  Status read_bin_int2() { return push({.kind = Kind::kInt, .integer = reader_.u16()}); }
  Status read_unicode() {
    const uint32_t bytes = reader_.u32();
    return push({.kind = Kind::kText, .text = reader_.text(bytes)});
  }
  Status read_short_string() {
    const uint8_t bytes = reader_.u8();
    return push({.kind = Kind::kText, .text = reader_.text(bytes)});
  }
  template <Kind kKind, int64_t kInteger = 0>
  Status push_new() {
    return push({.kind = kKind, .integer = kInteger});
  }

  template <size_t kCount>
  Status tuple_of_last() {
    return tuple_of(kCount);
  }

  Status tuple_of(size_t count) {
    VSEAL_RETURN_IF_ERROR(need(count));
    PickleValue tuple{.kind = Kind::kTuple};
    tuple.items.assign(stack_.end() - static_cast<ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return push(std::move(tuple));
  }

  Status expect_mark() const {
    return marks_.empty() ? fault("expected a mark before it") : Status();
  }

  Status tuple_since_mark() {
    VSEAL_RETURN_IF_ERROR(expect_mark());
    const size_t count = available();
    marks_.pop_back();
    return tuple_of(count);
  }

  Status append() { return extend(Kind::kList, 1); }
  Status set_item() { return extend(Kind::kDict, 2); }
  template <Kind kKind>
  Status extend_since_mark() {
    VSEAL_RETURN_IF_ERROR(expect_mark());
    const size_t count = available();
    marks_.pop_back();
    return extend(kKind, count);
  }

  // Moves the top `count` values into the list or dict below them.
  Status extend(Kind kind, size_t count) {
    VSEAL_RETURN_IF_ERROR(need(count + 1));
    PickleValue& target = value(stack_[stack_.size() - count - 1]);
    if (target.kind != kind) {
      return fault(fmt::format("expected {} below the items, got {}", kind_name(kind),
                               kind_name(target.kind)));
    }
    if (kind == Kind::kDict && count % 2 != 0)
      return fault("expected keys and values, got an odd number");
    target.items.insert(target.items.end(), stack_.end() - static_cast<ptrdiff_t>(count),
                        stack_.end());
    stack_.resize(stack_.size() - count);
    return {};
  }

  // "module\nname\n", kept as the one view "module\nname".
  Status read_global() {
    const size_t start = reader_.position();
    int lines = 0;
    while (lines < 2) {
      if (reader_.u8() == '\n') ++lines;
      if (reader_.failed() || reader_.position() - start > kMaxGlobalBytes) {
        return fault("expected a module and a name, each on a line");
      }
    }
    const size_t length = reader_.position() - start - 1;
    reader_.rewind(start);
    const std::string_view text = reader_.text(length);
    reader_.take(1);
    return push({.kind = Kind::kGlobal, .text = text});
  }

  Status make_record() {
    VSEAL_RETURN_IF_ERROR(need(2));
    const PickleId arguments = pop(), callee = pop();
    if (value(arguments).kind != Kind::kTuple) {
      return fault(std::string("expected a tuple of arguments, got ") +
                   kind_name(value(arguments).kind));
    }
    if (value(callee).kind != Kind::kGlobal) {
      return fault(std::string("expected a class or function to call, got ") +
                   kind_name(value(callee).kind));
    }
    const bool ordered = pickle_.is_global(callee, "collections OrderedDict");
    if (ordered && value(arguments).items.empty()) return push({.kind = Kind::kDict});
    PickleValue record{.kind = Kind::kRecord};
    record.items = {callee, arguments};
    return push(std::move(record));
  }

  // An OrderedDict's state is its attributes (`_metadata`), which say nothing of the tensors.
  Status build() {
    VSEAL_RETURN_IF_ERROR(need(2));
    const PickleId state = pop();
    PickleValue& target = value(stack_.back());
    if (target.kind == Kind::kDict) return {};
    if (target.kind != Kind::kRecord) {
      return fault(std::string("expected an object, got ") + kind_name(target.kind));
    }
    if (target.items.size() > 2) return fault("expected an object without state");
    target.items.push_back(state);
    return {};
  }

  Status make_persistent() {
    VSEAL_RETURN_IF_ERROR(need(1));
    PickleValue persistent{.kind = Kind::kPersistent};
    persistent.items = {pop()};
    return push(std::move(persistent));
  }

  Status put(uint32_t place) {
    VSEAL_RETURN_IF_ERROR(need(1));
    if (place >= kMaxMemo) return fault(fmt::format("expected a place below {}", kMaxMemo));
    memo_[place] = stack_.back();
    return {};
  }

  Status get(uint32_t place) {
    const auto found = memo_.find(place);
    if (found == memo_.end()) return fault(fmt::format("expected a value at place {}", place));
    return push_id(found->second);
  }

  Status bin_put() { return put(reader_.u8()); }
  Status long_bin_put() { return put(reader_.u32()); }
  Status bin_get() { return get(reader_.u8()); }
  Status long_bin_get() { return get(reader_.u32()); }

  ByteReader reader_;
  Pickle pickle_;
  std::vector<PickleId> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint32_t, PickleId> memo_;
  size_t offset_ = 0;
  uint8_t code_ = 0;
  bool stopped_ = false;
};

std::array<PickleMachine::Handler, 256> PickleMachine::handlers() {
  using M = PickleMachine;
  std::array<Handler, 256> table{};
  const auto take = [&](uint8_t opcode, Handler handler) { table[opcode] = handler; };
  take(opcode::kProto, &M::read_protocol);
  take(opcode::kStop, &M::stop);
  take(opcode::kMark, &M::mark);
  take(opcode::kGlobal, &M::read_global);
  take(opcode::kReduce, &M::make_record);
  take(opcode::kNewObj, &M::make_record);
  take(opcode::kBuild, &M::build);
  take(opcode::kBinPersId, &M::make_persistent);
  take(opcode::kTuple, &M::tuple_since_mark);
  take(opcode::kTuple1, &M::tuple_of_last<1>);
  take(opcode::kTuple2, &M::tuple_of_last<2>);
  take(opcode::kTuple3, &M::tuple_of_last<3>);
  take(opcode::kEmptyTuple, &M::push_new<Kind::kTuple>);
  take(opcode::kEmptyList, &M::push_new<Kind::kList>);
  take(opcode::kEmptyDict, &M::push_new<Kind::kDict>);
  take(opcode::kEmptySet, &M::push_new<Kind::kSet>);
  take(opcode::kAppend, &M::append);
  take(opcode::kAppends, &M::extend_since_mark<Kind::kList>);
  take(opcode::kSetItem, &M::set_item);
  take(opcode::kSetItems, &M::extend_since_mark<Kind::kDict>);
  take(opcode::kNone, &M::push_new<Kind::kNone>);
  take(opcode::kNewTrue, &M::push_new<Kind::kBool, 1>);
  take(opcode::kNewFalse, &M::push_new<Kind::kBool>);
  take(opcode::kBinInt, &M::read_bin_int);
  take(opcode::kBinInt1, &M::read_bin_int1);
  take(opcode::kBinInt2, &M::read_bin_int2);
  take(opcode::kLong1, &M::read_long);
  take(opcode::kBinFloat, &M::read_float);
  take(opcode::kBinUnicode, &M::read_unicode);
  take(opcode::kShortBinString, &M::read_short_string);
  take(opcode::kBinPut, &M::bin_put);
  take(opcode::kLongBinPut, &M::long_bin_put);
  take(opcode::kBinGet, &M::bin_get);
  take(opcode::kLongBinGet, &M::long_bin_get);
  return table;
}

Result<Pickle> Pickle::parse(std::span<const std::byte> bytes) {
  return PickleMachine(bytes).run();
}

PickleId Pickle::find(PickleId dict, std::string_view key) const {
  const std::vector<PickleId>& items = at(dict).items;
  for (size_t i = items.size(); i >= 2; i -= 2) {
    const PickleValue& candidate = at(items[i - 2]);
    if (candidate.kind == Kind::kText && candidate.text == key) return items[i - 1];
  }
  return kNoValue;
}

bool Pickle::is_global(PickleId id, std::string_view name) const {
  const PickleValue& value = at(id);
  const size_t space = name.find(' ');
  return value.kind == Kind::kGlobal && value.text.size() == name.size() &&
         value.text.substr(0, space) == name.substr(0, space) && value.text[space] == '\n' &&
         value.text.substr(space + 1) == name.substr(space + 1);
}

}  // namespace vseal::formats

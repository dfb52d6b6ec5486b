#include "formats/torch_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace vseal::formats {
namespace {

using Kind = PickleValue::Kind;
using Json = nlohmann::ordered_json;

constexpr uint64_t kMaxElements = uint64_t{1} << 48;
constexpr size_t kMaxRank = 8;
constexpr size_t kMaxTensors = 100'000;
constexpr size_t kMaxNameBytes = 1'000;
constexpr int kMaxDepth = 100;
constexpr int kMaxJsonDepth = 16;
constexpr size_t kMaxJsonValues = 10'000;

constexpr std::array<std::pair<std::string_view, ElementType>, 10> kStorages = {{
    {"torch FloatStorage", ElementType::kF32},
    {"torch HalfStorage", ElementType::kF16},
    {"torch BFloat16Storage", ElementType::kBF16},
    {"torch DoubleStorage", ElementType::kF64},
    {"torch LongStorage", ElementType::kI64},
    {"torch IntStorage", ElementType::kI32},
    {"torch ShortStorage", ElementType::kI16},
    {"torch CharStorage", ElementType::kI8},
    {"torch ByteStorage", ElementType::kU8},
    {"torch BoolStorage", ElementType::kBool},
}};

Status fault(const std::string& name, const std::string& expected, const std::string& got) {
  return corrupt_input(fmt::format("[torch] {}: expected {}, got {}", quote(name), expected, got));
}

// "module.name" of a class or function, for an error.
std::string global_text(const PickleValue& value) {
  std::string text(value.text);
  std::replace(text.begin(), text.end(), '\n', '.');
  return quote(text);
}

// A tuple of integers from 0 on.
Result<std::vector<int64_t>> read_integers(const Pickle& pickle, PickleId id,
                                           const std::string& name, const char* what) {
  const PickleValue& tuple = pickle.at(id);
  if (tuple.kind != Kind::kTuple || tuple.items.size() > kMaxRank) {
    return fault(name, fmt::format("{} as a tuple of at most {}", what, kMaxRank),
                 kind_name(tuple.kind));
  }
  std::vector<int64_t> values;
  for (const PickleId item : tuple.items) {
    const PickleValue& value = pickle.at(item);
    if (value.kind != Kind::kInt || value.integer < 0) {
      return fault(name, fmt::format("{} of integers from 0 on", what),
                   value.kind == Kind::kInt ? fmt::to_string(value.integer)
                                            : std::string(kind_name(value.kind)));
    }
    values.push_back(value.integer);
  }
  return values;
}

// One past the last element that extents and strides reach; an error when that overflows.
Result<uint64_t> reach(const CheckpointTensor& tensor, uint64_t offset) {
  uint64_t last = offset;
  for (int i = 0; i < tensor.shape.rank(); ++i) {
    const uint64_t steps = static_cast<uint64_t>(tensor.shape[i]) - 1;
    uint64_t distance = 0;
    const auto stride = static_cast<uint64_t>(tensor.strides[static_cast<size_t>(i)]);
    if (__builtin_mul_overflow(steps, stride, &distance) ||
        __builtin_add_overflow(last, distance, &last) || last >= kMaxElements) {
      return fault(tensor.name, "a tensor within its storage", "sizes that overflow");
    }
  }
  return last + 1;
}

class PlainJson {
 public:
  explicit PlainJson(const Pickle& pickle) : pickle_(pickle) {}

  Json convert(PickleId id, int depth = 0) {
    if (++count_ > kMaxJsonValues || depth > kMaxJsonDepth) {
      too_much_ = true;
      return nullptr;
    }
    const PickleValue& value = pickle_.at(id);
    switch (value.kind) {
      case Kind::kBool:
        return value.integer != 0;
      case Kind::kInt:
        return value.integer;
      case Kind::kFloat:
        return value.number;
      case Kind::kText:
        return std::string(value.text);
      case Kind::kTuple:
      case Kind::kList:
        return list(value, depth);
      case Kind::kDict:
        return dict(value, depth);
      default:
        return nullptr;
    }
  }
  bool too_much() const { return too_much_; }

 private:
  Json list(const PickleValue& value, int depth) {
    Json json = Json::array();
    for (const PickleId item : value.items) {
      if (too_much_) break;
      json.push_back(convert(item, depth + 1));
    }
    return json;
  }
  Json dict(const PickleValue& value, int depth) {
    Json json = Json::object();
    for (size_t i = 0; i + 1 < value.items.size() && !too_much_; i += 2) {
      const PickleValue& key = pickle_.at(value.items[i]);
      if (key.kind != Kind::kText) continue;
      json[std::string(key.text)] = convert(value.items[i + 1], depth + 1);
    }
    return json;
  }

  const Pickle& pickle_;
  size_t count_ = 0;
  bool too_much_ = false;
};

}  // namespace

uint64_t StorageRef::bytes() const { return count * element_bytes(type); }

Result<StorageRef> read_storage_ref(const Pickle& pickle, PickleId id) {
  const PickleValue& persistent = pickle.at(id);
  if (persistent.kind != Kind::kPersistent) {
    return fault("storage", "a persistent id", kind_name(persistent.kind));
  }
  const PickleValue& tuple = pickle.at(persistent.items[0]);
  const size_t count = tuple.items.size();
  if (tuple.kind != Kind::kTuple || (count != 5 && count != 6)) {
    return fault("storage", "a tuple of 5 or 6", kind_name(tuple.kind));
  }
  const auto item = [&](size_t i) -> const PickleValue& { return pickle.at(tuple.items[i]); };
  if (item(0).kind != Kind::kText || item(0).text != "storage" || item(2).kind != Kind::kText ||
      item(2).text.size() > kMaxNameBytes) {
    return fault("storage", "('storage', type, key, location, count)", "something else");
  }
  if (count == 6 && item(5).kind != Kind::kNone) {
    return unsupported("[torch] storage: a view of another storage");
  }
  StorageRef ref;
  ref.key = item(2).text;
  const auto known = std::find_if(kStorages.begin(), kStorages.end(), [&](const auto& storage) {
    return pickle.is_global(tuple.items[1], storage.first);
  });
  if (known == kStorages.end()) {
    return fault("storage " + std::string(ref.key), "a known type of storage",
                 item(1).kind == Kind::kGlobal ? global_text(item(1)) : kind_name(item(1).kind));
  }
  ref.type = known->second;
  if (item(4).kind != Kind::kInt || item(4).integer < 0 ||
      static_cast<uint64_t>(item(4).integer) > kMaxElements) {
    return fault("storage " + std::string(ref.key), "a number of elements",
                 item(4).kind == Kind::kInt ? fmt::to_string(item(4).integer)
                                            : std::string(kind_name(item(4).kind)));
  }
  ref.count = static_cast<uint64_t>(item(4).integer);
  return ref;
}

bool TorchState::is_tensor(PickleId id) const {
  const PickleValue& value = pickle_.at(id);
  if (value.kind != Kind::kRecord) return false;
  return pickle_.is_global(value.items[0], "torch._utils _rebuild_tensor_v2") ||
         pickle_.is_global(value.items[0], "torch._utils _rebuild_parameter");
}

Status TorchState::refuse(PickleId id, const std::string& name) const {
  const PickleValue& value = pickle_.at(id);
  if (value.kind != Kind::kRecord && value.kind != Kind::kGlobal) {
    return fault(name, "a tensor", kind_name(value.kind));
  }
  const PickleValue& global = value.kind == Kind::kGlobal ? value : pickle_.at(value.items[0]);
  return fault(name, "a tensor",
               fmt::format("{} (byte {} of the pickle), which is never called", global_text(global),
                           global.offset));
}

Status TorchState::read_extents(PickleId arguments, CheckpointTensor& tensor) const {
  const std::vector<PickleId>& items = pickle_.at(arguments).items;
  VSEAL_ASSIGN_OR_RETURN(std::vector<int64_t> dims,
                         read_integers(pickle_, items[2], tensor.name, "sizes"));
  VSEAL_ASSIGN_OR_RETURN(tensor.strides, read_integers(pickle_, items[3], tensor.name, "strides"));
  if (dims.size() != tensor.strides.size()) {
    return fault(tensor.name, fmt::format("{} strides", dims.size()),
                 fmt::to_string(tensor.strides.size()));
  }
  tensor.shape = graph::Shape(std::move(dims));
  return {};
}

// _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata]), perhaps
// within _rebuild_parameter(tensor, requires_grad, hooks).
Result<CheckpointTensor> TorchState::tensor(PickleId id, const std::string& name) const {
  if (!is_tensor(id)) return refuse(id, name);
  const PickleValue* record = &pickle_.at(id);
  if (pickle_.is_global(record->items[0], "torch._utils _rebuild_parameter")) {
    const std::vector<PickleId>& wrapped = pickle_.at(record->items[1]).items;
    if (wrapped.empty() || !is_tensor(wrapped[0])) return fault(name, "a tensor", "none");
    record = &pickle_.at(wrapped[0]);
    if (pickle_.is_global(record->items[0], "torch._utils _rebuild_parameter")) {
      return fault(name, "a tensor", "a parameter of a parameter");
    }
  }
  const PickleId arguments = record->items[1];
  const std::vector<PickleId>& items = pickle_.at(arguments).items;
  if (items.size() < 4) {
    return fault(name, "storage, offset, sizes and strides", fmt::to_string(items.size()));
  }
  VSEAL_ASSIGN_OR_RETURN(const StorageRef ref, read_storage_ref(pickle_, items[0]));
  CheckpointTensor tensor{
      .name = name, .type = ref.type, .shape = {}, .strides = {}, .storage = {}};
  VSEAL_RETURN_IF_ERROR(read_extents(arguments, tensor));
  const PickleValue& offset = pickle_.at(items[1]);
  if (offset.kind != Kind::kInt || offset.integer < 0 ||
      static_cast<uint64_t>(offset.integer) > ref.count) {
    return fault(name, fmt::format("an offset of at most {}", ref.count),
                 offset.kind == Kind::kInt ? fmt::to_string(offset.integer)
                                           : std::string(kind_name(offset.kind)));
  }
  const auto dims = tensor.shape.dims();
  const auto first = static_cast<uint64_t>(offset.integer);
  if (std::find(dims.begin(), dims.end(), 0) == dims.end()) {
    VSEAL_ASSIGN_OR_RETURN(const uint64_t end, reach(tensor, first));
    if (end > ref.count) {
      return fault(name, fmt::format("at most {} elements", ref.count), fmt::to_string(end));
    }
  }
  VSEAL_ASSIGN_OR_RETURN(const std::span<const std::byte> storage, find_(ref));
  tensor.storage = storage.subspan(static_cast<size_t>(first * element_bytes(ref.type)));
  return tensor;
}

Status TorchState::add_state_dict(PickleId dict) {
  const std::vector<PickleId>& items = pickle_.at(dict).items;
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    const PickleValue& key = pickle_.at(items[i]);
    if (key.kind != Kind::kText || key.text.empty() || key.text.size() > kMaxNameBytes) {
      return fault("state dict", "names of tensors as keys", kind_name(key.kind));
    }
    VSEAL_ASSIGN_OR_RETURN(CheckpointTensor read, tensor(items[i + 1], std::string(key.text)));
    tensors_.push_back(std::move(read));
  }
  return {};
}

Status TorchState::add_attributes(PickleId object, const std::string& path) {
  visited_.assign(visited_.size(), false);
  return visit(object, path, 0);
}

Status TorchState::visit(PickleId id, const std::string& path, int depth) {
  const size_t index = static_cast<size_t>(id);
  if (visited_.size() <= index) visited_.resize(index + 1, false);
  const PickleValue& value = pickle_.at(id);
  if (is_tensor(id)) {
    if (tensors_.size() >= kMaxTensors || path.size() > kMaxNameBytes) {
      return fault(path, fmt::format("at most {} tensors with short names", kMaxTensors), "more");
    }
    VSEAL_ASSIGN_OR_RETURN(CheckpointTensor read, tensor(id, path));
    tensors_.push_back(std::move(read));
    return {};
  }
  if (visited_[index]) return {};
  visited_[index] = true;
  if (depth > kMaxDepth) return fault(path, fmt::format("at most {} levels", kMaxDepth), "more");
  const std::string prefix = path.empty() ? "" : path + ".";
  if (value.kind == Kind::kRecord && value.items.size() == 3) {
    return visit(value.items[2], path, depth + 1);
  }
  for (size_t i = 0; value.kind == Kind::kDict && i + 1 < value.items.size(); i += 2) {
    const PickleValue& key = pickle_.at(value.items[i]);
    if (key.kind != Kind::kText) continue;
    VSEAL_RETURN_IF_ERROR(visit(
        value.items[i + 1], prefix + std::string(key.text.substr(0, kMaxNameBytes)), depth + 1));
  }
  const bool sequence = value.kind == Kind::kList || value.kind == Kind::kTuple;
  for (size_t i = 0; sequence && i < value.items.size(); ++i) {
    VSEAL_RETURN_IF_ERROR(visit(value.items[i], prefix + fmt::to_string(i), depth + 1));
  }
  return {};
}

Result<std::vector<CheckpointTensor>> TorchState::finish() {
  const auto by_name = [](const CheckpointTensor& a, const CheckpointTensor& b) {
    return a.name < b.name;
  };
  std::sort(tensors_.begin(), tensors_.end(), by_name);
  const auto twice = std::adjacent_find(
      tensors_.begin(), tensors_.end(),
      [](const CheckpointTensor& a, const CheckpointTensor& b) { return a.name == b.name; });
  if (twice != tensors_.end()) return fault(twice->name, "one tensor of that name", "two");
  return std::move(tensors_);
}

std::string plain_json(const Pickle& pickle, PickleId id) {
  if (id == kNoValue) return "";
  PlainJson plain(pickle);
  const Json json = plain.convert(id);
  return plain.too_much() ? "" : json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace vseal::formats

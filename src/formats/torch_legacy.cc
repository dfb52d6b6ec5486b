#include <fmt/format.h>

#include <map>

#include "formats/byte_reader.h"
#include "formats/pickle.h"
#include "formats/torch_checkpoint.h"
#include "formats/torch_root.h"
#include "formats/torch_state.h"

namespace vseal::formats {
namespace {

using Bytes = std::span<const std::byte>;
using Kind = PickleValue::Kind;

// The first pickle is this number, 0x1950A86A20F9469CFC6C, as LONG1.
constexpr uint8_t kMagic[] = {0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46,
                              0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e};
constexpr int64_t kProtocol = 1001;

Result<Pickle> next_pickle(Bytes file, size_t& position) {
  auto pickle = Pickle::parse(file.subspan(position));
  if (!pickle.ok()) {
    return pickle.status().with_context(fmt::format("[torch] pickle at byte {}", position));
  }
  position += pickle->bytes_read();
  return pickle;
}

Status check_system(const Pickle& protocol, const Pickle& system) {
  const PickleValue& version = protocol.at(protocol.root());
  if (version.kind != Kind::kInt || version.integer != kProtocol) {
    return corrupt_input(fmt::format("[torch] protocol: expected {}", kProtocol));
  }
  if (system.at(system.root()).kind != Kind::kDict) {
    return corrupt_input("[torch] system: expected a dict");
  }
  const PickleId little = system.find(system.root(), "little_endian");
  if (little != kNoValue && system.at(little).kind == Kind::kBool &&
      system.at(little).integer == 1) {
    return {};
  }
  return unsupported("[torch] system: expected little_endian");
}

// Types and counts of all storages that a pickle refers to, by key.
Result<std::map<std::string_view, StorageRef>> collect_storages(const Pickle& pickle) {
  std::map<std::string_view, StorageRef> storages;
  for (PickleId id = 0; static_cast<size_t>(id) < pickle.size(); ++id) {
    if (pickle.at(id).kind != Kind::kPersistent) continue;
    VSEAL_ASSIGN_OR_RETURN(const StorageRef ref, read_storage_ref(pickle, id));
    const auto [known, fresh] = storages.emplace(ref.key, ref);
    if (fresh || (known->second.type == ref.type && known->second.count == ref.count)) continue;
    return corrupt_input("[torch] storage " + quote(std::string(ref.key)) +
                         ": expected one type and size, got two");
  }
  return storages;
}

// Where each storage lies: in order of the list of keys, each led by its count.
Result<std::map<std::string_view, Bytes>> locate_storages(
    const Pickle& keys, const std::map<std::string_view, StorageRef>& storages, Bytes rest) {
  if (keys.at(keys.root()).kind != Kind::kList) {
    return corrupt_input("[torch] storages: expected a list of keys");
  }
  std::map<std::string_view, Bytes> places;
  ByteReader reader(rest);
  for (const PickleId id : keys.at(keys.root()).items) {
    const auto found = storages.find(keys.at(id).text);
    if (keys.at(id).kind != Kind::kText || found == storages.end()) {
      return corrupt_input("[torch] storages: expected keys that a tensor refers to");
    }
    const std::string name = quote(std::string(found->first));
    const uint64_t count = reader.u64();
    if (count != found->second.count) {
      return corrupt_input(fmt::format("[torch] storage {}: expected {} elements, got {}", name,
                                       found->second.count, count));
    }
    const Bytes data = reader.take(found->second.bytes());
    if (reader.failed()) {
      return corrupt_input(fmt::format("[torch] storage {}: expected {} bytes, got fewer", name,
                                       found->second.bytes()));
    }
    if (!places.emplace(found->first, data).second) {
      return corrupt_input("[torch] storage " + name + ": expected one of that key, got two");
    }
  }
  return places;
}

}  // namespace

bool sniff_torch_legacy(Bytes file) {
  return file.size() >= sizeof(kMagic) && std::memcmp(file.data(), kMagic, sizeof(kMagic)) == 0;
}

Result<TorchFile> read_torch_legacy(Bytes file) {
  size_t position = sizeof(kMagic);
  VSEAL_ASSIGN_OR_RETURN(const Pickle protocol, next_pickle(file, position));
  VSEAL_ASSIGN_OR_RETURN(const Pickle system, next_pickle(file, position));
  VSEAL_RETURN_IF_ERROR(check_system(protocol, system));
  VSEAL_ASSIGN_OR_RETURN(const Pickle root, next_pickle(file, position));
  VSEAL_ASSIGN_OR_RETURN(const Pickle keys, next_pickle(file, position));
  VSEAL_ASSIGN_OR_RETURN(const auto storages, collect_storages(root));
  VSEAL_ASSIGN_OR_RETURN(const auto places,
                         locate_storages(keys, storages, file.subspan(position)));
  return read_root(CheckpointKind::kTorchLegacy, root, [&](const StorageRef& ref) -> Result<Bytes> {
    const auto found = places.find(ref.key);
    if (found != places.end()) return found->second;
    return corrupt_input("[torch] storage " + quote(std::string(ref.key)) +
                         ": expected one in the list of keys, got none");
  });
}

}  // namespace vseal::formats

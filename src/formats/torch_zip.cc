#include <fmt/format.h>

#include "formats/pickle.h"
#include "formats/torch_checkpoint.h"
#include "formats/torch_root.h"
#include "formats/torch_state.h"
#include "formats/zip_archive.h"

namespace vseal::formats {
namespace {

using Bytes = std::span<const std::byte>;

constexpr size_t kMaxPickleBytes = 64 << 20;

// The directory that holds everything: what stands before "/data.pkl".
Result<std::string> find_root(const ZipArchive& archive) {
  constexpr std::string_view kPickle = "/data.pkl";
  std::string root;
  for (const ZipEntry& entry : archive.entries()) {
    if (!entry.name.ends_with(kPickle)) continue;
    const std::string_view before = entry.name.substr(0, entry.name.size() - kPickle.size());
    if (before.empty() || before.find('/') != std::string_view::npos) continue;
    if (!root.empty()) return corrupt_input("[torch] archive: expected one data.pkl, got two");
    root = before;
  }
  if (root.empty()) {
    return corrupt_input("[torch] archive: expected an entry NAME/data.pkl, got none");
  }
  return root;
}

Result<Pickle> read_pickle(const ZipArchive& archive, const std::string& name) {
  VSEAL_ASSIGN_OR_RETURN(const ZipEntry* found, archive.stored(name));
  const ZipEntry& entry = *found;
  if (entry.data.size() > kMaxPickleBytes) {
    return corrupt_input(fmt::format("[torch] {}: expected at most {} bytes, got {}",
                                     quote(std::string(entry.name)), kMaxPickleBytes,
                                     entry.data.size()));
  }
  VSEAL_RETURN_IF_ERROR(check_crc(entry));
  auto pickle = Pickle::parse(entry.data);
  if (!pickle.ok()) return pickle.status().with_context(quote(std::string(entry.name)));
  return pickle;
}

Status check_byte_order(const ZipArchive& archive, const std::string& root) {
  if (archive.find(root + "/byteorder") == nullptr) return {};
  VSEAL_ASSIGN_OR_RETURN(const ZipEntry* entry, archive.stored(root + "/byteorder"));
  const std::string_view text(reinterpret_cast<const char*>(entry->data.data()),
                              entry->data.size());
  if (text == "little") return {};
  return unsupported("[torch] byteorder: expected little, got " + quote(std::string(text)));
}

// Storages are entries of a folder of the archive.
FindStorage storages_in(const ZipArchive& archive, const std::string& folder) {
  return [&archive, folder](const StorageRef& ref) -> Result<Bytes> {
    const std::string name = folder + std::string(ref.key);
    VSEAL_ASSIGN_OR_RETURN(const ZipEntry* entry, archive.stored(name));
    if (entry->data.size() == ref.bytes()) return entry->data;
    return corrupt_input(fmt::format("[torch] {}: expected {} bytes, got {}", quote(name),
                                     ref.bytes(), entry->data.size()));
  };
}

Result<TorchFile> read_script(const ZipArchive& archive, const std::string& root,
                              const Pickle& data) {
  TorchFile file{.kind = CheckpointKind::kTorchScript, .tensors = {}, .args = {}};
  TorchState modules(data, storages_in(archive, root + "/data/"));
  VSEAL_RETURN_IF_ERROR(modules.add_attributes(data.root(), ""));
  VSEAL_ASSIGN_OR_RETURN(file.tensors, modules.finish());
  VSEAL_ASSIGN_OR_RETURN(const Pickle constants, read_pickle(archive, root + "/constants.pkl"));
  TorchState more(constants, storages_in(archive, root + "/constants/"));
  VSEAL_RETURN_IF_ERROR(more.add_attributes(constants.root(), "constants"));
  VSEAL_ASSIGN_OR_RETURN(std::vector<CheckpointTensor> tensors, more.finish());
  return merge_tensors(std::move(file), std::move(tensors));
}

}  // namespace

Result<TorchFile> read_torch_zip(Bytes bytes) {
  VSEAL_ASSIGN_OR_RETURN(const ZipArchive archive, ZipArchive::parse(bytes));
  VSEAL_ASSIGN_OR_RETURN(const std::string root, find_root(archive));
  VSEAL_RETURN_IF_ERROR(check_byte_order(archive, root));
  VSEAL_ASSIGN_OR_RETURN(const Pickle data, read_pickle(archive, root + "/data.pkl"));
  if (archive.find(root + "/constants.pkl") != nullptr) return read_script(archive, root, data);
  return read_root(CheckpointKind::kTorchZip, data, storages_in(archive, root + "/data/"));
}

}  // namespace vseal::formats

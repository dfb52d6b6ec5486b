// Checkpoints made by hand, right or wrong in any field.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace vseal::formats {

// The little-endian bytes of a number.
template <typename T>
std::string le(T value) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(T); ++i) {
    bytes += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
  }
  return bytes;
}

// Opcodes one after the other; names as in Python's pickletools.
class PickleBuilder {
 public:
  PickleBuilder& raw(const std::string& bytes) {
    text_ += bytes;
    return *this;
  }
  PickleBuilder& proto(int version = 2) {
    return raw(std::string("\x80") + static_cast<char>(version));
  }
  PickleBuilder& global(const std::string& module, const std::string& name) {
    return raw("c" + module + "\n" + name + "\n");
  }
  PickleBuilder& text(const std::string& value) {
    return raw("X" + le(static_cast<uint32_t>(value.size())) + value);
  }
  PickleBuilder& integer(int32_t value) { return raw("J" + le(value)); }
  PickleBuilder& long1(int64_t value) { return raw("\x8a\x08" + le(value)); }
  PickleBuilder& mark() { return raw("("); }
  PickleBuilder& tuple() { return raw("t"); }
  PickleBuilder& integers(const std::vector<int64_t>& values) {
    mark();
    for (const int64_t value : values) long1(value);
    return tuple();
  }
  PickleBuilder& dict() { return raw("}"); }
  PickleBuilder& ordered_dict() { return global("collections", "OrderedDict").raw(")R"); }
  PickleBuilder& stop() { return raw("."); }
  const std::string& bytes() const { return text_; }

 private:
  std::string text_;
};

// Fields of one tensor of a state dict, as PyTorch writes them.
struct TensorFields {
  std::string name = "w";
  std::string function = "_rebuild_tensor_v2";
  std::string storage_module = "torch";
  std::string storage = "FloatStorage";
  std::string persistent = "storage";
  std::string key = "0";
  int64_t count = 6;
  int64_t offset = 0;
  std::vector<int64_t> sizes = {2, 3};
  std::vector<int64_t> strides = {3, 1};

  // The value alone.
  void write(PickleBuilder& p) const {
    p.global("torch._utils", function).mark();
    p.mark().text(persistent).global(storage_module, storage).text(key).text("cpu").long1(count);
    p.tuple().raw("Q").long1(offset).integers(sizes).integers(strides);
    p.raw("\x89").ordered_dict().tuple().raw("R");
  }
  // A pickle of {name: tensor}.
  std::string pickle() const {
    PickleBuilder p;
    p.proto().dict().mark().text(name);
    write(p);
    return p.raw("u").stop().bytes();
  }
};

// An entry, and what its headers say of it where that is not the truth.
struct EntryFields {
  std::string name;
  std::string data;
  uint16_t flags = 0;
  uint16_t method = 0;
  std::optional<uint32_t> crc = {};
  std::optional<std::string> local_name = {};
  std::optional<uint32_t> local_size = {};
  std::optional<uint32_t> central_size = {};
  std::optional<uint32_t> packed_size = {};
  std::optional<uint32_t> local_offset = {};
  std::string local_signature = "PK\x03\x04";
  std::string central_extra = {};
};

struct ArchiveFields {
  std::vector<EntryFields> entries;
  std::optional<uint16_t> count = {};
  std::optional<uint32_t> directory_offset = {};
  std::optional<uint32_t> directory_bytes = {};
  uint16_t disk = 0;
  std::string comment = {};

  std::string build() const {
    std::string file, directory;
    for (const EntryFields& e : entries) {
      const auto size = static_cast<uint32_t>(e.data.size());
      const auto truth =
          static_cast<uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(e.data.data()), size));
      const uint32_t crc = e.crc.value_or(truth);
      const std::string common = le(e.flags) + le(e.method) + le(uint32_t{0}) + le(crc);
      const auto offset = static_cast<uint32_t>(file.size());
      const std::string name = e.local_name.value_or(e.name);
      const uint32_t local = e.local_size.value_or(size);
      file += e.local_signature + le(uint16_t{0}) + common + le(local) + le(local) +
              le(static_cast<uint16_t>(name.size())) + le(uint16_t{0}) + name + e.data;
      const uint32_t central = e.central_size.value_or(size);
      directory += "PK\x01\x02" + le(uint32_t{0}) + common + le(e.packed_size.value_or(central)) +
                   le(central) + le(static_cast<uint16_t>(e.name.size())) +
                   le(static_cast<uint16_t>(e.central_extra.size())) + le(uint16_t{0}) +
                   le(uint16_t{0}) + std::string(6, '\0') + le(e.local_offset.value_or(offset)) +
                   e.name + e.central_extra;
    }
    const auto entry_count = static_cast<uint16_t>(entries.size());
    const std::string tail = "PK\x05\x06" + le(disk) + le(disk) + le(count.value_or(entry_count)) +
                             le(count.value_or(entry_count)) +
                             le(directory_bytes.value_or(static_cast<uint32_t>(directory.size()))) +
                             le(directory_offset.value_or(static_cast<uint32_t>(file.size()))) +
                             le(static_cast<uint16_t>(comment.size())) + comment;
    return file + directory + tail;
  }
};

inline std::string six_floats() { return std::string(24, '\0'); }

// An archive as torch.save writes it, of one pickle and one storage.
inline ArchiveFields archive_of(const std::string& pickle,
                                const std::string& storage = six_floats()) {
  return {.entries = {{.name = "archive/data.pkl", .data = pickle},
                      {.name = "archive/data/0", .data = storage},
                      {.name = "archive/version", .data = "3\n"}}};
}

}  // namespace vseal::formats

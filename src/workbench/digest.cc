#include "workbench/digest.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/aligned_buffer.h"
#include "formats/graph_json.h"
#include "graph/constant.h"
#include "models/card.h"

namespace vseal::workbench {
namespace {

class Sha256 {
 public:
  Sha256() { crypto_hash_sha256_init(&state_); }

  void add(std::span<const std::byte> bytes) {
    crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()),
                              bytes.size());
  }

  // With its length before it, so that no two sequences of texts look alike.
  void add_text(const std::string& text) {
    const std::string framed = std::to_string(text.size()) + ":" + text;
    add(std::as_bytes(std::span(framed)));
  }

  // The values of a constant, which alone are in memory.
  Status add_values(const graph::Tensor& constant) {
    const size_t size =
        static_cast<size_t>(constant.shape.elements()) * graph::size_bytes(constant.dtype);
    VSEAL_ASSIGN_OR_RETURN(auto values, AlignedBuffer<std::byte>::allocate(size));
    VSEAL_RETURN_IF_ERROR(graph::copy_values(constant, values.span()));
    add(values.span());
    return {};
  }

  std::string hex() {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256_final(&state_, digest.data());
    std::array<char, 2 * crypto_hash_sha256_BYTES + 1> text{};
    sodium_bin2hex(text.data(), text.size(), digest.data(), digest.size());
    return text.data();
  }

 private:
  crypto_hash_sha256_state state_;
};

Status add_constants(const graph::Graph& network, Sha256& hash) {
  for (const graph::Tensor& tensor : network.tensors()) {
    if (!tensor.is_constant()) continue;
    hash.add_text(tensor.name + " " + tensor.shape.text());
    VSEAL_RETURN_IF_ERROR(hash.add_values(tensor));
  }
  return {};
}

}  // namespace

std::string sha256_hex(const MappedFile& file) {
  constexpr size_t kChunk = size_t{64} << 20;
  Sha256 hash;
  for (std::span<const std::byte> left = file.bytes(); !left.empty();) {
    const auto chunk = left.first(std::min(kChunk, left.size()));
    hash.add(chunk);
    file.drop_pages();
    left = left.subspan(chunk.size());
  }
  return hash.hex();
}

Result<std::string> sha256_of_file(const std::string& path) {
  VSEAL_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(path));
  return sha256_hex(file);
}

Result<std::string> sha256_of_model(const models::Model& model) {
  Sha256 hash;
  hash.add_text(models::card_json(model.card));
  VSEAL_RETURN_IF_ERROR(add_constants(model.embedder, hash));
  VSEAL_RETURN_IF_ERROR(add_constants(model.detector, hash));
  return hash.hex();
}

Result<std::string> sha256_of_network(const graph::Graph& network) {
  Sha256 hash;
  VSEAL_ASSIGN_OR_RETURN(const std::string json, formats::graph_to_json(network));
  hash.add(std::as_bytes(std::span(json)));
  for (const graph::Tensor& tensor : network.tensors()) {
    if (tensor.is_constant()) VSEAL_RETURN_IF_ERROR(hash.add_values(tensor));
  }
  return hash.hex();
}

}  // namespace vseal::workbench

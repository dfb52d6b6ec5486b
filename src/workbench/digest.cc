#include "workbench/digest.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <vector>

#include "graph/constant.h"
#include "models/card.h"

namespace vseal::workbench {
namespace {

std::string finish(crypto_hash_sha256_state& state) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256_final(&state, digest.data());
  std::array<char, 2 * crypto_hash_sha256_BYTES + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
  return hex.data();
}

// With its length before it, so that no two sequences of texts look alike.
void add_text(crypto_hash_sha256_state& state, const std::string& text) {
  const std::string framed = std::to_string(text.size()) + ":" + text;
  crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(framed.data()),
                            framed.size());
}

Status add_network(crypto_hash_sha256_state& state, const graph::Graph& network) {
  std::vector<std::byte> values;
  for (const graph::Tensor& tensor : network.tensors()) {
    if (!tensor.is_constant()) continue;
    add_text(state, tensor.name + " " + tensor.shape.text());
    values.resize(static_cast<size_t>(tensor.shape.elements()) * graph::size_bytes(tensor.dtype));
    VSEAL_RETURN_IF_ERROR(graph::copy_values(tensor, values));
    crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(values.data()),
                              values.size());
  }
  return {};
}

}  // namespace

std::string sha256_hex(const MappedFile& file) {
  constexpr size_t kChunk = size_t{64} << 20;
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (std::span<const std::byte> left = file.bytes(); !left.empty();) {
    const auto chunk = left.first(std::min(kChunk, left.size()));
    crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(chunk.data()),
                              chunk.size());
    file.drop_pages();
    left = left.subspan(chunk.size());
  }
  return finish(state);
}

Result<std::string> sha256_of_model(const models::Model& model) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  add_text(state, models::card_json(model.card));
  VSEAL_RETURN_IF_ERROR(add_network(state, model.embedder));
  VSEAL_RETURN_IF_ERROR(add_network(state, model.detector));
  return finish(state);
}

Result<std::string> sha256_of_file(const std::string& path) {
  VSEAL_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(path));
  return sha256_hex(file);
}

}  // namespace vseal::workbench

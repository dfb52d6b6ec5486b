// Weights by rule: what the golden vectors of the full-size models were computed with, so that no
// checkpoint of hundreds of megabytes is needed.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "graph/tensor.h"

namespace vseal::models {

// Values of the tensor `name`: uniform numbers u in 0..1 from FNV-1a-64 of the name and
// splitmix64's finaliser, shifted and scaled by the kind of tensor; in double, rounded at the end.
class FilledByRule : public graph::ConstantSource {
 public:
  FilledByRule(std::string name, graph::Shape shape)
      : name_(std::move(name)), shape_(std::move(shape)) {}

  Status read(std::span<std::byte> out) const override {
    const uint64_t seed = fnv1a(hashed_name());
    for (size_t i = 0; i < out.size() / sizeof(float); ++i) {
      const uint64_t z = finalise(seed + (i + 1) * 0x9E3779B97F4A7C15u);
      const auto value = static_cast<float>(scaled(static_cast<double>(z >> 40) / (1 << 24)));
      std::memcpy(out.data() + i * sizeof(float), &value, sizeof(float));
    }
    return {};
  }

 private:
  bool has(const char* part) const { return name_.find(part) != std::string::npos; }

  // The message's embedding has two names and one storage.
  std::string hashed_name() const {
    const std::string twice = "embedder.unet.msg_processor";
    return name_.starts_with(twice) ? "embedder.msg_processor" + name_.substr(twice.size()) : name_;
  }
  static uint64_t fnv1a(const std::string& text) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
  }
  static uint64_t finalise(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  double scaled(double u) const {
    if (has("running_var")) return 0.5 + u;
    if (has("running_mean")) return 0.2 * (u - 0.5);
    if (has("grn")) return has("gamma") ? 0.5 * (u - 0.5) : 0.1 * (u - 0.5);
    if (has("gamma")) return 0.75 + 0.5 * u;
    if (has("rel_pos") || has("pos_embed")) return 0.4 * (u - 0.5);
    if (has("msg_embeddings")) return 2 * (u - 0.5);
    if (name_.ends_with("bias")) return 0.2 * (u - 0.5);
    if (shape_.rank() == 1) return 0.75 + 0.5 * u;
    double fan_in = 1;
    for (int i = 1; i < shape_.rank(); ++i) fan_in *= static_cast<double>(shape_[i]);
    return 2 * (u - 0.5) * std::sqrt(3 / fan_in) * (has(".outc.") ? 0.25 : 1);
  }

  std::string name_;
  graph::Shape shape_;
};

inline graph::Tensor filled_by_rule(const std::string& name, const graph::Shape& shape) {
  return {.name = name,
          .shape = shape,
          .data = {.source = std::make_shared<const FilledByRule>(name, shape)}};
}

}  // namespace vseal::models

// Codecs of keys that nobody marked with.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "payload/codec.h"

namespace vseal::bench {

inline constexpr std::array<int, 3> kCheckBits = {0, 12, 8};  // 0: the model's own

using Secret = std::array<uint64_t, 4>;

std::vector<Secret> random_secrets(int count, std::mt19937_64& random);

payload::Codec codec_of(const Secret& secret, int bits, int check_bits);

}  // namespace vseal::bench

// Where the secret key comes from: a file or the environment, never the command line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vseal/vseal.hpp"

namespace vseal::cli {

// The bytes of `key_file`, else of $VSEAL_KEY, else of the file $VSEAL_KEY_FILE; empty when none is
// set. One newline at the end of a file is not part of the key.
Expected<std::vector<uint8_t>> find_key(const std::string& key_file);

}  // namespace vseal::cli

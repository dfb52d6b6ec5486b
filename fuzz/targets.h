// What is fuzzed: readers of bytes from outside. Each takes any bytes and must return.
#pragma once

#include <cstddef>
#include <span>

namespace vseal::fuzz {

using Bytes = std::span<const std::byte>;

void checkpoint(Bytes bytes);    // any file: formats/checkpoint.h
void zip(Bytes bytes);           // formats/zip_archive.h
void pickle(Bytes bytes);        // formats/pickle.h
void torch_pickle(Bytes bytes);  // a pickle as a checkpoint whose storages are all there
void torch_legacy(Bytes bytes);  // formats/torch_checkpoint.h
void safetensors(Bytes bytes);   // formats/safetensors.h
void graph_json(Bytes bytes);    // formats/graph_json.h
void picture(Bytes bytes);       // JPEG and PNG, written again: media/jpeg_codec.h, png_codec.h

struct Target {
  const char* name;  // also of its folder below fuzz/corpus/
  void (*run)(Bytes bytes);
};

inline constexpr Target kTargets[] = {
    {"checkpoint", checkpoint},
    {"zip", zip},
    {"pickle", pickle},
    {"torch_pickle", torch_pickle},
    {"torch_legacy", torch_legacy},
    {"safetensors", safetensors},
    {"graph_json", graph_json},
    {"picture", picture},
};

}  // namespace vseal::fuzz

// Lists of attacks that are asked for by one word.
#pragma once

#include <span>
#include <string_view>

namespace vseal::attacks {

// "images": pictures, after the grids of VideoSeal and ChunkySeal with what they leave out.
// "video": clips, after VideoSeal's. "quick": a few of both. Empty for any other name.
std::span<const char* const> find_grid(std::string_view name);

}  // namespace vseal::attacks

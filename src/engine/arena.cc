#include "engine/arena.h"

#include <algorithm>
#include <numeric>

namespace vseal::engine {
namespace {

constexpr size_t kAlignFloats = 16;

size_t aligned(size_t size) { return (size + kAlignFloats - 1) / kAlignFloats * kAlignFloats; }

bool overlap_in_time(const Lifetime& a, const Lifetime& b) {
  return a.first <= b.last && b.first <= a.last;
}

}  // namespace

ArenaLayout lay_out(const std::vector<Lifetime>& lifetimes) {
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(
      order, [&](size_t a, size_t b) { return lifetimes[a].size > lifetimes[b].size; });
  ArenaLayout layout;
  layout.offsets.resize(lifetimes.size());
  std::vector<size_t> placed;  // by ascending offset
  for (const size_t tensor : order) {
    size_t offset = 0;
    for (const size_t other : placed) {
      if (!overlap_in_time(lifetimes[tensor], lifetimes[other])) continue;
      if (offset + aligned(lifetimes[tensor].size) <= layout.offsets[other]) break;
      offset = std::max(offset, layout.offsets[other] + aligned(lifetimes[other].size));
    }
    layout.offsets[tensor] = offset;
    layout.size = std::max(layout.size, offset + aligned(lifetimes[tensor].size));
    const auto place = std::ranges::upper_bound(
        placed, offset, {}, [&](size_t other) { return layout.offsets[other]; });
    placed.insert(place, tensor);
  }
  return layout;
}

}  // namespace vseal::engine

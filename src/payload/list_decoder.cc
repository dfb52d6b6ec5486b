#include "payload/list_decoder.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vseal::payload {
namespace {

// Soft value of a shortened bit, which is known to be 0: far above any sum of real soft values.
constexpr float kKnown = 1e6F;

}  // namespace

ListDecoder::ListDecoder(const PolarCode& code, int list_size)
    : code_(code),
      list_size_(list_size),
      kinds_(2 * code.mother_bits()),
      paths_(list_size),
      costs_(2 * list_size),
      signs_(list_size),
      order_(2 * list_size),
      kept_(2 * list_size) {
  for (int stage = 0; stage <= code.stages(); ++stage) {
    const size_t size = static_cast<size_t>(list_size) << stage;
    soft_.emplace_back(stage == code.stages() ? code.mother_bits() : size);
    left_.emplace_back(stage == code.stages() ? 0 : size);
    right_.emplace_back(size);
  }
  classify();
}

void ListDecoder::classify() {
  const int leaves = code_.mother_bits();
  std::fill(kinds_.begin() + leaves, kinds_.end(), Kind::kFrozen);
  for (const int i : code_.info()) kinds_[leaves + i] = Kind::kRepeated;
  for (int node = leaves - 1; node > 0; --node) {
    const Kind right = kinds_[2 * node + 1];
    const bool left_frozen = kinds_[2 * node] == Kind::kFrozen;
    kinds_[node] = left_frozen && right != Kind::kMixed ? right : Kind::kMixed;
  }
}

float* ListDecoder::sum_slot(int stage, Side side, int slot) {
  auto& sums = side == Side::kLeft ? left_ : right_;
  return &sums[stage][static_cast<size_t>(slot) << stage];
}

float* ListDecoder::claim_sum(int stage, Side side, int path) {
  if (side == Side::kLeft) paths_[path].left[stage] = static_cast<uint8_t>(path);
  return sum_slot(stage, side, path);
}

std::vector<Candidate> ListDecoder::decode(std::span<const float> soft) {
  const int top = code_.stages();
  std::ranges::fill(soft_[top], kKnown);
  for (size_t j = 0; j < soft.size(); ++j) soft_[top][code_.sent()[j]] = soft[j];
  paths_[0] = Path{};  // every path names slot 0 of the top stage
  active_ = 1;
  visit(1, top, Side::kRight);

  order_.resize(active_);
  std::iota(order_.begin(), order_.end(), 0);
  std::ranges::stable_sort(order_, {}, [&](int p) { return paths_[p].metric; });
  std::vector<Candidate> candidates;
  candidates.reserve(active_);
  Bits mother(code_.mother_bits());
  for (const int p : order_) {
    const float* sums = sum_slot(top, Side::kRight, p);
    for (size_t i = 0; i < mother.size(); ++i) mother[i] = sums[i] < 0 ? 1 : 0;
    candidates.push_back({paths_[p].metric, code_.info_of(mother)});
  }
  return candidates;
}

void ListDecoder::visit(int node, int stage, Side side) {
  switch (kinds_[node]) {
    case Kind::kFrozen:
      visit_frozen(stage, side);
      return;
    case Kind::kRepeated:
      visit_repeated(stage, side);
      return;
    case Kind::kMixed:
      descend_left(stage);
      visit(2 * node, stage - 1, Side::kLeft);
      descend_right(stage);
      visit(2 * node + 1, stage - 1, Side::kRight);
      combine(stage, side);
      return;
  }
}

// Soft values of a xor b from those of (a xor b, b): the smaller magnitude, the product of signs.
void ListDecoder::descend_left(int stage) {
  const int half = 1 << (stage - 1);
  for (int p = 0; p < active_; ++p) {
    const float* low = soft_slot(stage, paths_[p].soft[stage]);
    const float* high = low + half;
    float* out = soft_slot(stage - 1, p);
    for (int i = 0; i < half; ++i) {
      const float magnitude = std::min(std::fabs(low[i]), std::fabs(high[i]));
      out[i] = std::copysign(magnitude, low[i] * high[i]);
    }
    paths_[p].soft[stage - 1] = static_cast<uint8_t>(p);
  }
}

// Soft values of b, once a is decided.
void ListDecoder::descend_right(int stage) {
  const int half = 1 << (stage - 1);
  for (int p = 0; p < active_; ++p) {
    const float* low = soft_slot(stage, paths_[p].soft[stage]);
    const float* high = low + half;
    const float* sums = sum_slot(stage - 1, Side::kLeft, paths_[p].left[stage - 1]);
    float* out = soft_slot(stage - 1, p);
    for (int i = 0; i < half; ++i) out[i] = high[i] + sums[i] * low[i];
    paths_[p].soft[stage - 1] = static_cast<uint8_t>(p);
  }
}

void ListDecoder::combine(int stage, Side side) {
  const int half = 1 << (stage - 1);
  for (int p = 0; p < active_; ++p) {
    const float* left = sum_slot(stage - 1, Side::kLeft, paths_[p].left[stage - 1]);
    const float* right = sum_slot(stage - 1, Side::kRight, p);
    float* out = claim_sum(stage, side, p);
    for (int i = 0; i < half; ++i) out[i] = left[i] * right[i];
    std::copy_n(right, half, out + half);
  }
}

void ListDecoder::visit_frozen(int stage, Side side) {
  const int size = 1 << stage;
  for (int p = 0; p < active_; ++p) {
    const float* soft = soft_slot(stage, paths_[p].soft[stage]);
    for (int i = 0; i < size; ++i) paths_[p].metric += std::max(0.0F, -soft[i]);
    std::fill_n(claim_sum(stage, side, p), size, 1.0F);
  }
}

void ListDecoder::visit_repeated(int stage, Side side) {
  const int size = 1 << stage;
  for (int p = 0; p < active_; ++p) {
    const float* soft = soft_slot(stage, paths_[p].soft[stage]);
    float cost_of_0 = paths_[p].metric;
    float cost_of_1 = paths_[p].metric;
    for (int i = 0; i < size; ++i) {
      cost_of_0 += std::max(0.0F, -soft[i]);
      cost_of_1 += std::max(0.0F, soft[i]);
    }
    costs_[2 * p] = std::min(cost_of_0, cost_of_1);
    costs_[2 * p + 1] = std::max(cost_of_0, cost_of_1);
    signs_[p] = cost_of_0 <= cost_of_1 ? 1.0F : -1.0F;
  }
  fork();
  for (int p = 0; p < active_; ++p) std::fill_n(claim_sum(stage, side, p), size, signs_[p]);
}

// Keeps the list_size_ cheapest continuations. The likelier one stays in its path's place; the
// other, which is kept only if the likelier one is, moves into a free place.
void ListDecoder::fork() {
  const int count = 2 * active_;
  const int survivors = std::min(count, list_size_);
  std::fill_n(kept_.begin(), count, static_cast<uint8_t>(count <= list_size_));
  if (count > list_size_) {
    order_.resize(count);
    std::iota(order_.begin(), order_.end(), 0);
    const auto cheaper = [&](int a, int b) {
      return costs_[a] != costs_[b] ? costs_[a] < costs_[b] : a < b;
    };
    std::nth_element(order_.begin(), order_.begin() + survivors, order_.end(), cheaper);
    for (int i = 0; i < survivors; ++i) kept_[order_[i]] = 1;
  }
  int free_place = 0;
  for (int p = 0; p < active_; ++p) {
    if (!kept_[2 * p + 1]) continue;
    while (free_place < active_ && kept_[2 * free_place]) ++free_place;
    paths_[free_place] = paths_[p];
    paths_[free_place].metric = costs_[2 * p + 1];
    signs_[free_place] = -signs_[p];
    ++free_place;
  }
  for (int p = 0; p < active_; ++p) {
    if (kept_[2 * p]) paths_[p].metric = costs_[2 * p];
  }
  active_ = survivors;
}

}  // namespace vseal::payload

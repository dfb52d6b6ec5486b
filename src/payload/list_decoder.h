// Successive-cancellation list decoding of a polar code, on soft bits.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "payload/polar.h"

namespace vseal::payload {

// One survivor of the list. `metric` is the sum of |soft| over the code bits whose sign the
// codeword contradicts: 0 is perfect agreement.
struct Candidate {
  float metric = 0;
  Bits info;
};

// Tal and Vardy's list decoder (IEEE Trans. IT 61(5), 2015) in its min-sum form (Balatsoukas-
// Stimming et al., IEEE Trans. SP 63(19), 2015), with one step for subtrees that are all frozen or
// that repeat one bit. Min-sum scales with its input, so soft bits need no channel estimate.
// Only additions, comparisons and sign changes of floats in a fixed order: the same candidates on
// every machine. Holds scratch memory: one thread at a time; `code` must outlive it.
class ListDecoder {
 public:
  // 1 <= list_size <= 128.
  ListDecoder(const PolarCode& code, int list_size);

  // `soft`: one finite value for each of the n code bits, positive where 0 is likelier, larger
  // where surer. Gives at most list_size distinct candidates, best metric first.
  std::vector<Candidate> decode(std::span<const float> soft);

 private:
  static constexpr int kMaxStages = 13;  // 2^12 = kMaxCodeBits
  enum class Kind : uint8_t { kFrozen, kRepeated, kMixed };
  enum class Side : uint8_t { kLeft, kRight };

  // Soft values and left partial sums live in slots, one a stage and path; a path names the slots
  // it reads, so that forking copies these names only. All paths move in lockstep: when a stage is
  // written, each path writes the slot of its own number and nobody needs the old contents.
  struct Path {
    float metric = 0;
    std::array<uint8_t, kMaxStages> soft{};
    std::array<uint8_t, kMaxStages> left{};
  };

  void classify();
  void visit(int node, int stage, Side side);
  void visit_frozen(int stage, Side side);
  void visit_repeated(int stage, Side side);
  void descend_left(int stage);
  void descend_right(int stage);
  void combine(int stage, Side side);
  void fork();

  float* soft_slot(int stage, int slot) {
    return &soft_[stage][static_cast<size_t>(slot) << stage];
  }
  float* sum_slot(int stage, Side side, int slot);
  float* claim_sum(int stage, Side side, int path);

  const PolarCode& code_;
  int list_size_;
  int active_ = 0;
  std::vector<Kind> kinds_;  // heap order: node 1 is the root, 2i and 2i+1 its children
  std::vector<Path> paths_;
  std::vector<std::vector<float>> soft_;  // [stage][slot * 2^stage + i]
  std::vector<std::vector<float>> left_;  // partial sums as +1 (bit 0) and -1, same layout
  std::vector<std::vector<float>> right_;
  std::vector<float>
      costs_;  // of the two continuations of path p: 2p the likelier, 2p + 1 the other
  std::vector<float> signs_;  // of the likelier continuation; after fork(), of each path's choice
  std::vector<int> order_;
  std::vector<uint8_t> kept_;
};

}  // namespace vseal::payload

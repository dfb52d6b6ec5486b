// Feedback embedding: how hard each bit of a message is pushed.
#pragma once

#include <span>
#include <vector>

namespace vseal::watermark {

// Weights w >= 0 of mean square 1 that multiply the message b (+-1 a bit). The detector's logits L
// of a marked picture say how well each bit came through, q = L b, and move its weight:
//   first push: w = clamp(1 + 0.6 (1 - q / mean q), 0, 3)
//   later ones: w = clamp(w + 0.3 (1 - q / mean q), 0, 4)
// each followed by w /= rms(w): bits read weakly gain what those read strongly give up.
class BitWeights {
 public:
  // Starts anew with a message, all of its bits weighing 1.
  void reset(std::span<const float> message);
  // One pass; as many logits as the message has bits.
  void push(std::span<const float> logits);
  // w * b, what the embedder takes.
  std::span<const float> weighted() const { return weighted_; }

 private:
  std::vector<float> message_;
  std::vector<float> weights_;
  std::vector<float> weighted_;
  int pushes_ = 0;
};

}  // namespace vseal::watermark

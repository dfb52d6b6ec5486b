// Where one scene of a video ends and the next begins.
#pragma once

#include <span>
#include <vector>

namespace vseal::watermark {

// Compares the luma that the networks see (256x256, 0..1) with that of the scene's first look:
// d = mean |luma - first|. A new scene begins where d > 0.08, or where d > 0.75 m + 0.01 with m the
// first look's mean absolute deviation from its mean: cuts between dark or flat pictures, whose d
// is small though nothing of the old picture is left. Slow change (a pan, a fade) also ends a scene
// once it has led far enough away.
class SceneDetector {
 public:
  // True for the first look ever and for one that begins a scene; that look is then kept.
  bool begins(std::span<const float> luma);
  void reset() { first_.clear(); }

 private:
  std::vector<float> first_;
  double deviation_ = 0;
};

}  // namespace vseal::watermark

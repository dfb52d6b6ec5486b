// Functions applied to single values, on their own or at the end of another kernel.
#pragma once

namespace vseal::kernels {

enum class Activation {
  kNone,
  kRelu,  // max(x, 0)
  kTanh,
  kGelu,  // x * Phi(x), Phi the normal distribution function (exact, not the tanh form)
  kSilu,  // x / (1 + exp(-x))
};

}  // namespace vseal::kernels

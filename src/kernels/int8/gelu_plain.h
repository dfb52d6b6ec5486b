// GELU as x * (1/2 + t P(t^2) / Q(t^2)), t = x between -5.6 and 5.6: the fit of activations-inl.h.
#pragma once

#include <cstddef>

namespace vseal::kernels {

inline constexpr float kGeluEnd = 5.6f;
inline constexpr size_t kGeluTerms = 6;
inline constexpr float kGeluP[kGeluTerms] = {0.398942222f,    0.034376117f,   0.00470725903f,
                                             0.000173850671f, 6.35651776e-6f, 2.214523e-8f};
inline constexpr float kGeluQ[kGeluTerms] = {1.0f,           0.25283386f,    0.0289400909f,
                                             0.00191297799f, 7.51018283e-5f, 1.18020845e-6f};

}  // namespace vseal::kernels

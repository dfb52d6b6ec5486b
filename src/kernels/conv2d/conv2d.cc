// Which convolution runs: the choice depends on the shape alone.
#include <algorithm>

#include "kernels/conv2d/packed.h"
#include "kernels/conv2d/winograd.h"

namespace vseal::kernels {
namespace {

// Below, the transforms cost more than the products that they save.
bool prefers_winograd(const Conv2dShape& s) {
  return is_winograd_shape(s) && s.ic >= 16 && s.oc >= 16 && WinogradPlan(s, 1).tiles >= 4;
}

}  // namespace

// A pool of one thread may ask for more than one of several: the larger serves both.
size_t conv2d_winograd_scratch_floats(const Conv2dShape& s, int threads) {
  const WinogradPlan alone(s, 1), shared(s, threads);
  const int64_t slots = std::clamp(threads, 1, kMaxConv2dThreads);
  return static_cast<size_t>(std::max(alone.shared_floats() + alone.task_floats(),
                                      shared.shared_floats() + slots * shared.task_floats()));
}

size_t conv2d_scratch_floats(const Conv2dShape& s, int threads) {
  return prefers_winograd(s) ? conv2d_winograd_scratch_floats(s, threads) : 0;
}

void conv2d_f32(const Conv2dShape& shape, const Conv2dArguments& arguments, ThreadPool& pool) {
  if (arguments.scratch != nullptr && prefers_winograd(shape)) {
    conv2d_f32_winograd(shape, arguments, pool);
  } else {
    conv2d_f32_direct(shape, arguments, pool);
  }
}

}  // namespace vseal::kernels

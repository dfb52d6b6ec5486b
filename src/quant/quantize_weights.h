// The constants of one op as integers.
#pragma once

#include "quant/calibrate.h"
#include "quant/quantize.h"

namespace vseal::quant {

struct IntegerWeights {
  std::vector<int8_t> stored;     // in the order of the op's weight
  std::vector<float> scale;       // [oc]
  std::vector<float> correction;  // [oc], to be added to the bias: minus the mean error
};

// Weights are rounded to the nearest integer. Of a conv2d, depthwise_conv2d or linear of `graph`
// that reads a tensor with these statistics.
Result<IntegerWeights> quantize_weights(const graph::Op& op, const graph::Graph& graph,
                                        const TensorStatistics& input,
                                        const QuantizeOptions& options);

}  // namespace vseal::quant

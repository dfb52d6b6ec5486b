// A float network as one that computes on integers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "quant/calibrate.h"
#include "quant/range.h"

namespace vseal::quant {

struct QuantizeOptions {
  RangeMethod activations = RangeMethod::kMse;
  RangeMethod weights = RangeMethod::kMse;
  bool correct_bias = true;  // add what rounding the weights takes from each channel's mean
  // Ops that stay float although they could be integer.
  std::function<bool(const graph::Op&)> keep_float = {};
  std::string prefix = {};  // before the names of constants, to tell two networks of a file apart
};

// Whether an op of a prepared network can compute on integers: convolutions, linear layers and what
// lies between them, on the picture's path. What the message alone decides stays float, and so does
// a convolution that ends in tanh, the last one of an embedder.
std::vector<bool> can_be_integer(const graph::Graph& prepared);

// `prepared` (see prepare.h) as an integer network with the same inputs and outputs: activations
// asymmetric per tensor, weights symmetric per output channel. `calibration` is calibrate()'s of
// the same graph.
Result<graph::Graph> quantize(const graph::Graph& prepared, const Calibration& calibration,
                              const QuantizeOptions& options);

// How well the integers of a tensor hold what it held in calibration.
struct TensorError {
  std::string name;
  graph::ValueType type;
  float min = 0;  // seen in calibration
  float max = 0;
  double snr_db = 0;  // of rounding and clipping it alone
};
// Of every i8 tensor that `quantized` computes and `calibration` knows.
std::vector<TensorError> tensor_errors(const graph::Graph& quantized,
                                       const Calibration& calibration);

}  // namespace vseal::quant

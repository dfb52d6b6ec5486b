// Pictures in more than eight bits, for the convolutions that read them.
#pragma once

#include <optional>

#include "graph/graph.h"

namespace vseal::quant {

// The i8 type of a tensor that is the graph's first input, scaled, moved and rearranged, whose
// range therefore is known; or such a tensor beside what its integers leave over (see below). None
// for any other.
std::optional<graph::ValueType> picture_type(const graph::Graph& graph, graph::TensorId id);

// An 8-bit picture that was resized has values between its steps, and a faint mark in a picture of
// little contrast lies there: eight bits of input lose more than all that follows. So where a
// convolution reads a picture x as above, of type q,
//   r = dequantize(quantize(x)), w * x = w * r + w/16 * (16 (x - r)),
// which is one convolution of concat(r, 16 (x - r)), twice as many channels of one scale: q holds r
// exactly and the rest with four bits more. Same function as `prepared`, other roundings.
Result<graph::Graph> split_picture(const graph::Graph& prepared);

}  // namespace vseal::quant

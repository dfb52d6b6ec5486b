// Per-channel factors moved between layers, so that one scale serves all channels of a tensor.
#pragma once

#include "quant/calibrate.h"

namespace vseal::quant {

// The network with the same function in which the channels of a tensor have more equal ranges:
// where everything that writes channel c of a tensor can be divided by t and everything that reads
// it multiplied by t, it is. Writers: convolutions, linear layers and depthwise convolutions
// without activation or with ReLU (rows and bias), LayerNorm, ChannelRmsNorm (gamma, beta) and
// GlobalResponseNorm (a factor behind it); readers: columns of convolutions and linear layers, and
// depthwise filters. Additions, residuals, concatenations, resizes, means and reshapes tie channels
// of several tensors together, through the whole U-Net: they get one t.
//   t = sqrt(r / w), within 1/16 to 16,
// r the largest magnitude of the channel over that of its tensor, w the largest weight that reads
// it over the largest of its filter. `calibration` is calibrate()'s of `prepared`; the result's own
// ranges are others and have to be calibrated again.
Result<graph::Graph> equalize(const graph::Graph& prepared, const Calibration& calibration);

}  // namespace vseal::quant

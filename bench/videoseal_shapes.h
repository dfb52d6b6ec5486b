// The embedder of VideoSeal 1.0 as a graph with random weights: its exact shapes and arithmetic,
// for benchmarks that need no checkpoint.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "graph/graph.h"

namespace vseal::bench {

// Inputs "luma" [1,256,256,1] in 0..1 and "message" [1,256] of +-1; output "residual" [1,256,256,1]
// in -1..1. A UNet of widths 16, 32, 64, 128 with eight blocks of 384 channels (128 and the
// message's 256) at 32x32: 28.27 G multiply-adds, 23.6 M weights. Weights are uniform and scaled by
// the fan-in, so that activations neither vanish nor grow; the same seed gives the same graph.
Result<graph::Graph> videoseal_embedder_graph(uint64_t seed);

}  // namespace vseal::bench

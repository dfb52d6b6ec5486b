// Graphs of the VideoSeal family from a checkpoint's tensors.
#pragma once

#include "graph/graph.h"
#include "models/videoseal/sizes.h"
#include "models/weights.h"

namespace vseal::models::videoseal {

// The U-Net (upstream's modules/unet.py), s = `side` divisible by 2^(steps down):
//   picture [1,s,s,c] -> 2x-1 -> blocks and steps down -> latent [1,h,h,z] -> bottleneck with the
//   message -> steps up with skips times 2^-0.5 -> conv1x1 -> tanh -> residual [1,s,s,c]
//   message [1,n] of +-1 (or any real numbers: it is linear) -> linear -> hidden [1,hidden]
// The message is constant over the plane and never becomes a map of channels. What it adds to the
// bottleneck's first 3x3 convolution are nine vectors (border_map), to the 1x1 beside it and to the
// first step up one each: small products that depend on the message alone. Exact.
Result<graph::Graph> embedder(Weights& weights, const EmbedderSizes& sizes, int side);

// Features (below) -> reflection pad, conv3x3 -> LayerNorm -> GELU -> mean -> linear -> logits
// [1,n], from rgb [1,s,s,3] in 0..1. Logit 0 of the checkpoint, a detection score that upstream
// does not use, is left out.
Result<graph::Graph> detector(Weights& weights, const DetectorSizes& sizes, int side);

class Net;
// rgb [1,s,s,3] in -1..1 -> features [1,h,h,c]. ConvNeXtV2 (upstream's modules/convnext.py).
Result<graph::TensorId> convnext_features(Net& net, const ConvNextSizes& sizes,
                                          graph::TensorId rgb);
// SAM's transformer (upstream's modules/vit.py); s must be patch * grid.
Result<graph::TensorId> vit_features(Net& net, const VitSizes& sizes, graph::TensorId rgb);

}  // namespace vseal::models::videoseal

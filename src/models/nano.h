// The nano family: every convolution runs on a grid of cells of b x b pixels (b = 8), so nothing is
// computed at full resolution. The message is a tile of T x T cells that repeats over the grid; the
// detector folds its last features by the same tile.
#pragma once

#include "graph/graph.h"
#include "models/model.h"
#include "models/weights.h"

namespace vseal::models {

// Both build from the tensors named below `embedder.` and `detector.`; every size comes from the
// tensors' shapes, the picture's side and the number of bits (which must fit them) from the card.
// CBR is conv2d, batch_norm, relu; Res is relu(x + norm(conv(CBR(x)))). s is the side in pixels,
// g = s / b that in cells, w the width, M the message's channels, n the bits.
//
//   luma [1,s,s,1] -> 2y-1 -> space_to_depth -> [1,g,g,b*b] -> CBR stem -> concat message_map ->
//   CBR mix -> Res body.i ... -> concat message_map -> conv2d out -> tanh -> depth_to_space ->
//   residual [1,s,s,1]
//   message [1,n] -> linear -> message_tile [1,T,T,M] -> tile -> message_map [1,g,g,M]
// All of the second line depends on the message alone.
Result<graph::Graph> nano_embedder(Weights& weights, const Card& card);

//   luma [1,s,s,1] -> 4y-2 -> space_to_depth -> CBR stem -> Res body.i ... -> conv2d features
//   [1,g,g,C] -> fold_mean -> folded [1,T,T,C] -> linear -> logits [1,n]
// A picture that is shifted by whole cells rolls `folded` (on a grid that wraps around).
Result<graph::Graph> nano_detector(Weights& weights, const Card& card);

}  // namespace vseal::models

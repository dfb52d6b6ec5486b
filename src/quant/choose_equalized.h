// Whether a network's integers gain by equalisation.
#pragma once

#include <optional>

#include "quant/quantize.h"
#include "quant/samples.h"

namespace vseal::quant {

// equalize()'s form of `prepared`, or none where integers are better off without: equalisation
// gains networks decibels or costs them one, since channels of one range are rounded alike and the
// widest had the most to say. Both forms are made integer, as `options` say and with
// split_picture() where `finer_picture`, with the ranges of up to 32 samples, and compared with
// `original` on up to 16 others: the ranges of least error fit what they were found on too well to
// tell. Both sets are spread over all `samples`, which may be sorted. Of forms that are nearer than
// a quarter of a decibel the equalised one is taken.
Result<std::optional<graph::Graph>> choose_equalized(const graph::Graph& original,
                                                     const graph::Graph& prepared,
                                                     const SampleSource& samples,
                                                     const QuantizeOptions& options,
                                                     bool finer_picture, ThreadPool& pool,
                                                     const Progress& progress = {});

}  // namespace vseal::quant

// Brings the right-hand sides of attention's products into panels.
#pragma once

#include "kernels/attention/attention.h"
#include "kernels/attention/layout.h"

namespace vseal::kernels {

// The rows of rel_h and, back to front, of rel_w as columns, at the start of scratch.
void pack_tables(const AttentionShape& shape, const AttentionLayout& layout,
                 const AttentionArguments& arguments);

// Keys (times head_width^-0.5) as columns and values as rows of one head of one window.
void pack_unit(const AttentionShape& shape, const AttentionLayout& layout,
               const AttentionArguments& arguments, int64_t unit);

}  // namespace vseal::kernels

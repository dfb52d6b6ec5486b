// What a model is made of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/model.h"

namespace vseal::workbench {

struct OpRow {
  std::string name;
  std::string kind;   // "conv2d", ...
  std::string shape;  // of the output
  int64_t multiply_adds = 0;
  int64_t parameters = 0;  // values of the op's constants
};

struct NetworkSummary {
  std::vector<OpRow> ops;
  int64_t multiply_adds = 0;
  int64_t parameters = 0;
  int64_t weight_bytes = 0;  // as they are stored
};

NetworkSummary summarise(const graph::Graph& network);

}  // namespace vseal::workbench

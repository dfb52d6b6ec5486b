// How benchmarks print what workbench/timing.h measures.
#pragma once

#include <string>
#include <vector>

#include "workbench/timing.h"

namespace vseal::bench {

using workbench::Case;
using workbench::Layer;
using workbench::Machine;
using workbench::Row;

// For each case that has ops: what each kernel and each op took on one pool, slowest first.
void print_layers(const std::vector<Case>& cases, ThreadPool& pool);

void print_table(const Machine& machine, const std::vector<Row>& rows);
Status write_json(const std::string& path, const Machine& machine, const std::vector<Row>& rows);

}  // namespace vseal::bench

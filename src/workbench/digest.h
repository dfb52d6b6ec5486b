// SHA-256 of files and of networks.
#pragma once

#include <string>

#include "base/mapped_file.h"
#include "base/status.h"
#include "graph/graph.h"

namespace vseal::workbench {

// Lower case hex. Reads the file once and gives its pages back as it goes.
std::string sha256_hex(const MappedFile& file);
Result<std::string> sha256_of_file(const std::string& path);

// Of the graph as JSON and the values of its constants, in their order: the same for a network
// whatever file it came from. One constant in memory at a time.
Result<std::string> sha256_of_network(const graph::Graph& network);

}  // namespace vseal::workbench

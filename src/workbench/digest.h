// SHA-256 of files, models and networks.
#pragma once

#include <string>

#include "base/mapped_file.h"
#include "base/status.h"
#include "graph/graph.h"
#include "models/model.h"

namespace vseal::workbench {

// Lower case hex. Reads the file once and gives its pages back as it goes.
std::string sha256_hex(const MappedFile& file);
Result<std::string> sha256_of_file(const std::string& path);

// Of a model's card and of name, type, shape and values of every constant of its networks: the same
// for a model however it is stored.
Result<std::string> sha256_of_model(const models::Model& model);

// Of the graph as JSON and the values of its constants, in their order: the same for a network
// whatever file it came from. One constant in memory at a time.
Result<std::string> sha256_of_network(const graph::Graph& network);

}  // namespace vseal::workbench

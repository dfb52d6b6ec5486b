// Graphs as JSON: how a .vseal file says which ops its tensors belong to.
#pragma once

#include <functional>
#include <string>

#include "base/status.h"
#include "graph/graph.h"

namespace vseal::formats {

// {"inputs": [{"name", "dtype", "shape"}], "ops": [{"op", "name", "inputs": [name...],
// "type": {"dtype", "scale", "zero_point"} of what it writes unless that is f32, attributes that
// differ from their defaults}], "outputs": [name...]}. Tensors are referred to by name; constants
// are not listed. kInternal when two tensors have one name.
Result<std::string> graph_to_json(const graph::Graph& graph);

// The constant of that name, added to the graph; an error when there is none.
using AddConstant = std::function<Result<graph::TensorId>(graph::Graph&, const std::string& name)>;

// Trusts nothing: kCorruptInput "[graph] what: expected ..., got ..." for unknown ops or
// attributes, values of another type, names that are not defined before they are used or defined
// twice, inputs and results of more than 2^30 values; ops are checked as Graph::add_op does. The
// result passes graph::verify.
Result<graph::Graph> graph_from_json(const std::string& json, const AddConstant& add_constant);

}  // namespace vseal::formats

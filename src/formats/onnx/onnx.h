// .onnx files: written from a graph, and checked.
#pragma once

#include <span>
#include <string>

#include "base/status.h"
#include "formats/network_file.h"

namespace vseal::formats {

// Writes `graph` (f32, batch 1) as an .onnx file that appears whole or not at all, after check_onnx
// has passed it. Inputs and outputs keep their names; pictures are [n,c,h,w] there, as ONNX has
// them. Of opset 13, or 17 where a LayerNormalization is. Narrow weights are made wide by Cast or
// DequantizeLinear, which runtimes do once. From 2 GB on (protobuf's limit) weights lie in
// PATH.data, one in memory at a time, which appears before PATH; below, all are.
Result<NetworkFileReport> write_onnx(const graph::Graph& graph, const std::string& path,
                                     const NetworkFileOptions& options);

// Whether the model says what a runtime can run. kCorruptInput "[onnx node N OP] what: expected
// ..., got ..." for: bytes that are no ONNX model; versions that the ops do not fit; names that are
// missing, made twice or read before they are made; constants whose size is not that of their type
// and extents, or that lie outside of PATH.data (`outside_bytes` long, 0: there is none); weights
// that do not fit their op; DequantizeLinear with scales that are not positive, of another number
// than its axis has, or a zero point of a weight that is not 0. kUnsupported for an op outside of
// what vseal writes.
Status check_onnx(std::span<const std::byte> file, int64_t outside_bytes = 0);

}  // namespace vseal::formats

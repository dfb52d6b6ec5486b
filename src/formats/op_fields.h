// The attributes of every op by name: the one list from which graphs are written and read.
#pragma once

#include "graph/op.h"

namespace vseal::formats {

// visit_fields(attributes, visitor) calls visitor(name, field) for each attribute, in order.
template <typename V>
void visit_fields(graph::Conv2d& a, V visitor) {
  visitor("stride", a.stride);
  visitor("pad", a.pad);
  visitor("padding", a.padding);
  visitor("has_bias", a.has_bias);
  visitor("has_residual", a.has_residual);
  visitor("activation", a.activation);
}
template <typename V>
void visit_fields(graph::DepthwiseConv2d& a, V visitor) {
  visitor("pad", a.pad);
  visitor("has_bias", a.has_bias);
}
template <typename V>
void visit_fields(graph::Linear& a, V visitor) {
  visitor("has_bias", a.has_bias);
  visitor("activation", a.activation);
}
template <typename V>
void visit_fields(graph::BatchNorm& a, V visitor) {
  visitor("epsilon", a.epsilon);
}
template <typename V>
void visit_fields(graph::LayerNorm& a, V visitor) {
  visitor("epsilon", a.epsilon);
}
template <typename V>
void visit_fields(graph::ChannelRmsNorm&, V) {}
template <typename V>
void visit_fields(graph::GlobalResponseNorm& a, V visitor) {
  visitor("epsilon", a.epsilon);
  visitor("has_factor", a.has_factor);
}
template <typename V>
void visit_fields(graph::Activate& a, V visitor) {
  visitor("activation", a.activation);
}
template <typename V>
void visit_fields(graph::Add&, V) {}
template <typename V>
void visit_fields(graph::Affine& a, V visitor) {
  visitor("scale", a.scale);
  visitor("offset", a.offset);
}
template <typename V>
void visit_fields(graph::Concat&, V) {}
template <typename V>
void visit_fields(graph::SpaceToDepth& a, V visitor) {
  visitor("block", a.block);
}
template <typename V>
void visit_fields(graph::DepthToSpace& a, V visitor) {
  visitor("block", a.block);
}
template <typename V>
void visit_fields(graph::ResizeBilinear& a, V visitor) {
  visitor("height", a.height);
  visitor("width", a.width);
}
template <typename V>
void visit_fields(graph::SpatialMean&, V) {}
template <typename V>
void visit_fields(graph::Tile& a, V visitor) {
  visitor("rows", a.rows);
  visitor("columns", a.columns);
}
template <typename V>
void visit_fields(graph::FoldMean& a, V visitor) {
  visitor("height", a.height);
  visitor("width", a.width);
}
template <typename V>
void visit_fields(graph::Reshape& a, V visitor) {
  visitor("shape", a.shape);
}
template <typename V>
void visit_fields(graph::BorderMap& a, V visitor) {
  visitor("height", a.height);
  visitor("width", a.width);
}
template <typename V>
void visit_fields(graph::WindowAttention& a, V visitor) {
  visitor("heads", a.heads);
  visitor("window", a.window);
}

template <typename V>
void visit_fields(graph::Quantize&, V) {}
template <typename V>
void visit_fields(graph::Dequantize&, V) {}
template <typename V>
void visit_fields(graph::QuantizeBias& a, V visitor) {
  visitor("input_scale", a.input_scale);
}

}  // namespace vseal::formats

#include "image/residual_planes.h"

#include <algorithm>
#include <cmath>

#include "image/color.h"
#include "image/resize.h"
#include "image/sample_rows.h"

namespace vseal::image {
namespace {

Status check_residual(const Residual& residual, float strength) {
  const int side = residual.side, channels = residual.channels;
  if (side < 1 || (channels != 1 && channels != 3) ||
      residual.values.size() != static_cast<size_t>(side) * side * channels) {
    return invalid_argument("[blend] residual: expected " + std::to_string(side) + "x" +
                            std::to_string(side) + "x(1 or 3) values, got " +
                            std::to_string(residual.values.size()) + " in " +
                            std::to_string(channels) + " channels");
  }
  const auto finite = [](float v) { return std::isfinite(v); };
  if (finite(strength) && std::ranges::all_of(residual.values, finite)) return {};
  return invalid_argument("[blend] residual and strength: expected finite values");
}

// Multiplies each pixel with the heat map of the frame's luma at the residual's size.
Status attenuate(const FrameView& frame, const Residual& residual, const BlendOptions& options,
                 ThreadPool* pool, std::vector<float>& values) {
  const int side = residual.side;
  std::vector<float> luma(static_cast<size_t>(side) * side), heat(luma.size());
  VSEAL_RETURN_IF_ERROR(resize_luma(frame, side, side, luma, pool, options.resampling));
  VSEAL_RETURN_IF_ERROR(heatmap(luma, side, side, options.heatmap, heat, pool));
  const size_t channels = static_cast<size_t>(residual.channels);
  for (size_t i = 0; i < values.size(); ++i) values[i] *= heat[i / channels];
  return {};
}

// Channel c of interleaved values.
std::vector<float> channel_of(const std::vector<float>& values, int c, int channels) {
  std::vector<float> channel;
  for (size_t i = static_cast<size_t>(c); i < values.size(); i += static_cast<size_t>(channels)) {
    channel.push_back(values[i]);
  }
  return channel;
}

}  // namespace

Result<ResidualPlanes> prepare_residual(const FrameView& frame, const Residual& residual,
                                        const BlendOptions& options, ThreadPool* pool) {
  VSEAL_RETURN_IF_ERROR(check_residual(residual, options.strength));
  const bool coloured = residual.channels == 3;
  const bool to_chroma = coloured && frame.model == ColorModel::kYCbCr;
  if (to_chroma) VSEAL_RETURN_IF_ERROR(check_chroma("blend", frame));
  std::vector<float> values(residual.values.begin(), residual.values.end());
  if (options.attenuation == Attenuation::kLow) {
    VSEAL_RETURN_IF_ERROR(attenuate(frame, residual, options, pool, values));
  }
  if (to_chroma) to_ycbcr(values, frame.matrix);
  if (coloured && frame.model == ColorModel::kGrey) to_ycbcr(values, ColorMatrix::kBt601);

  const auto stretch = [&](int c, float scale, const FrameView& onto) {
    return StretchedResidual::create(channel_of(values, c, residual.channels), residual.side,
                                     options.strength * scale, onto, options.resampling);
  };
  ResidualPlanes planes;
  const int main = coloured && frame.model == ColorModel::kRgb ? 3 : 1;
  for (int c = 0; c < main; ++c) {
    VSEAL_ASSIGN_OR_RETURN(StretchedResidual plane, stretch(c, luma_scale(frame).scale, frame));
    planes.main.push_back(std::move(plane));
  }
  for (int c = 1; to_chroma && c < 3; ++c) {
    VSEAL_ASSIGN_OR_RETURN(StretchedResidual plane,
                           stretch(c, chroma_scale(frame).scale, plane_as_grey(frame, c)));
    planes.chroma.push_back(std::move(plane));
  }
  return planes;
}

}  // namespace vseal::image

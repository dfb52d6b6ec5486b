#include "image/rgb_error.h"

#include <cstdint>
#include <vector>

#include "image/bands.h"
#include "image/color.h"
#include "image/metrics.h"
#include "image/sample_rows.h"

namespace vseal::image {
namespace {

constexpr int kBandRows = 64;  // fixed, so that sums are the same for any number of threads

// Differences of the planes, in units of R, G and B.
class ColourDifference {
 public:
  ColourDifference(const FrameView& a, const FrameView& b)
      : a_(a), b_(b), weights_(luma_weights(a.matrix)), steps_(chroma_steps(a)) {}

  // The sum over a row's pixels of the squared differences of R, G and B.
  template <typename T>
  double row(int y) const {
    const auto [kr, kb] = weights_;
    const double luma = 1.0 / luma_scale(a_).scale, chroma = 1.0 / chroma_scale(a_).scale;
    double sum = 0;
    for (int x = 0; x < a_.width(); ++x) {
      const double grey = luma * difference<T>(0, x, y);
      const double red =
          grey + 2 * (1 - kr) * chroma * difference<T>(2, x / steps_.x, y / steps_.y);
      const double blue =
          grey + 2 * (1 - kb) * chroma * difference<T>(1, x / steps_.x, y / steps_.y);
      const double green = (grey - kr * red - kb * blue) / (1 - kr - kb);
      sum += red * red + green * green + blue * blue;
    }
    return sum;
  }

 private:
  template <typename T>
  int difference(size_t plane, int x, int y) const {
    const PlaneView &p = a_.planes[plane], &q = b_.planes[plane];
    return int{q.row<T>(y)[static_cast<ptrdiff_t>(x) * q.step]} -
           int{p.row<T>(y)[static_cast<ptrdiff_t>(x) * p.step]};
  }

  const FrameView& a_;
  const FrameView& b_;
  LumaWeights weights_;
  ChromaSteps steps_;
};

double colour_squared_error(const FrameView& a, const FrameView& b, ThreadPool* pool) {
  const ColourDifference difference(a, b);
  const Bands bands{a.height(), kBandRows};
  std::vector<double> sums(static_cast<size_t>(bands.count()));
  for_each_band(bands, pool, [&](int band) {
    for (int y = bands.begin(band); y < bands.end(band); ++y) {
      sums[static_cast<size_t>(band)] +=
          a.planes[0].depth_bits > 8 ? difference.row<uint16_t>(y) : difference.row<uint8_t>(y);
    }
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total / (3.0 * a.width() * a.height());
}

FrameView luma_only(const FrameView& frame) {
  FrameView luma = frame;
  luma.plane_count = 1;
  luma.model = ColorModel::kGrey;
  return luma;
}

bool same_chroma(const FrameView& a, const FrameView& b) {
  return a.planes[1].data == b.planes[1].data && a.planes[2].data == b.planes[2].data;
}

}  // namespace

Result<double> rgb_squared_error(const FrameView& reference, const FrameView& marked,
                                 ThreadPool* pool) {
  if (reference.model != ColorModel::kYCbCr) return mean_squared_error(reference, marked, pool);
  VSEAL_RETURN_IF_ERROR(check_chroma("compare", reference));
  VSEAL_RETURN_IF_ERROR(check_chroma("compare", marked));
  if (!same_chroma(reference, marked)) {
    // Also checks that the two fit together.
    VSEAL_RETURN_IF_ERROR(mean_squared_error(reference, marked, pool).status());
    return colour_squared_error(reference, marked, pool);
  }
  VSEAL_ASSIGN_OR_RETURN(const double luma,
                         mean_squared_error(luma_only(reference), luma_only(marked), pool));
  const double to_rgb = reference.planes[0].max_value() / double{luma_scale(reference).scale};
  return to_rgb * to_rgb * luma;
}

}  // namespace vseal::image

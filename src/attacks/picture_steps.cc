// Attacks on pictures. Where torchvision has one of the same name, so is its definition.
#include <algorithm>
#include <cmath>

#include "attacks/geometry.h"
#include "attacks/steps.h"
#include "media/raster_edit.h"

namespace vseal::attacks {
namespace {

// Luma of BT.601, as torchvision's rgb_to_grayscale.
constexpr double kRed = 0.299;
constexpr double kGreen = 0.587;
constexpr double kBlue = 0.114;

constexpr uint8_t kMidGrey = 128;

int scaled(int side, double factor) {
  return std::max(1, static_cast<int>(std::lround(side * factor)));
}

// A place for `inner` within `outer`, from the seed.
int random_offset(int outer, int inner, uint64_t seed, uint64_t draw) {
  return static_cast<int>(uniform(seed, draw) * (outer - inner + 1));
}

// factor * colour + (1 - factor) * its grey.
media::ColorMatrix3 blend_with_grey(double factor) {
  const double rest = 1 - factor;
  return {factor + rest * kRed, rest * kGreen,          rest * kBlue,
          rest * kRed,          factor + rest * kGreen, rest * kBlue,
          rest * kRed,          rest * kGreen,          factor + rest * kBlue};
}

media::ColorMatrix3 multiple(double factor) { return {factor, 0, 0, 0, factor, 0, 0, 0, factor}; }

Result<Raster> through_file(const Raster& in, media::PictureFormat format, double quality) {
  VSEAL_ASSIGN_OR_RETURN(const std::vector<uint8_t> file,
                         media::encode(in, format, static_cast<int>(quality)));
  return media::decode(file, format);
}

}  // namespace

double uniform(uint64_t seed, uint64_t draw) {
  // SplitMix64 (Steele, Lea, Flood 2014).
  uint64_t z = seed + (draw + 1) * 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1.0p-53;
}

Result<Raster> keep_picture(const Raster& in, double, const Chance&) { return in; }

Result<Raster> flip_picture(const Raster& in, double, const Chance&) { return media::flip(in); }

Result<Raster> rotate_picture(const Raster& in, double degrees, const Chance&) {
  return media::warp(in, turn_about_centre(in.width(), in.height(), degrees, 1));
}

Result<Raster> turn_picture(const Raster& in, double degrees, const Chance&) {
  constexpr int kQuarter = 90;
  const int whole = static_cast<int>(degrees);
  if (whole % kQuarter == 0) return media::turn(in, whole / kQuarter);
  return invalid_argument("[attack] turn: expected 90, 180 or 270 degrees, got " +
                          std::to_string(whole));
}

Result<Raster> resize_picture(const Raster& in, double factor, const Chance&) {
  return media::resize(in, scaled(in.width(), factor), scaled(in.height(), factor));
}

Result<Raster> resize_to_height(const Raster& in, double height, const Chance&) {
  const double factor = height / in.height();
  return media::resize(in, scaled(in.width(), factor), static_cast<int>(height));
}

Result<Raster> crop_picture(const Raster& in, double side, const Chance& chance) {
  const int width = std::min(in.width(), scaled(in.width(), side));
  const int height = std::min(in.height(), scaled(in.height(), side));
  return media::crop(in, random_offset(in.width(), width, chance.seed, 0),
                     random_offset(in.height(), height, chance.seed, 1), width, height);
}

Result<Raster> window_picture(const Raster& in, double ratio, const Chance&) {
  const int width = std::min(in.width(), scaled(in.height(), ratio));
  const int height = std::min(in.height(), scaled(in.width(), 1 / ratio));
  return media::crop(in, (in.width() - width) / 2, (in.height() - height) / 2, width, height);
}

Result<Raster> zoom_picture(const Raster& in, double percent, const Chance&) {
  return media::warp(in, turn_about_centre(in.width(), in.height(), 0, 1 + percent / 100));
}

Result<Raster> squash_picture(const Raster& in, double factor, const Chance&) {
  return media::resize(in, scaled(in.width(), factor), in.height());
}

Result<Raster> tilt_picture(const Raster& in, double distortion, const Chance& chance) {
  const double right = in.width() - 1;
  const double bottom = in.height() - 1;
  uint64_t draw = 0;
  // Up to half a side of the distortion, from each corner inwards.
  const auto inwards = [&](int side) {
    const int half = side / 2;
    return std::floor(uniform(chance.seed, draw++) * (distortion * half + 1));
  };
  const Corners corners = {{{0, 0}, {right, 0}, {right, bottom}, {0, bottom}}};
  Corners moved = corners;
  for (Corner& corner : moved) {
    const double x = inwards(in.width());
    const double y = inwards(in.height());
    corner.x += corner.x > 0 ? -x : x;
    corner.y += corner.y > 0 ? -y : y;
  }
  return media::warp(in, homography(moved, corners));
}

Result<Raster> pad_picture(const Raster& in, double share, const Chance&) {
  const int x = scaled(in.width(), share);
  const int y = scaled(in.height(), share);
  return media::place(in, x, y, in.width() + 2 * x, in.height() + 2 * y, 0);
}

Result<Raster> inset_picture(const Raster& in, double factor, const Chance& chance) {
  VSEAL_ASSIGN_OR_RETURN(const Raster small, resize_picture(in, factor, chance));
  return media::place(small, random_offset(in.width(), small.width(), chance.seed, 0),
                      random_offset(in.height(), small.height(), chance.seed, 1), in.width(),
                      in.height(), kMidGrey);
}

Result<Raster> brighten_picture(const Raster& in, double factor, const Chance&) {
  return media::mix_colours(in, multiple(factor), 0);
}

Result<Raster> contrast_picture(const Raster& in, double factor, const Chance&) {
  return media::mix_colours(in, multiple(factor), (1 - factor) * media::mean_luma(in));
}

Result<Raster> gamma_picture(const Raster& in, double exponent, const Chance&) {
  return media::power(in, exponent);
}

Result<Raster> saturate_picture(const Raster& in, double factor, const Chance&) {
  return media::mix_colours(in, blend_with_grey(factor), 0);
}

Result<Raster> hue_picture(const Raster& in, double turns, const Chance&) {
  return media::turn_hue(in, turns);
}

Result<Raster> grey_picture(const Raster& in, double, const Chance&) {
  return media::mix_colours(in, blend_with_grey(0), 0);
}

Result<Raster> blur_picture(const Raster& in, double sigma, const Chance&) {
  return media::blur(in, sigma);
}

Result<Raster> median_picture(const Raster& in, double size, const Chance&) {
  return media::median(in, static_cast<int>(size));
}

Result<Raster> noise_picture(const Raster& in, double sigma, const Chance& chance) {
  const double draw = uniform(chance.seed, static_cast<uint64_t>(chance.frame));
  return media::add_noise(in, sigma, static_cast<uint32_t>(draw * 0x1.0p31));
}

Result<Raster> jpeg_picture(const Raster& in, double quality, const Chance&) {
  return through_file(in, media::PictureFormat::kJpeg, quality);
}

Result<Raster> webp_picture(const Raster& in, double quality, const Chance&) {
  return through_file(in, media::PictureFormat::kWebp, quality);
}

Result<Raster> avif_picture(const Raster& in, double quality, const Chance&) {
  return through_file(in, media::PictureFormat::kAvif, quality);
}

}  // namespace vseal::attacks

// The functions behind the table of attacks.
#pragma once

#include "attacks/attack.h"

namespace vseal::attacks {

// A number in 0..1 (1 excluded) that follows from the seed and `draw`.
double uniform(uint64_t seed, uint64_t draw);

using media::Raster;

Result<Raster> keep_picture(const Raster& in, double, const Chance&);
Result<Raster> flip_picture(const Raster& in, double, const Chance&);
Result<Raster> rotate_picture(const Raster& in, double degrees, const Chance&);
Result<Raster> turn_picture(const Raster& in, double degrees, const Chance&);
Result<Raster> resize_picture(const Raster& in, double factor, const Chance&);
Result<Raster> resize_to_height(const Raster& in, double height, const Chance&);
Result<Raster> crop_picture(const Raster& in, double side, const Chance& chance);
Result<Raster> window_picture(const Raster& in, double ratio, const Chance&);
Result<Raster> zoom_picture(const Raster& in, double percent, const Chance&);
Result<Raster> squash_picture(const Raster& in, double factor, const Chance&);
Result<Raster> tilt_picture(const Raster& in, double distortion, const Chance& chance);
Result<Raster> pad_picture(const Raster& in, double share, const Chance&);
Result<Raster> inset_picture(const Raster& in, double factor, const Chance& chance);

Result<Raster> brighten_picture(const Raster& in, double factor, const Chance&);
Result<Raster> contrast_picture(const Raster& in, double factor, const Chance&);
Result<Raster> gamma_picture(const Raster& in, double exponent, const Chance&);
Result<Raster> saturate_picture(const Raster& in, double factor, const Chance&);
Result<Raster> hue_picture(const Raster& in, double turns, const Chance&);
Result<Raster> grey_picture(const Raster& in, double, const Chance&);

Result<Raster> blur_picture(const Raster& in, double sigma, const Chance&);
Result<Raster> median_picture(const Raster& in, double size, const Chance&);
Result<Raster> noise_picture(const Raster& in, double sigma, const Chance& chance);
Result<Raster> jpeg_picture(const Raster& in, double quality, const Chance&);
Result<Raster> webp_picture(const Raster& in, double quality, const Chance&);
Result<Raster> avif_picture(const Raster& in, double quality, const Chance&);

Result<media::Stage> x264_stage(double crf, const media::VideoInfo&);
Result<media::Stage> x264rgb_stage(double crf, const media::VideoInfo&);
Result<media::Stage> x265_stage(double crf, const media::VideoInfo&);
Result<media::Stage> vp9_stage(double crf, const media::VideoInfo&);
Result<media::Stage> av1_stage(double crf, const media::VideoInfo&);
Result<media::Stage> rate_stage(double frames_per_second, const media::VideoInfo&);
Result<media::Stage> drop_stage(double share, const media::VideoInfo&);
Result<media::Stage> speed_stage(double factor, const media::VideoInfo& info);
Result<media::Stage> cut_stage(double seconds, const media::VideoInfo& info);

}  // namespace vseal::attacks

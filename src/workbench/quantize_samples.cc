#include "workbench/quantize_samples.h"

#include <algorithm>
#include <filesystem>
#include <random>

#include "image/resize.h"
#include "media/picture.h"
#include "watermark/marker.h"

namespace vseal::workbench {
namespace {

namespace fs = std::filesystem;

// Of four pictures, the last stays unmarked.
constexpr size_t kUnmarkedEvery = 4;

std::vector<float> message_of(size_t index, int bits) {
  std::mt19937 random(static_cast<uint32_t>(index) + 1);
  std::vector<float> message(static_cast<size_t>(bits));
  for (float& value : message) value = (random() & 1) != 0 ? 1.0f : -1.0f;
  return message;
}

Result<std::vector<float>> seen(const FrameView& frame, int side, int channels, ThreadPool& pool) {
  std::vector<float> values(static_cast<size_t>(side) * side * channels);
  const auto resize = channels == 3 ? image::resize_rgb : image::resize_luma;
  VSEAL_RETURN_IF_ERROR(resize(frame, side, side, values, &pool, image::Resampling::kAntialiased));
  return values;
}

Result<PictureSamples> take(const std::string& path, size_t index, watermark::Marker& marker,
                            ThreadPool& pool) {
  const models::Card& card = marker.card();
  VSEAL_ASSIGN_OR_RETURN(media::Picture picture, media::Picture::load(path));
  FrameView frame = picture.view();
  PictureSamples samples;
  VSEAL_ASSIGN_OR_RETURN(std::vector<float> before,
                         seen(frame, card.processing_size, card.embedder_channels, pool));
  std::vector<float> message = message_of(index, card.bits);
  if (index % kUnmarkedEvery != kUnmarkedEvery - 1) {
    VSEAL_RETURN_IF_ERROR(marker.set_message(message));
    VSEAL_RETURN_IF_ERROR(marker.look(frame));
    VSEAL_RETURN_IF_ERROR(marker.blend(frame));
  }
  VSEAL_ASSIGN_OR_RETURN(std::vector<float> after,
                         seen(frame, card.processing_size, card.detector_channels, pool));
  samples.embedder = {std::move(before), std::move(message)};
  samples.detector = {std::move(after)};
  return samples;
}

}  // namespace

Result<std::vector<std::string>> list_pictures(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> paths;
  if (!fs::is_directory(folder, error)) {
    VSEAL_ASSIGN_OR_RETURN(const auto format, media::sniff_picture(folder));
    if (format.has_value()) paths.push_back(folder);
  } else {
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      if (!at->is_regular_file(error)) continue;
      VSEAL_ASSIGN_OR_RETURN(const auto format, media::sniff_picture(at->path().string()));
      // A name that promises a picture is one, so that broken files are not passed over.
      if (format.has_value() || media::format_from_name(at->path().string()).has_value()) {
        paths.push_back(at->path().string());
      }
    }
    if (error) return not_found(folder + ": " + error.message());
  }
  if (paths.empty()) return not_found(folder + ": expected pictures, found none");
  std::ranges::sort(paths);
  return paths;
}

std::vector<std::string> spread(const std::vector<std::string>& paths, size_t count) {
  if (paths.size() <= count) return paths;
  std::vector<std::string> chosen;
  for (size_t i = 0; i < count; ++i) chosen.push_back(paths[i * paths.size() / count]);
  return chosen;
}

Result<std::vector<PictureSamples>> take_samples(
    const std::vector<std::string>& paths,
    const std::shared_ptr<const watermark::Networks>& networks, ThreadPool& pool,
    const quant::Progress& progress) {
  VSEAL_ASSIGN_OR_RETURN(const auto marker,
                         watermark::Marker::create(networks, &pool, {.feedback_passes = 0}));
  std::vector<PictureSamples> samples;
  for (size_t i = 0; i < paths.size(); ++i) {
    auto taken = take(paths[i], i, *marker, pool);
    if (!taken.ok()) return taken.status().with_context(paths[i]);
    samples.push_back(std::move(*taken));
    VSEAL_RETURN_IF_ERROR(
        quant::report(progress, static_cast<int>(i) + 1, static_cast<int>(paths.size())));
  }
  return samples;
}

}  // namespace vseal::workbench

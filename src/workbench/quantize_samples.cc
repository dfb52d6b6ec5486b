#include "workbench/quantize_samples.h"

#include <algorithm>
#include <filesystem>
#include <random>

#include "image/frame_copy.h"
#include "image/resize.h"
#include "media/picture.h"
#include "media/video.h"
#include "pipeline/source.h"
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

// Makes samples of one frame after the other, which it may change.
class Sampler {
 public:
  static Result<Sampler> create(const std::shared_ptr<const watermark::Networks>& networks,
                                ThreadPool& pool) {
    Sampler sampler(pool);
    VSEAL_ASSIGN_OR_RETURN(sampler.marker_,
                           watermark::Marker::create(networks, &pool, {.feedback_passes = 0}));
    return sampler;
  }

  Status add(FrameView frame) {
    const models::Card& card = marker_->card();
    const size_t index = samples_.size();
    PictureSamples samples;
    VSEAL_ASSIGN_OR_RETURN(std::vector<float> before,
                           seen(frame, card.processing_size, card.embedder_channels, *pool_));
    std::vector<float> message = message_of(index, card.bits);
    if (index % kUnmarkedEvery != kUnmarkedEvery - 1) {
      VSEAL_RETURN_IF_ERROR(marker_->set_message(message));
      VSEAL_RETURN_IF_ERROR(marker_->look(frame));
      VSEAL_RETURN_IF_ERROR(marker_->blend(frame));
    }
    VSEAL_ASSIGN_OR_RETURN(std::vector<float> after,
                           seen(frame, card.processing_size, card.detector_channels, *pool_));
    samples.embedder = {std::move(before), std::move(message)};
    samples.detector = {std::move(after)};
    samples_.push_back(std::move(samples));
    return {};
  }

  size_t count() const { return samples_.size(); }
  std::vector<PictureSamples> take() { return std::move(samples_); }

 private:
  explicit Sampler(ThreadPool& pool) : pool_(&pool) {}

  ThreadPool* pool_;
  std::unique_ptr<watermark::Marker> marker_;
  std::vector<PictureSamples> samples_;
};

Status add_picture(const std::string& path, Sampler& sampler) {
  VSEAL_ASSIGN_OR_RETURN(media::Picture picture, media::Picture::load(path));
  return sampler.add(picture.view());
}

// Frames of a clip, as its container says or, where it does not, as they come.
Result<int64_t> count_frames(const std::string& path) {
  VSEAL_ASSIGN_OR_RETURN(const auto video, media::VideoReader::open(path, {}));
  if (video->info().frame_count > 0) return video->info().frame_count;
  for (int64_t frames = 0;; ++frames) {
    VSEAL_ASSIGN_OR_RETURN(const auto frame, video->next());
    if (!frame.has_value()) return frames;
  }
}

Status add_frames(const std::string& path, size_t count, Sampler& sampler,
                  const quant::Progress& progress) {
  VSEAL_ASSIGN_OR_RETURN(const int64_t total, count_frames(path));
  VSEAL_ASSIGN_OR_RETURN(const auto video, media::VideoReader::open(path, {}));
  const auto wanted = static_cast<int64_t>(count);
  image::FrameCopy copy;
  while (sampler.count() < count) {
    VSEAL_ASSIGN_OR_RETURN(const auto frame, video->next());
    if (!frame.has_value()) break;
    if (frame->index < static_cast<int64_t>(sampler.count()) * total / wanted) continue;
    VSEAL_RETURN_IF_ERROR(sampler.add(copy.take(frame->view, image::CopiedPlanes::kAll)));
    VSEAL_RETURN_IF_ERROR(quant::report(progress, static_cast<int>(sampler.count()),
                                        static_cast<int>(std::min(wanted, total))));
  }
  return sampler.count() > 0 ? Status() : corrupt_input("expected frames, found none");
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

Result<std::vector<std::string>> sample_paths(const std::string& data, size_t count) {
  std::error_code ignored;
  if (fs::is_regular_file(data, ignored)) {
    VSEAL_ASSIGN_OR_RETURN(const pipeline::SourceKind kind, pipeline::sniff(data));
    if (kind == pipeline::SourceKind::kVideo) return std::vector<std::string>();
  }
  VSEAL_ASSIGN_OR_RETURN(const auto paths, list_pictures(data));
  return spread(paths, count);
}

Result<std::vector<PictureSamples>> take_samples(
    const std::vector<std::string>& paths,
    const std::shared_ptr<const watermark::Networks>& networks, ThreadPool& pool,
    const quant::Progress& progress) {
  VSEAL_ASSIGN_OR_RETURN(Sampler sampler, Sampler::create(networks, pool));
  for (const std::string& path : paths) {
    VSEAL_RETURN_IF_ERROR(add_picture(path, sampler).with_context(path));
    VSEAL_RETURN_IF_ERROR(
        quant::report(progress, static_cast<int>(sampler.count()), static_cast<int>(paths.size())));
  }
  return sampler.take();
}

Result<std::vector<PictureSamples>> take_frames(
    const std::string& clip, size_t count,
    const std::shared_ptr<const watermark::Networks>& networks, ThreadPool& pool,
    const quant::Progress& progress) {
  VSEAL_ASSIGN_OR_RETURN(Sampler sampler, Sampler::create(networks, pool));
  VSEAL_RETURN_IF_ERROR(add_frames(clip, count, sampler, progress).with_context(clip));
  return sampler.take();
}

}  // namespace vseal::workbench

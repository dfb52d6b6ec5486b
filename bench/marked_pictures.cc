#include "marked_pictures.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "image/metrics.h"
#include "media/picture.h"

namespace vseal::bench {

Result<std::vector<media::Raster>> load_pictures(const std::string& folder) {
  if (folder.empty()) return invalid_argument("expected --data FOLDER or VSEAL_DATA, got neither");
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const auto kind = media::sniff_picture(entry.path().string());
    if (kind.ok() && kind->has_value()) files.push_back(entry.path().string());
  }
  if (files.empty()) return invalid_argument(folder + ": no pictures");
  std::ranges::sort(files);
  std::vector<media::Raster> pictures;
  for (const std::string& path : files) {
    VSEAL_ASSIGN_OR_RETURN(const media::Picture picture, media::Picture::load(path));
    VSEAL_ASSIGN_OR_RETURN(media::Raster raster, media::Raster::of(picture.view()));
    pictures.push_back(std::move(raster));
  }
  return pictures;
}

Result<MarkedPicture> mark_picture(const media::Raster& original, std::vector<float> message,
                                   const std::shared_ptr<const watermark::Networks>& networks,
                                   const watermark::MarkerOptions& options, ThreadPool* pool) {
  MarkedPicture marked{original, std::move(message), 0, {}};
  VSEAL_ASSIGN_OR_RETURN(const auto marker, watermark::Marker::create(networks, pool, options));
  VSEAL_RETURN_IF_ERROR(marker->set_message(marked.message));
  FrameView frame = marked.picture.view();
  VSEAL_RETURN_IF_ERROR(marker->look(frame));
  VSEAL_RETURN_IF_ERROR(marker->blend(frame));
  VSEAL_ASSIGN_OR_RETURN(const double mse, image::mean_squared_error(original.view(), frame, pool));
  marked.psnr_db = image::psnr_db(mse);
  marked.cost = marker->cost();
  return marked;
}

double share_right(std::span<const float> logits, std::span<const float> message) {
  double right = 0;
  for (size_t i = 0; i < message.size(); ++i) right += (logits[i] > 0) == (message[i] > 0);
  return right / static_cast<double>(message.size());
}

}  // namespace vseal::bench

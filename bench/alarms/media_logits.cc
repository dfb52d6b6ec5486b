#include "media_logits.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "media/picture.h"
#include "media/video.h"
#include "pipeline/source.h"

namespace vseal::bench {
namespace {

using Random = std::mt19937_64;

int between(int least, int most, Random& random) {
  return least + static_cast<int>(random() % static_cast<uint64_t>(most - least + 1));
}

// The part of a frame from (x, y) on; even places, so that chroma samples stay whole.
FrameView part_of(const FrameView& frame, int x, int y, int width, int height) {
  FrameView part = frame;
  for (int i = 0; i < frame.plane_count; ++i) {
    PlaneView& plane = part.planes[static_cast<size_t>(i)];
    const int sx = plane.width < frame.width() ? 2 : 1, sy = plane.height < frame.height() ? 2 : 1;
    const ptrdiff_t samples =
        static_cast<ptrdiff_t>(y / sy) * plane.stride + static_cast<ptrdiff_t>(x / sx) * plane.step;
    plane.data = static_cast<std::byte*>(plane.data) + samples * plane.bytes_per_sample();
    plane.width = (width + sx - 1) / sx;
    plane.height = (height + sy - 1) / sy;
  }
  return part;
}

FrameView random_crop(const FrameView& frame, Random& random) {
  const auto side = [&](int full) {
    return std::max(2, full * between(30, 100, random) / 100 & ~1);
  };
  const int width = side(frame.width()), height = side(frame.height());
  return part_of(frame, between(0, (frame.width() - width) / 2, random) * 2 & ~1,
                 between(0, (frame.height() - height) / 2, random) * 2 & ~1, width, height);
}

Status views_of(const FrameView& frame, const MediaOptions& options, Random& random,
                const ViewCallback& read) {
  VSEAL_RETURN_IF_ERROR(read(frame));
  for (int i = 0; i < options.crops; ++i) {
    VSEAL_RETURN_IF_ERROR(read(random_crop(frame, random)));
  }
  return {};
}

Status views_of_clip(const std::string& path, const MediaOptions& options, Random& random,
                     const ViewCallback& read) {
  VSEAL_ASSIGN_OR_RETURN(const auto video, media::VideoReader::open(path, {}));
  const int64_t distance = std::max<int64_t>(1, video->info().frame_count / options.frames);
  for (int taken = 0; taken < options.frames;) {
    VSEAL_ASSIGN_OR_RETURN(const auto frame, video->next());
    if (!frame.has_value()) break;
    if (frame->index % distance != 0) continue;
    VSEAL_RETURN_IF_ERROR(views_of(frame->view, options, random, read));
    ++taken;
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> media_files(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    if (it->is_regular_file(error)) files.push_back(it->path().string());
  }
  if (error) return Status(Code::kNotFound, folder + ": " + error.message());
  std::ranges::sort(files);
  return files;
}

std::vector<std::string> evenly(const std::vector<std::string>& files, size_t count) {
  count = std::min(count, files.size());
  std::vector<std::string> some;
  for (size_t i = 0; i < count; ++i) some.push_back(files[i * files.size() / count]);
  return some;
}

Status for_each_view(const std::vector<std::string>& files, const MediaOptions& options,
                     const ViewCallback& read) {
  Random random(options.seed);
  for (const std::string& path : files) {
    const auto kind = pipeline::sniff(path);
    if (!kind.ok()) continue;
    if (*kind == pipeline::SourceKind::kVideo) {
      VSEAL_RETURN_IF_ERROR(views_of_clip(path, options, random, read).with_context(path));
    } else {
      VSEAL_ASSIGN_OR_RETURN(const media::Picture picture, media::Picture::load(path));
      VSEAL_RETURN_IF_ERROR(views_of(picture.view(), options, random, read).with_context(path));
    }
  }
  return {};
}

}  // namespace vseal::bench

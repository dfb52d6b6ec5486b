#include "workbench/eval/subject.h"

#include <algorithm>

#include "base/split_mix.h"
#include "image/metrics.h"
#include "media/picture.h"
#include "pipeline/mark_meter.h"
#include "watermark/video_marker.h"

namespace vseal::workbench {
namespace {

using watermark::Marker;

constexpr int kUsualIdBits = 48;
constexpr int kShortIdBits = 32;
constexpr int64_t kMeasureEvery = 8;  // of a clip's frames, PSNR and SSIM are taken of every eighth

Result<std::unique_ptr<Marker>> make_marker(const EvalTools& tools, const EvalMark& mark,
                                            const watermark::MarkerOptions& options,
                                            ThreadPool* pool) {
  VSEAL_ASSIGN_OR_RETURN(auto marker, Marker::create(tools.networks, pool, options));
  VSEAL_RETURN_IF_ERROR(marker->set_message(payload::message_of_bits(mark.bits)));
  return marker;
}

class PictureSubject : public Subject {
 public:
  PictureSubject(EvalMark message, uint64_t seed) {
    message_ = std::move(message);
    seed_ = seed;
  }

  Status mark(const EvalTools& tools, const std::string& path,
              const watermark::MarkerOptions& options, ThreadPool* pool) {
    VSEAL_ASSIGN_OR_RETURN(media::Picture picture, media::Picture::load(path));
    const auto original = picture.clone_pixels();
    if (!original.has_value()) return Status(Code::kOutOfMemory, "no memory for the picture");
    VSEAL_ASSIGN_OR_RETURN(const auto marker, make_marker(tools, message_, options, pool));
    FrameView frame = picture.view();
    VSEAL_RETURN_IF_ERROR(marker->look(frame));
    VSEAL_RETURN_IF_ERROR(marker->blend(frame));
    const media::Picture& before = *original;
    VSEAL_ASSIGN_OR_RETURN(const image::Quality quality,
                           image::compare(before.view(), frame, pool));
    VSEAL_ASSIGN_OR_RETURN(original_, media::Raster::of(before.view()));
    VSEAL_ASSIGN_OR_RETURN(picture_, media::Raster::of(frame));
    marked_ = {picture_.width(), picture_.height(), 1, quality.psnr_db, quality.ssim};
    return {};
  }

  Status attack(const attacks::Attack& attack, ThreadPool*, const FrameSink& sink) const override {
    VSEAL_ASSIGN_OR_RETURN(const media::Raster attacked,
                           attacks::attack_picture(picture_, attack, {.seed = seed_}));
    return sink(attacked.view());
  }

  Result<CasePictures> show(const attacks::Attack& attack, ThreadPool*) const override {
    CasePictures pictures{original_, picture_, {}};
    VSEAL_ASSIGN_OR_RETURN(pictures.attacked,
                           attacks::attack_picture(picture_, attack, {.seed = seed_}));
    return pictures;
  }

 private:
  media::Raster original_;
  media::Raster picture_;
};

// The start of a clip. Its frames are not held, only the residuals of its key frames: every attack
// decodes the file and marks it on the way.
class ClipSubject : public Subject {
 public:
  ClipSubject(const EvalTools& tools, EvalMark message, uint64_t seed, const std::string& path,
              const EvalSettings& settings)
      : tools_(tools), options_(settings.marker) {
    message_ = std::move(message);
    seed_ = seed;
    key_frames_.step = tools.networks->card().step;
    // One thread, so that what codecs make does not depend on how many there are.
    clip_ = {path, settings.max_frames, settings.frame_step, 1};
  }

  // Looks at all key frames and measures what the mark does.
  Status mark(ThreadPool* pool) {
    VSEAL_ASSIGN_OR_RETURN(const auto marker, make_marker(tools_, message_, options_, pool));
    pipeline::MarkMeter meter(tools_.networks->card().embedder_channels == 1, pool);
    attacks::Clip all = clip_;
    all.prepare = [&](FrameView& frame, int64_t index) -> Status {
      if (watermark::plan_frame(index, key_frames_).is_key) {
        VSEAL_RETURN_IF_ERROR(marker->look(frame));
        looks_.push_back(marker->last_look());
      }
      const bool measured = index % kMeasureEvery == 0;
      if (measured) meter.before(frame);
      VSEAL_RETURN_IF_ERROR(marker->blend(frame));
      marked_.width = frame.width();
      marked_.height = frame.height();
      return measured ? meter.after(frame) : Status();
    };
    VSEAL_ASSIGN_OR_RETURN(const attacks::Attack nothing, attacks::parse_attack("identity"));
    VSEAL_ASSIGN_OR_RETURN(
        const media::ChainReport report,
        attacks::attack_clip(all, nothing, seed_, [](media::VideoFrame&) { return Status(); }));
    marked_.frames = report.frames_in;
    marked_.psnr_db = meter.rgb_psnr_db();
    marked_.ssim = meter.quality().value_or(image::Quality{}).ssim;
    return {};
  }

  Status attack(const attacks::Attack& attack, ThreadPool* pool,
                const FrameSink& sink) const override {
    VSEAL_ASSIGN_OR_RETURN(const auto marker, make_marker(tools_, message_, options_, pool));
    return attacks::attack_clip(marked_clip(*marker), attack, seed_,
                                [&](media::VideoFrame& frame) { return sink(frame.view); })
        .status();
  }

  Result<CasePictures> show(const attacks::Attack& attack, ThreadPool* pool) const override {
    VSEAL_ASSIGN_OR_RETURN(const auto marker, make_marker(tools_, message_, options_, pool));
    VSEAL_ASSIGN_OR_RETURN(const attacks::Attack nothing, attacks::parse_attack("identity"));
    const attacks::Clip clip = marked_clip(*marker);
    CasePictures pictures;
    VSEAL_ASSIGN_OR_RETURN(pictures.original, first_frame(clip_, nothing));
    VSEAL_ASSIGN_OR_RETURN(pictures.marked, first_frame(clip, nothing));
    VSEAL_ASSIGN_OR_RETURN(pictures.attacked, first_frame(clip, attack));
    return pictures;
  }

 private:
  attacks::Clip marked_clip(Marker& marker) const {
    attacks::Clip clip = clip_;
    clip.prepare = [this, &marker](FrameView& frame, int64_t index) -> Status {
      const size_t key = static_cast<size_t>(watermark::plan_frame(index, key_frames_).key);
      if (key >= looks_.size()) return internal_error("[eval] expected a frame seen before");
      return marker.blend(frame, looks_[key]);
    };
    return clip;
  }

  // In R, G and B.
  Result<media::Raster> first_frame(const attacks::Clip& clip, attacks::Attack attack) const {
    // An edit that changes nothing: frames become RGB on their way to it.
    VSEAL_ASSIGN_OR_RETURN(const attacks::Attack edit, attacks::parse_attack("brightness:1"));
    attack.steps.push_back(edit.steps.front());
    Result<media::Raster> first = corrupt_input("the attack has left no frames");
    const auto report =
        attacks::attack_clip(clip, attack, seed_, [&](media::VideoFrame& frame) -> Status {
          first = media::Raster::of(frame.view);
          return Status(Code::kCancelled, "one frame is enough");
        });
    if (!report.ok() && report.status().code() != Code::kCancelled) return report.status();
    return first;
  }

  const EvalTools& tools_;
  const watermark::MarkerOptions options_;
  watermark::VideoOptions key_frames_;
  attacks::Clip clip_;
  std::vector<watermark::Look> looks_;  // of the key frames
};

}  // namespace

uint64_t seed_of_file(uint64_t seed, const std::string& name) {
  uint64_t hash = 0xCBF29CE484222325u;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return SplitMix64(hash ^ SplitMix64(seed).next()).next();
}

Result<int> choose_id_bits(const EvalTools& tools, int asked) {
  if (tools.codec == nullptr) {
    if (asked == 0) return 0;
    return pipeline::expect_codec({tools.networks, nullptr, nullptr}).with_context("id bits");
  }
  const int most = 8 * tools.codec->max_bytes(payload::Type::kHex);
  if (asked == 0) return most >= kUsualIdBits ? kUsualIdBits : std::min(most, kShortIdBits);
  if (asked >= 8 && asked <= most && asked % 8 == 0) return asked;
  return invalid_argument("id bits: expected a multiple of 8 from 8 to " + std::to_string(most) +
                          ", which the model carries, got " + std::to_string(asked));
}

Result<EvalMark> random_mark(const EvalTools& tools, int id_bits, uint64_t seed) {
  SplitMix64 numbers(seed);
  EvalMark mark;
  if (tools.codec == nullptr) {
    mark.bits.resize(static_cast<size_t>(tools.networks->card().bits));
    for (uint8_t& bit : mark.bits) bit = static_cast<uint8_t>(numbers.next() >> 63);
    return mark;
  }
  payload::Payload id{payload::Type::kHex, {}};
  for (int i = 0; i < id_bits / 8; ++i)
    id.bytes.push_back(static_cast<uint8_t>(numbers.next() >> 56));
  VSEAL_ASSIGN_OR_RETURN(const std::vector<float> message, tools.codec->encode(id));
  mark.bits = payload::bits_of_logits(message);
  mark.id = std::move(id);
  return mark;
}

Result<std::unique_ptr<Subject>> Subject::mark(const EvalTools& tools, const EvalSource& source,
                                               const EvalSettings& settings, ThreadPool* pool) {
  const uint64_t seed = seed_of_file(settings.seed, source.name());
  VSEAL_ASSIGN_OR_RETURN(const int id_bits, choose_id_bits(tools, settings.id_bits));
  VSEAL_ASSIGN_OR_RETURN(EvalMark message, random_mark(tools, id_bits, seed));
  if (source.kind == pipeline::SourceKind::kPicture) {
    auto picture = std::make_unique<PictureSubject>(std::move(message), seed);
    VSEAL_RETURN_IF_ERROR(picture->mark(tools, source.path, settings.marker, pool));
    return std::unique_ptr<Subject>(std::move(picture));
  }
  auto clip = std::make_unique<ClipSubject>(tools, std::move(message), seed, source.path, settings);
  VSEAL_RETURN_IF_ERROR(clip->mark(pool));
  return std::unique_ptr<Subject>(std::move(clip));
}

}  // namespace vseal::workbench

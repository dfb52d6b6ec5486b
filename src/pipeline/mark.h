// Marking a file.
#pragma once

#include <optional>
#include <string>

#include "base/atomic_file.h"
#include "image/metrics.h"
#include "media/picture.h"
#include "media/video.h"
#include "payload/codec.h"
#include "payload/raw_bits.h"
#include "pipeline/read.h"
#include "pipeline/source.h"
#include "pipeline/survive.h"
#include "watermark/marker.h"
#include "watermark/video_marker.h"

namespace vseal::pipeline {

struct MarkSettings {
  payload::Payload id;
  std::optional<payload::Bits> raw_bits;  // in place of the ID: the model's n bits as they are
  watermark::MarkerOptions marker;
  watermark::VideoOptions key_frames{.step = 0};  // step 0: the card's
  IfExists if_exists = IfExists::kFail;
  bool verify = true;  // read the written file back before it gets its name
  // The embedder's weights are let go of before the file is read back: for a process that marks one
  // file, and would hold both networks to no use.
  bool release_embedder = false;
  bool measure = true;  // PSNR and SSIM of the mark; always done where it must survive something
  SurviveSettings survive;
  std::optional<media::PictureFormat> picture_format;  // by the output's name, else as the input
  media::SaveOptions picture;
  media::TranscodeOptions video;
};

struct MarkReport {
  SourceKind kind = SourceKind::kPicture;
  int width = 0;  // coded, in px
  int height = 0;
  int64_t frames = 0;
  // Of the mark itself, before the output is compressed: over the whole picture, or over the luma
  // of a video's sampled frames.
  std::optional<image::Quality> quality;
  double rgb_psnr_db = 0;  // beside quality: over R, G and B, to which a video's luma is converted
  watermark::SceneCost scenes;
  std::optional<ReadReport> verified;
  std::optional<SurviveReport> survive;  // when attacks were asked for
  media::TranscodeReport video;          // of a video
  watermark::VideoOptions key_frames{};  // of a video, as used
  double mark_s = 0;
  double verify_s = 0;
};

// Marks `input` with settings.id and writes `output`, whole or not at all. "-" reads a video stream
// from standard input or writes one to standard output (which cannot be verified).
// kVerifyFailed when the written file does not give its ID back, or raw bits with so few matches
// that chance would give them more often than payload::kRawPValue, or does not survive what it
// must: nothing is left behind then.
Result<MarkReport> mark_file(const Tools& tools, const std::string& input,
                             const std::string& output, const MarkSettings& settings,
                             const ProgressCallback& progress);

// The n values of +1 or -1 that `settings` asks for.
Result<std::vector<float>> message_of(const Tools& tools, const MarkSettings& settings);

// The halves, by kind. They write to `path` (opened for them) and leave naming and verifying to
// mark_file; `name` is the output's final name.
Status mark_picture(const Tools& tools, const std::string& input, const std::string& path,
                    const std::string& name, const MarkSettings& settings, MarkReport& report);
Status mark_video(const Tools& tools, const std::string& input, const std::string& path,
                  const std::string& name, const MarkSettings& settings, MarkReport& report,
                  const ProgressCallback& progress);

}  // namespace vseal::pipeline

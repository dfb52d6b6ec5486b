// Attacks on videos.
#include <algorithm>

#include "attacks/attack.h"
#include "attacks/steps.h"

namespace vseal::attacks {
namespace {

// What attacks see of a clip of which only the start is taken.
media::VideoInfo info_of_start(media::VideoInfo info, int64_t max_frames) {
  if (max_frames <= 0 || info.frames_per_second <= 0) return info;
  const double start_s = static_cast<double>(max_frames) / info.frames_per_second;
  if (info.duration_s > 0) info.duration_s = std::min(info.duration_s, start_s);
  return info;
}

// Consecutive steps on pictures as one stage.
media::Stage edit_stage(Attack steps, uint64_t seed) {
  int64_t frame = 0;
  return media::EditStage{
      [steps = std::move(steps), seed, frame](const media::Raster& picture) mutable {
        return attack_picture(picture, steps, {seed, frame++});
      }};
}

media::Stage every(int frame_step) {
  return media::FilterStage{"select='not(mod(n," + std::to_string(frame_step) + "))'"};
}

Result<std::vector<media::Stage>> stages_of(const Attack& attack, const Clip& clip, uint64_t seed,
                                            const media::VideoInfo& info) {
  std::vector<media::Stage> stages;
  if (clip.prepare) stages.push_back(media::TouchStage{clip.prepare});
  Attack pictures;
  const auto close_edit = [&] {
    if (!pictures.steps.empty()) stages.push_back(edit_stage(std::move(pictures), seed));
    pictures = Attack();
  };
  for (const AttackStep& step : attack.steps) {
    if (step.type->picture == keep_picture) continue;  // spares frames the way to RGB and back
    if (step.type->picture != nullptr) {
      pictures.steps.push_back(step);
      continue;
    }
    close_edit();
    VSEAL_ASSIGN_OR_RETURN(media::Stage stage, step.type->video(step.value, info));
    stages.push_back(std::move(stage));
  }
  // What no later stage needs is left out before the last edits are made to it.
  if (clip.frame_step > 1) stages.push_back(every(clip.frame_step));
  close_edit();
  return stages;
}

}  // namespace

Result<media::ChainReport> attack_clip(const Clip& clip, const Attack& attack, uint64_t seed,
                                       const media::FrameCallback& sink) {
  if (clip.frame_step < 1) {
    return invalid_argument("[attack] frame_step: expected at least 1, got " +
                            std::to_string(clip.frame_step));
  }
  media::ChainInput input{clip.path, {}, clip.max_frames};
  input.open.threads = clip.threads;
  VSEAL_ASSIGN_OR_RETURN(const auto video, media::VideoReader::open(clip.path, input.open));
  VSEAL_ASSIGN_OR_RETURN(
      const std::vector<media::Stage> stages,
      stages_of(attack, clip, seed, info_of_start(video->info(), clip.max_frames)));
  return media::run_chain(input, stages, sink);
}

}  // namespace vseal::attacks

// A picture or a clip that carries a random mark, in memory, ready to be attacked.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "attacks/attack.h"
#include "media/raster.h"
#include "workbench/eval/eval_inputs.h"
#include "workbench/eval/eval_settings.h"
#include "workbench/eval/score.h"

namespace vseal::workbench {

// The number from which all of a file's chances follow: `seed` and the file's name, not its folder.
uint64_t seed_of_file(uint64_t seed, const std::string& name);

// A random message: of a random hex ID of `id_bits`, or, without a codec, of random bits.
Result<EvalMark> random_mark(const EvalTools& tools, int id_bits, uint64_t seed);

// The ID's size: `asked`, or for 0 48 bits where they fit, else 32. 0 without a codec.
// kInvalidArgument for what does not fit or is no multiple of 8.
Result<int> choose_id_bits(const EvalTools& tools, int asked);

// What marking did to a file.
struct MarkedFile {
  int width = 0;  // as displayed, in px
  int height = 0;
  int64_t frames = 1;
  double psnr_db = 0;  // in RGB
  double ssim = 0;     // of luma
};

// Pictures of one case, at full size. Of a clip, the first frame that there is.
struct CasePictures {
  media::Raster original;
  media::Raster marked;
  media::Raster attacked;
};

using FrameSink = std::function<Status(const FrameView& frame)>;

// Immutable once made: any number of threads may attack it.
class Subject {
 public:
  // Marks `source` with `settings.marker`. `pool` as Marker's.
  static Result<std::unique_ptr<Subject>> mark(const EvalTools& tools, const EvalSource& source,
                                               const EvalSettings& settings, ThreadPool* pool);
  virtual ~Subject() = default;

  const EvalMark& message() const { return message_; }
  const MarkedFile& marked() const { return marked_; }

  // Hands the attacked picture, or every frame_step-th frame of the attacked clip, to `sink`.
  virtual Status attack(const attacks::Attack& attack, ThreadPool* pool,
                        const FrameSink& sink) const = 0;
  virtual Result<CasePictures> show(const attacks::Attack& attack, ThreadPool* pool) const = 0;

 protected:
  EvalMark message_;
  MarkedFile marked_;
  uint64_t seed_ = 0;
};

}  // namespace vseal::workbench

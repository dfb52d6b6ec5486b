#include "apps/eval_options.h"

#include "apps/search_options.h"
#include "apps/strength_options.h"

namespace vseal::cli {
namespace {

void add_eval_clips(CLI::App& command, EvalSettings& s) {
  const std::string group = "Clips";
  command.add_option("--max-frames", s.max_frames, "Frames of a clip, from its start")
      ->type_name("N")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str()
      ->group(group);
  command.add_option("--frame-step", s.frame_step, "Read every n-th frame of an attacked clip")
      ->type_name("N")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str()
      ->group(group);
}

}  // namespace

void add_eval(CLI::App& command, EvalSettings& s) {
  command.add_option("input", s.inputs, "Pictures, clips, and folders of them")
      ->required()
      ->type_name("INPUT");
  command
      .add_option("--attacks", s.attacks,
                  "Attacks separated by commas, or a grid: images (of pictures by default), video "
                  "(of clips), quick")
      ->type_name("ATTACK,...");
  command
      .add_option("--id-bits", s.id_bits,
                  "Data bits of the random IDs, a multiple of 8; 48 where they fit, else 32")
      ->type_name("N")
      ->check(CLI::Range(8, 4096));
  command
      .add_option("--reader", s.reader,
                  "Model file that reads, where it is another than --model, which marks")
      ->type_name("MODEL");
  command.add_option("--seed", s.seed, "Seed of IDs, places of crops, and noise")
      ->type_name("N")
      ->capture_default_str();
  auto* output = command
                     .add_option("-o,--output", s.output,
                                 "Folder for every result, summaries and a page with plots")
                     ->type_name("FOLDER");
  command.add_flag("--resume", s.resume, "Go on with the results in the output folder")
      ->needs(output);
  command
      .add_flag("--looks", s.looks,
                "Also write looks.html: every file at full size, marked, and what was changed")
      ->needs(output);
  add_search(command, s.search, s.search_time_s);
  add_strength(command, s.strength, s.psnr_db, s.feedback);
  add_eval_clips(command, s);
}

}  // namespace vseal::cli

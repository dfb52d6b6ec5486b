#include "apps/strength_options.h"

#include <string>

namespace vseal::cli {

void add_strength(CLI::App& command, double& strength, double& psnr_db, int& passes) {
  const std::string group = kStrengthGroup;
  command.add_option("--strength", strength, "Strength, as a multiple of the model's own")
      ->type_name("0.1..8")
      ->check(CLI::Range(0.1, 8.0))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--psnr", psnr_db,
                  "PSNR in RGB that the mark shall have, in dB, in place of --strength")
      ->type_name("DB")
      ->check(CLI::Range(25.0, 60.0))
      ->excludes("--strength")
      ->group(group);
  command
      .add_option("--passes", passes,
                  "Times that the mark is read back and pushed where bits read weakly")
      ->type_name("0..8")
      ->check(CLI::Range(0, 8))
      ->capture_default_str()
      ->group(group);
}

}  // namespace vseal::cli

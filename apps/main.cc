// vseal, the command.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "apps/commands.h"
#include "apps/exit_codes.h"
#include "apps/heap.h"
#include "apps/options.h"
#include "apps/progress.h"

namespace {

using namespace vseal::cli;  // NOLINT: this file is the command

int parse_failure(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);
  std::fprintf(stderr, "vseal: %s\nTry vseal --help, or vseal COMMAND --help.\n", error.what());
  return kExitUsage;
}

int dispatch(const CLI::App& app, const Settings& settings) {
  route_log(settings.common);
  ProgressBar::catch_interrupts();
  if (app.got_subcommand("embed")) return run_embed(settings.common, settings.embed);
  if (app.got_subcommand("detect")) return run_detect(settings.common, settings.detect);
  if (app.got_subcommand("eval")) return run_eval(settings.common, settings.eval);
  if (app.got_subcommand("export")) return run_export(settings.common, settings.model);
  if (app.got_subcommand("quantize")) return run_quantize(settings.common, settings.quantize);
  if (app.got_subcommand("bench")) return run_bench(settings.common, settings.bench);
  const CLI::App& model = *app.get_subcommand("model");
  if (model.got_subcommand("convert")) return run_model_convert(settings.common, settings.model);
  if (model.got_subcommand("check")) return run_model_check(settings.common);
  if (model.got_subcommand("fetch")) return run_model_fetch(settings.common, settings.model);
  return run_model_info(settings.common, settings.model);
}

}  // namespace

int main(int argc, char** argv) {
  keep_heap();
  // libvips would load every plug-in beside it at its start, with ImageMagick, Poppler and
  // OpenSlide behind them; the only one that vseal uses is loaded when it is needed.
  ::setenv("VIPSHOME", "/nonexistent", 0);
  try {
    Settings settings;
    const auto app = make_app(settings);
    try {
      app->parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return parse_failure(*app, error);
    }
    const int code = dispatch(*app, settings);
    // A full disk or a closed pipe must not pass for success.
    return std::fflush(stdout) != 0 || std::ferror(stdout) != 0 ? kExitIo : code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vseal: unexpected: %s\n", error.what());
    return kExitInternal;
  }
}

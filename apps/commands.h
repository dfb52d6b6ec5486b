// What the subcommands do. Each returns the exit code.
#pragma once

#include "apps/options.h"

namespace vseal::cli {

int run_embed(const CommonSettings& common, const EmbedSettings& settings);
int run_detect(const CommonSettings& common, const DetectSettings& settings);
int run_eval(const CommonSettings& common, const EvalSettings& settings);
int run_model_info(const CommonSettings& common, const ModelSettings& settings);
int run_model_convert(const CommonSettings& common, const ModelSettings& settings);
int run_model_check(const CommonSettings& common);
int run_export(const CommonSettings& common, const ModelSettings& settings);
int run_quantize(const CommonSettings& common, const QuantizeSettings& settings);
int run_bench(const CommonSettings& common, const BenchSettings& settings);
int run_model_fetch(const CommonSettings& common, const ModelSettings& settings);

// Sends what the library logs to standard error, as much of it as -v and -q ask for.
void route_log(const CommonSettings& common);

}  // namespace vseal::cli

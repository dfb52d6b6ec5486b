// vseal/model.h: timing models.
#include "workbench/bench.h"

#include "api/convert.h"
#include "api/handles.h"
#include "vseal/model.h"

extern "C" {

void vseal_bench_options_init(vseal_bench_options* options) {
  *options = vseal_bench_options{};
  options->rounds = vseal::workbench::BenchSettings().rounds;
}

vseal_code vseal_model_bench(const char* model, const vseal_bench_options* options,
                             vseal_report** report, vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> vseal::Status {
    if (report != nullptr) *report = nullptr;
    vseal_bench_options chosen;
    vseal_bench_options_init(&chosen);
    if (options != nullptr) chosen = *options;
    if (chosen.rounds < 1) {
      return vseal::invalid_argument("rounds: expected 1 or more, got " +
                                     std::to_string(chosen.rounds));
    }
    vseal::ThreadPool pool(chosen.threads);
    VSEAL_ASSIGN_OR_RETURN(const auto done, vseal::workbench::bench_model(
                                                [model] { return vseal::api::open_model(model); },
                                                {chosen.rounds, chosen.layers != 0}, pool));
    if (report != nullptr) {
      *report = new vseal_report{vseal::workbench::bench_json(vseal_version(), done)};
    }
    return {};
  });
}

}  // extern "C"

// Whole files through the C API.
#include <climits>

#include "api/convert.h"
#include "api/handles.h"
#include "api/report.h"

namespace {

using vseal::Status;

Status expect_paths(const char* input, const char* output) {
  if (input == nullptr || output == nullptr || *input == '\0' || *output == '\0') {
    return vseal::invalid_argument("input and output: expected paths, got none");
  }
  return {};
}

void hand_over(std::string json, vseal_report** report) {
  if (report != nullptr) *report = new vseal_report{std::move(json)};
}

void fill_reading(const vseal::pipeline::ReadReport& found, vseal_reading& reading) {
  reading = {};
  reading.expected_found = found.expected_found ? 1 : 0;
  reading.expected_p_value = found.expected_p_value.value_or(1.0);
  if (found.raw.has_value()) {
    vseal::api::to_reading(*found.raw, reading);
  } else {
    vseal::api::to_reading(found.reading, reading);
  }
  reading.frames_read = found.frames_read;
  reading.frames_total = found.frames_total;
}

}  // namespace

extern "C" {

void vseal_mark_options_init(vseal_mark_options* options) {
  *options = vseal_mark_options{};
  options->id_type = VSEAL_ID_AUTO;
  options->strength = 1.0f;
  options->feedback = vseal::watermark::MarkerOptions{}.feedback_passes;
  options->verify = 1;
  options->measure = 1;
  options->crf = -1;
  options->video_stream = -1;
}

void vseal_read_options_init(vseal_read_options* options) {
  const vseal::pipeline::ReadSettings defaults;
  *options = vseal_read_options{};
  options->expected_type = VSEAL_ID_AUTO;
  options->max_frames = defaults.max_frames;
  options->frame_step = defaults.frame_step;
  options->video_stream = -1;
}

const char* vseal_report_json(const vseal_report* report) { return report->json.c_str(); }

void vseal_report_destroy(vseal_report* report) { delete report; }

vseal_code vseal_mark_file(const vseal_context* context, const char* input, const char* output,
                           const vseal_mark_options* options, vseal_report** report,
                           vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> Status {
    if (report != nullptr) *report = nullptr;
    if (context == nullptr || options == nullptr) {
      return vseal::invalid_argument("context and options: expected both");
    }
    VSEAL_RETURN_IF_ERROR(expect_paths(input, output));
    VSEAL_ASSIGN_OR_RETURN(auto settings, vseal::api::to_mark_settings(*options, context->bits()));
    settings.video.threads = context->pool.threads();
    const auto progress = vseal::api::to_progress(options->progress, options->user);
    VSEAL_ASSIGN_OR_RETURN(const auto done, vseal::pipeline::mark_file(context->tools(), input,
                                                                       output, settings, progress));
    hand_over(vseal::api::to_json(input, output, settings, done), report);
    return {};
  });
}

vseal_code vseal_read_file(const vseal_context* context, const char* input,
                           const vseal_read_options* options, vseal_reading* reading,
                           vseal_report** report, vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> Status {
    if (report != nullptr) *report = nullptr;
    if (context == nullptr || reading == nullptr) {
      return vseal::invalid_argument("context and reading: expected both");
    }
    VSEAL_RETURN_IF_ERROR(expect_paths(input, "-"));
    VSEAL_ASSIGN_OR_RETURN(auto settings, vseal::api::to_read_settings(options, context->bits()));
    settings.video.threads = context->pool.threads();
    const auto progress = options == nullptr
                              ? vseal::pipeline::ProgressCallback()
                              : vseal::api::to_progress(options->progress, options->user);
    VSEAL_ASSIGN_OR_RETURN(const auto found,
                           vseal::pipeline::read_file(context->tools(), input, settings, progress));
    fill_reading(found, *reading);
    hand_over(vseal::api::to_json(input, found), report);
    return {};
  });
}

}  // extern "C"

// Between the C types of vseal.h and the types of the rooms below.
#pragma once

#include <exception>
#include <memory>
#include <new>

#include "base/plane.h"
#include "base/status.h"
#include "models/model.h"
#include "payload/codec.h"
#include "pipeline/mark.h"
#include "pipeline/read.h"
#include "vseal/vseal.h"

namespace vseal::api {

vseal_code to_code(Code code);
// Fills *error (which may be null) and returns the code.
vseal_code report_status(const Status& status, vseal_error* error);

Result<payload::Payload> to_payload(const char* id, vseal_id_type type);
// `bits` is the model's, which raw bits must have.
Result<pipeline::MarkSettings> to_mark_settings(const vseal_mark_options& options, int bits);
// A time limit of 0 is the default.
Result<watermark::SearchOptions> to_search(vseal_search mode, double time_limit_s);
Result<pipeline::ReadSettings> to_read_settings(const vseal_read_options* options, int bits);
pipeline::ProgressCallback to_progress(vseal_progress_callback callback, void* user);
Result<FrameView> to_frame(const vseal_image* image);
// A model to compute with: "default" or null is the one inside the library, in 8-bit integers,
// "default-f32" its float form; else that of a path, or of a name in the user's folder of models.
Result<std::shared_ptr<const models::Model>> open_model(const char* model);
// A model to write in another form: as open_model, but "default" and null are the float form too.
Result<std::shared_ptr<const models::Model>> open_float_model(
    const char* model, const models::LoadOptions& options = {});
// Frames and, for the first, what was expected are left to the caller.
void to_reading(const payload::Reading& reading, vseal_reading& out);
void to_reading(const pipeline::RawReading& raw, vseal_reading& out);

// Runs `body` (returning Status) so that nothing thrown below leaves the library.
template <typename Body>
vseal_code guarded(vseal_error* error, const Body& body) {
  try {
    return report_status(body(), error);
  } catch (const std::bad_alloc&) {
    return report_status(Status(Code::kOutOfMemory, "out of memory"), error);
  } catch (const std::exception& e) {
    return report_status(internal_error(std::string("unexpected exception: ") + e.what()), error);
  }
}

}  // namespace vseal::api

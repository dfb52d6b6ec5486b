// Frames in memory through the C API.
#include <algorithm>

#include "api/convert.h"
#include "api/handles.h"

using vseal::Status;

extern "C" {

vseal_code vseal_marker_create(const vseal_context* context, const vseal_mark_options* options,
                               vseal_marker** marker, vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> Status {
    if (context == nullptr || options == nullptr || marker == nullptr) {
      return vseal::invalid_argument("context, options and marker: expected all of them");
    }
    *marker = nullptr;
    VSEAL_ASSIGN_OR_RETURN(const auto settings,
                           vseal::api::to_mark_settings(*options, context->bits()));
    VSEAL_ASSIGN_OR_RETURN(const auto message,
                           vseal::pipeline::message_of(context->tools(), settings));
    auto created = std::make_unique<vseal_marker>();
    VSEAL_ASSIGN_OR_RETURN(
        created->marker,
        vseal::watermark::Marker::create(context->networks, &context->pool, settings.marker));
    VSEAL_RETURN_IF_ERROR(created->marker->set_message(message));
    *marker = created.release();
    return {};
  });
}

vseal_code vseal_marker_mark(vseal_marker* marker, const vseal_image* image, int key_frame,
                             vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> Status {
    if (marker == nullptr) return vseal::invalid_argument("marker: expected one, got NULL");
    VSEAL_ASSIGN_OR_RETURN(vseal::FrameView frame, vseal::api::to_frame(image));
    if (key_frame != 0) VSEAL_RETURN_IF_ERROR(marker->marker->look(frame));
    return marker->marker->blend(frame);
  });
}

void vseal_marker_destroy(vseal_marker* marker) { delete marker; }

vseal_code vseal_reader_create(const vseal_context* context, const vseal_read_options* options,
                               vseal_reader** reader, vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> Status {
    if (context == nullptr || reader == nullptr) {
      return vseal::invalid_argument("context and reader: expected both");
    }
    *reader = nullptr;
    VSEAL_ASSIGN_OR_RETURN(const auto settings,
                           vseal::api::to_read_settings(options, context->bits()));
    if (!settings.raw) VSEAL_RETURN_IF_ERROR(vseal::pipeline::expect_codec(context->tools()));
    auto created = std::make_unique<vseal_reader>();
    created->context = context;
    created->raw = settings.raw;
    VSEAL_ASSIGN_OR_RETURN(
        created->reader,
        vseal::watermark::Reader::create(context->networks, &context->pool, settings.reader));
    *reader = created.release();
    return {};
  });
}

vseal_code vseal_reader_add(vseal_reader* reader, const vseal_image* image, vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> Status {
    if (reader == nullptr) return vseal::invalid_argument("reader: expected one, got NULL");
    VSEAL_ASSIGN_OR_RETURN(const vseal::FrameView frame, vseal::api::to_frame(image));
    return reader->reader->add(frame);
  });
}

vseal_code vseal_reader_result(vseal_reader* reader, vseal_reading* reading, vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> Status {
    if (reader == nullptr || reading == nullptr) {
      return vseal::invalid_argument("reader and reading: expected both");
    }
    if (reader->reader->frames() == 0) {
      return vseal::invalid_argument("reader: expected at least one image added before a result");
    }
    *reading = vseal_reading{};
    reading->expected_p_value = 1.0;
    const auto logits = reader->reader->logits();
    if (reader->raw.has_value()) {
      vseal::api::to_reading(vseal::pipeline::raw_reading(*reader->raw, logits), *reading);
    } else {
      vseal::api::to_reading(reader->context->codec->decode(logits, ++reader->looks), *reading);
    }
    reading->frames_read = reader->reader->frames();
    return {};
  });
}

vseal_code vseal_reader_logits(vseal_reader* reader, float* logits, size_t count,
                               vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> Status {
    if (reader == nullptr || logits == nullptr) {
      return vseal::invalid_argument("reader and logits: expected both");
    }
    const auto pooled = reader->reader->logits();
    if (count != pooled.size()) {
      return vseal::invalid_argument("count: expected " + std::to_string(pooled.size()) +
                                     " logits, got " + std::to_string(count));
    }
    std::ranges::copy(pooled, logits);
    return {};
  });
}

void vseal_reader_reset(vseal_reader* reader) {
  reader->reader->reset();
  reader->looks = 0;
}

void vseal_reader_destroy(vseal_reader* reader) { delete reader; }

}  // extern "C"

// Version, codes, log and context of the C API.
#include "api/convert.h"
#include "api/handles.h"
#include "base/log.h"
#include "models/model.h"

#define VSEAL_TEXT_OF(x) #x
#define VSEAL_TEXT(x) VSEAL_TEXT_OF(x)
#define VSEAL_VERSION_STRING      \
  VSEAL_TEXT(VSEAL_VERSION_MAJOR) \
  "." VSEAL_TEXT(VSEAL_VERSION_MINOR) "." VSEAL_TEXT(VSEAL_VERSION_PATCH)

namespace {

using vseal::Status;

// Models of fewer bits (of tests and experiments) carry raw bits only.
constexpr int kFewestBitsOfAnId = 64;

Status fill_context(const vseal_context_options& options, vseal_context& context) {
  VSEAL_ASSIGN_OR_RETURN(const auto model, vseal::api::open_model(options.model));
  if (options.model != nullptr) context.model = options.model;
  VSEAL_ASSIGN_OR_RETURN(context.networks, vseal::watermark::Networks::compile(*model));
  if (model->card.bits < kFewestBitsOfAnId) return {};
  vseal::payload::CodecOptions codec_options;
  codec_options.bits = model->card.bits;
  if (options.key != nullptr) {
    VSEAL_ASSIGN_OR_RETURN(codec_options.key,
                           vseal::payload::Key::from_bytes({options.key, options.key_size}));
  }
  VSEAL_ASSIGN_OR_RETURN(auto codec, vseal::payload::Codec::create(codec_options));
  context.codec = std::make_shared<const vseal::payload::Codec>(std::move(codec));
  return {};
}

}  // namespace

extern "C" {

const char* vseal_version(void) { return VSEAL_VERSION_STRING; }

const char* vseal_code_name(vseal_code code) {
  for (int c = 0; c <= static_cast<int>(vseal::Code::kInternal); ++c) {
    if (vseal::api::to_code(static_cast<vseal::Code>(c)) == code) {
      return vseal::code_name(static_cast<vseal::Code>(c));
    }
  }
  return "unknown";
}

void vseal_set_log(vseal_log_callback callback, void* user) {
  if (callback == nullptr) return vseal::set_log_sink({});
  vseal::set_log_sink([callback, user](vseal::LogLevel level, std::string_view message) {
    callback(static_cast<vseal_log_level>(level), std::string(message).c_str(), user);
  });
}

void vseal_context_options_init(vseal_context_options* options) {
  *options = vseal_context_options{};
}

vseal_code vseal_context_create(const vseal_context_options* options, vseal_context** context,
                                vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> Status {
    if (context == nullptr) return vseal::invalid_argument("context: expected a place for it");
    *context = nullptr;
    const vseal_context_options chosen = options != nullptr ? *options : vseal_context_options{};
    auto created = std::make_unique<vseal_context>(chosen.threads);
    VSEAL_RETURN_IF_ERROR(fill_context(chosen, *created));
    *context = created.release();
    return {};
  });
}

void vseal_context_destroy(vseal_context* context) { delete context; }

void vseal_context_model(const vseal_context* context, vseal_model_info* info) {
  const vseal::models::Card& card = context->networks->card();
  info->name = card.name.c_str();
  info->bits = card.bits;
  info->step = card.step;
  info->promised_psnr_db = card.promised_psnr_db;
  info->max_text_bytes = info->max_hex_bytes = info->max_integer_bytes = info->holds_uuid = 0;
  if (context->codec == nullptr) return;
  const vseal::payload::Codec& codec = *context->codec;
  using vseal::payload::Type;
  info->max_text_bytes = codec.max_bytes(Type::kText);
  info->max_hex_bytes = codec.max_bytes(Type::kHex);
  info->max_integer_bytes = codec.max_bytes(Type::kInteger);
  info->holds_uuid = codec.max_bytes(Type::kUuid) >= 16 ? 1 : 0;
}

}  // extern "C"

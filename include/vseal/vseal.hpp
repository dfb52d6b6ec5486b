// vseal for C++: thin owners of the handles of vseal.h. Header-only, so any compiler's ABI will do;
// vseal.h says what every call does, which thread may make it, and what its options mean.
#pragma once

#include <vseal/eval.h>
#include <vseal/model.h>
#include <vseal/vseal.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vseal {

// VSEAL_OK, or a code with its text.
struct [[nodiscard]] Error {
  vseal_code code = VSEAL_OK;
  std::string message;

  bool ok() const { return code == VSEAL_OK; }
};

// A value or the error that stands in its place. value() of an error is undefined.
template <typename T>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : value_(std::move(value)) {}      // NOLINT: implicit by design
  Expected(Error error) : error_(std::move(error)) {}  // NOLINT: implicit by design

  bool ok() const { return value_.has_value(); }
  const Error& error() const { return error_; }
  T& value() { return *value_; }
  const T& value() const { return *value_; }
  T* operator->() { return &*value_; }
  T& operator*() { return *value_; }

 private:
  std::optional<T> value_;
  Error error_;
};

struct MarkOptions : vseal_mark_options {
  explicit MarkOptions(const char* id_text) {
    vseal_mark_options_init(this);
    id = id_text;
  }
};

// For raw bits in place of an ID.
struct BitsOptions : MarkOptions {
  explicit BitsOptions(const char* bits_text) : MarkOptions(nullptr) { bits = bits_text; }
};

struct ReadOptions : vseal_read_options {
  ReadOptions() { vseal_read_options_init(this); }
};

struct ContextOptions : vseal_context_options {
  ContextOptions() { vseal_context_options_init(this); }
};

struct FileReading {
  vseal_reading reading{};
  std::string json;
};

namespace detail {

template <auto destroy>
struct Destroy {
  template <typename T>
  void operator()(T* handle) const {
    destroy(handle);
  }
};
using ReportHandle = std::unique_ptr<vseal_report, Destroy<vseal_report_destroy>>;

inline Error failure(const vseal_error& error) { return {error.code, error.message}; }

}  // namespace detail

class Context {
 public:
  static Expected<Context> create(const ContextOptions& options = {}) {
    vseal_context* handle = nullptr;
    vseal_error error{};
    if (vseal_context_create(&options, &handle, &error) != VSEAL_OK) return detail::failure(error);
    return Context(handle);
  }

  vseal_model_info model() const {
    vseal_model_info info{};
    vseal_context_model(handle_.get(), &info);
    return info;
  }

  // Returns the report's JSON.
  Expected<std::string> mark_file(const std::string& input, const std::string& output,
                                  const MarkOptions& options) const {
    vseal_report* report = nullptr;
    vseal_error error{};
    if (vseal_mark_file(handle_.get(), input.c_str(), output.c_str(), &options, &report, &error) !=
        VSEAL_OK) {
      return detail::failure(error);
    }
    const detail::ReportHandle owner(report);
    return std::string(vseal_report_json(report));
  }

  Expected<FileReading> read_file(const std::string& input, const ReadOptions& options = {}) const {
    FileReading result;
    vseal_report* report = nullptr;
    vseal_error error{};
    if (vseal_read_file(handle_.get(), input.c_str(), &options, &result.reading, &report, &error) !=
        VSEAL_OK) {
      return detail::failure(error);
    }
    const detail::ReportHandle owner(report);
    result.json = vseal_report_json(report);
    return result;
  }

  const vseal_context* get() const { return handle_.get(); }

 private:
  explicit Context(vseal_context* handle) : handle_(handle) {}
  std::unique_ptr<vseal_context, detail::Destroy<vseal_context_destroy>> handle_;
};

class Marker {
 public:
  static Expected<Marker> create(const Context& context, const MarkOptions& options) {
    vseal_marker* handle = nullptr;
    vseal_error error{};
    if (vseal_marker_create(context.get(), &options, &handle, &error) != VSEAL_OK) {
      return detail::failure(error);
    }
    return Marker(handle);
  }

  Error mark(const vseal_image& image, bool key_frame = true) {
    vseal_error error{};
    const vseal_code code = vseal_marker_mark(handle_.get(), &image, key_frame ? 1 : 0, &error);
    return code == VSEAL_OK ? Error{} : detail::failure(error);
  }

 private:
  explicit Marker(vseal_marker* handle) : handle_(handle) {}
  std::unique_ptr<vseal_marker, detail::Destroy<vseal_marker_destroy>> handle_;
};

class Reader {
 public:
  static Expected<Reader> create(const Context& context, const ReadOptions& options = {}) {
    vseal_reader* handle = nullptr;
    vseal_error error{};
    if (vseal_reader_create(context.get(), &options, &handle, &error) != VSEAL_OK) {
      return detail::failure(error);
    }
    return Reader(handle);
  }

  Error add(const vseal_image& image) {
    vseal_error error{};
    const vseal_code code = vseal_reader_add(handle_.get(), &image, &error);
    return code == VSEAL_OK ? Error{} : detail::failure(error);
  }

  Expected<vseal_reading> result() {
    vseal_reading reading{};
    vseal_error error{};
    if (vseal_reader_result(handle_.get(), &reading, &error) != VSEAL_OK) {
      return detail::failure(error);
    }
    return reading;
  }

  // `count` is the model's bits.
  Expected<std::vector<float>> logits(int count) {
    std::vector<float> values(static_cast<size_t>(count));
    vseal_error error{};
    if (vseal_reader_logits(handle_.get(), values.data(), values.size(), &error) != VSEAL_OK) {
      return detail::failure(error);
    }
    return values;
  }

  void reset() { vseal_reader_reset(handle_.get()); }

 private:
  explicit Reader(vseal_reader* handle) : handle_(handle) {}
  std::unique_ptr<vseal_reader, detail::Destroy<vseal_reader_destroy>> handle_;
};

struct ConvertOptions : vseal_convert_options {
  ConvertOptions() { vseal_convert_options_init(this); }
};

struct QuantizeOptions : vseal_quantize_options {
  QuantizeOptions() { vseal_quantize_options_init(this); }
};

struct FetchOptions : vseal_fetch_options {
  FetchOptions() { vseal_fetch_options_init(this); }
};

namespace detail {

// The report's JSON of a call that fills in report and error.
template <typename Call>
Expected<std::string> report_of(const Call& call) {
  vseal_report* report = nullptr;
  vseal_error error{};
  if (call(&report, &error) != VSEAL_OK) return failure(error);
  const ReportHandle owner(report);
  return std::string(vseal_report_json(report));
}

}  // namespace detail

struct ExportOptions : vseal_export_options {
  ExportOptions() { vseal_export_options_init(this); }
};

// An empty name: the model inside the library.
inline Expected<std::string> export_model(const std::string& model, const std::string& folder,
                                          const ExportOptions& options = {}) {
  return detail::report_of([&](vseal_report** report, vseal_error* error) {
    return vseal_model_export(model.empty() ? nullptr : model.c_str(), folder.c_str(), &options,
                              report, error);
  });
}

// An empty name: the model inside the library.
inline Expected<std::string> describe_model(const std::string& model = "") {
  return detail::report_of([&](vseal_report** report, vseal_error* error) {
    return vseal_model_describe(model.empty() ? nullptr : model.c_str(), report, error);
  });
}

inline Expected<std::string> convert_model(const std::string& input, const std::string& output,
                                           const ConvertOptions& options = {}) {
  return detail::report_of([&](vseal_report** report, vseal_error* error) {
    return vseal_model_convert(input.c_str(), output.c_str(), &options, report, error);
  });
}

// `model` may be empty: the model inside the library.
inline Expected<std::string> quantize_model(const std::string& model, const std::string& output,
                                            const QuantizeOptions& options) {
  return detail::report_of([&](vseal_report** report, vseal_error* error) {
    return vseal_model_quantize(model.empty() ? nullptr : model.c_str(), output.c_str(), &options,
                                report, error);
  });
}

inline Expected<std::string> fetch_model(const std::string& name,
                                         const FetchOptions& options = {}) {
  return detail::report_of([&](vseal_report** report, vseal_error* error) {
    return vseal_model_fetch(name.c_str(), &options, report, error);
  });
}

struct BenchOptions : vseal_bench_options {
  BenchOptions() { vseal_bench_options_init(this); }
};

// An empty name: the model inside the library.
inline Expected<std::string> bench_model(const std::string& model,
                                         const BenchOptions& options = {}) {
  return detail::report_of([&](vseal_report** report, vseal_error* error) {
    return vseal_model_bench(model.empty() ? nullptr : model.c_str(), &options, report, error);
  });
}

struct ModelCheck {
  bool passed = false;
  std::string json;
};

inline Expected<ModelCheck> check_model(const Context& context) {
  int passed = 0;
  auto json = detail::report_of([&](vseal_report** report, vseal_error* error) {
    return vseal_model_check(context.get(), &passed, report, error);
  });
  if (!json.ok()) return json.error();
  return ModelCheck{passed != 0, *json};
}

struct EvalOptions : vseal_eval_options {
  EvalOptions() { vseal_eval_options_init(this); }
};

// `paths` take the place of options.inputs. Returns the report's JSON.
inline Expected<std::string> evaluate(const Context& context, const std::vector<std::string>& paths,
                                      const EvalOptions& options = {}) {
  std::vector<const char*> inputs;
  inputs.reserve(paths.size());
  for (const std::string& path : paths) inputs.push_back(path.c_str());
  EvalOptions own = options;
  own.inputs = inputs.data();
  own.input_count = inputs.size();
  return detail::report_of([&](vseal_report** report, vseal_error* error) {
    return vseal_evaluate(context.get(), &own, report, error);
  });
}

}  // namespace vseal

#include "formats/safetensors_header.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "formats/safetensors.h"

namespace vseal::formats {
namespace {

using Json = nlohmann::json;

// Takes the parser's events one by one; each handler returns false to stop it. No tree is built:
// a hostile header could make one many times its own size.
class HeaderHandler : public Json::json_sax_t {
 public:
  bool start_object(std::size_t) override {
    switch (place_) {
      case Place::kStart:
        place_ = Place::kTop;
        return true;
      case Place::kEntry:
        return begin_entry();
      default:
        return refuse("an object");
    }
  }

  bool end_object() override {
    switch (place_) {
      case Place::kTop:
        place_ = Place::kEnd;
        return true;
      case Place::kMetadata:
        place_ = Place::kTop;
        return true;
      case Place::kField:
        place_ = Place::kTop;
        return end_entry();
      default:
        return refuse("the end of an object");
    }
  }

  bool key(string_t& name) override {
    switch (place_) {
      case Place::kTop:
        name_ = name;
        place_ = Place::kEntry;
        if (names_.insert(name).second) return true;
        return fail(fmt::format("tensor {} stands there twice", quote(name)));
      case Place::kMetadata:
        text_name_ = name;
        return true;
      default:
        return field_key(name);
    }
  }

  bool string(string_t& text) override {
    if (place_ == Place::kMetadata) {
      header_.metadata[text_name_] = text;
      return true;
    }
    if (place_ != Place::kType) return refuse("a text");
    header_.entries.back().type = text;
    return field_done(kHasType);
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::kShape) {
      std::vector<int64_t>& dims = header_.entries.back().dims;
      if (value > static_cast<uint64_t>(INT64_MAX)) return refuse("an extent beyond 2^63");
      if (dims.size() == kMaxRank) return refuse(fmt::format("a rank above {}", kMaxRank));
      dims.push_back(static_cast<int64_t>(value));
      return true;
    }
    if (place_ != Place::kOffsets) return refuse("a number");
    if (offsets_ == 2) return refuse("a third offset");
    (offsets_++ == 0 ? header_.entries.back().begin : header_.entries.back().end) = value;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ == Place::kShapeValue) {
      place_ = Place::kShape;
      return true;
    }
    if (place_ != Place::kOffsetsValue) return refuse("an array");
    place_ = Place::kOffsets;
    offsets_ = 0;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::kShape) return field_done(kHasShape);
    if (offsets_ != 2) return refuse(fmt::format("{} offsets instead of 2", offsets_));
    return field_done(kHasOffsets);
  }

  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("a boolean"); }
  bool number_integer(number_integer_t) override { return refuse("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { return refuse("a fraction"); }
  bool binary(binary_t&) override { return refuse("binary data"); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return fail(fmt::format("no JSON at byte {}", position));
  }

  const std::string& fault() const { return fault_; }
  Header take() { return std::move(header_); }

 private:
  // Where the parser stands; the k...Value places await a field's value.
  enum class Place {
    kStart,
    kTop,
    kEntry,
    kMetadata,
    kField,
    kType,
    kShapeValue,
    kShape,
    kOffsetsValue,
    kOffsets,
    kEnd,
  };
  static constexpr unsigned kHasType = 1, kHasShape = 2, kHasOffsets = 4;

  bool fail(std::string fault) {
    if (fault_.empty()) fault_ = std::move(fault);
    return false;
  }

  bool refuse(const std::string& what) {
    return fail(name_.empty() ? "unexpected " + what
                              : fmt::format("{}: unexpected {}", quote(name_), what));
  }

  bool begin_entry() {
    if (name_ == "__metadata__") {
      place_ = Place::kMetadata;
      return true;
    }
    header_.entries.emplace_back().name = name_;
    fields_ = 0;
    place_ = Place::kField;
    return true;
  }

  bool end_entry() {
    if (fields_ == (kHasType | kHasShape | kHasOffsets)) return true;
    return fail(fmt::format("{}: expected dtype, shape and data_offsets", quote(name_)));
  }

  bool field_key(const std::string& key) {
    if (key == "dtype") return begin_field(kHasType, Place::kType);
    if (key == "shape") return begin_field(kHasShape, Place::kShapeValue);
    if (key == "data_offsets") return begin_field(kHasOffsets, Place::kOffsetsValue);
    return refuse("field " + quote(key));
  }

  bool begin_field(unsigned field, Place place) {
    if ((fields_ & field) != 0) return refuse("second value of a field");
    place_ = place;
    return true;
  }

  bool field_done(unsigned field) {
    fields_ |= field;
    place_ = Place::kField;
    return true;
  }

  Header header_;
  Place place_ = Place::kStart;
  std::string name_;       // of the entry that is being read
  std::string text_name_;  // of the metadata text that is being read
  std::set<std::string> names_;
  unsigned fields_ = 0;
  int offsets_ = 0;
  std::string fault_;
};

}  // namespace

Result<Header> parse_header(std::string_view json) {
  HeaderHandler handler;
  if (!Json::sax_parse(json.begin(), json.end(), &handler)) {
    return corrupt_input("header: " + handler.fault());
  }
  return handler.take();
}

}  // namespace vseal::formats

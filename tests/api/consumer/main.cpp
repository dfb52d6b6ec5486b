// Marks a picture in memory, and the file argv[1] into argv[2], from C++.
#include <cmath>
#include <cstdint>
#include <iostream>
#include <vector>
#include <vseal/vseal.hpp>

namespace {

int fail(const vseal::Error& error) {
  std::cerr << error.message << "\n";
  return 1;
}

std::vector<uint8_t> waves(int side) {
  std::vector<uint8_t> pixels(static_cast<size_t>(side) * side * 3);
  for (int i = 0; i < side * side; ++i) {
    for (int c = 0; c < 3; ++c) {
      const double x = i % side, y = i / side;
      pixels[static_cast<size_t>(i * 3 + c)] =
          static_cast<uint8_t>(128 + 60 * std::sin(x / 7 + c) * std::cos(y / 11) + 20 * std::sin(x * y / 900));
    }
  }
  return pixels;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  auto context = vseal::Context::create();
  if (!context.ok()) return fail(context.error());

  constexpr int kSide = 512;
  std::vector<uint8_t> pixels = waves(kSide);
  vseal_image image{};
  image.format = VSEAL_RGB;
  image.width = image.height = kSide;
  image.depth = 8;
  image.planes[0] = pixels.data();
  image.strides[0] = kSide * 3;
  auto marker = vseal::Marker::create(*context, vseal::MarkOptions("0xc0ffee"));
  if (!marker.ok()) return fail(marker.error());
  if (const vseal::Error error = marker->mark(image); !error.ok()) return fail(error);
  auto reader = vseal::Reader::create(*context);
  if (!reader.ok()) return fail(reader.error());
  if (const vseal::Error error = reader->add(image); !error.ok()) return fail(error);
  auto reading = reader->result();
  if (!reading.ok()) return fail(reading.error());
  if (reading->verdict != VSEAL_PRESENT || std::string(reading->id) != "0xc0ffee") return 2;

  auto json = context->mark_file(argv[1], argv[2], vseal::MarkOptions("4712"));
  if (!json.ok()) return fail(json.error());
  auto found = context->read_file(argv[2]);
  if (!found.ok()) return fail(found.error());
  return std::string(found->reading.id) == "4712" ? 0 : 3;
}

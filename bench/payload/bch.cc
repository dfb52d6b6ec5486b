#include "bch.h"

#include <cmath>

namespace vseal::bench {
namespace {

// Lin and Costello, "Error Control Coding", appendix C: every (k, t) of the two lengths.
constexpr Bch kCodes[] = {
    {127, 120, 1},  {127, 113, 2},  {127, 106, 3},  {127, 99, 4},   {127, 92, 5},   {127, 85, 6},
    {127, 78, 7},   {127, 71, 9},   {127, 64, 10},  {127, 57, 11},  {127, 50, 13},  {127, 43, 14},
    {127, 36, 15},  {127, 29, 21},  {127, 22, 23},  {127, 15, 27},  {127, 8, 31},   {255, 247, 1},
    {255, 239, 2},  {255, 231, 3},  {255, 223, 4},  {255, 215, 5},  {255, 207, 6},  {255, 199, 7},
    {255, 191, 8},  {255, 187, 9},  {255, 179, 10}, {255, 171, 11}, {255, 163, 12}, {255, 155, 13},
    {255, 147, 14}, {255, 139, 15}, {255, 131, 18}, {255, 123, 19}, {255, 115, 21}, {255, 107, 22},
    {255, 99, 23},  {255, 91, 25},  {255, 87, 26},  {255, 79, 27},  {255, 71, 29},  {255, 63, 30},
    {255, 55, 31},  {255, 47, 42},  {255, 45, 43},  {255, 37, 45},  {255, 29, 47},  {255, 21, 55},
    {255, 13, 59},  {255, 9, 63}};

}  // namespace

Bch strongest_bch(int bits, int data_bits) {
  const int length = bits >= 255 ? 255 : 127;
  if (bits < 127 || bits >= 511) return {};
  Bch best;
  for (const Bch& code : kCodes) {
    if (code.n == length && code.k >= data_bits && code.t > best.t) best = code;
  }
  return best;
}

double word_success(const Bch& code, double bit_error_rate) {
  if (code.n == 0) return 0;
  if (bit_error_rate <= 0) return 1;
  double term = std::pow(1 - bit_error_rate, code.n);
  double sum = term;
  for (int errors = 1; errors <= code.t; ++errors) {
    term *= (code.n - errors + 1.0) / errors * bit_error_rate / (1 - bit_error_rate);
    sum += term;
  }
  return sum;
}

}  // namespace vseal::bench

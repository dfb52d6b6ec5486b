// What other watermarks use: hard decisions and a binary BCH code, computed, not simulated.
#pragma once

namespace vseal::bench {

struct Bch {
  int n = 0;  // 127 or 255
  int k = 0;
  int t = 0;  // errors that it corrects
};

// The strongest primitive narrow-sense BCH code of 2^m - 1 <= bits (127 or 255) bits that holds
// `data_bits`; all zeros when there is none.
Bch strongest_bch(int bits, int data_bits);

// Chance that at most t of n independent bits are wrong.
double word_success(const Bch& code, double bit_error_rate);

}  // namespace vseal::bench

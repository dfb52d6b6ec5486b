// What other watermarks use: hard decisions and a binary BCH code, computed, not simulated.
#pragma once

namespace vseal::bench {

struct Bch {
  int n = 0;  // 127 or 255
  int k = 0;
  int t = 0;  // errors that it corrects
};

// The strongest primitive narrow-sense BCH code for a model of `bits` bits, one bit or a few
// unused, that holds `data_bits`; all zeros when there is none, or bits is outside 127 to 510.
Bch strongest_bch(int bits, int data_bits);

// Chance that at most t of n independent bits are wrong.
double word_success(const Bch& code, double bit_error_rate);

}  // namespace vseal::bench

// Which readings are too clear for chance.
#pragma once

#include <span>
#include <vector>

namespace vseal::watermark {

// log(mean |l|) + (mean l^2)^2 / mean l^4 of logits l. The first says how loudly the detector
// answers: a mark read at the right scale and angle makes it several times what it is elsewhere,
// even where the tile is read from a wrong cell on. The second, a third for normal noise and one
// for bits that are all equally sure, says how well the answer splits into two (the moments of the
// M2M4 estimator of signal to noise, Pauluzzi and Beaulieu, IEEE Trans. Comm. 48(10), 2000).
// Neither looks at signs, so no key enters, and ranking by it leaves the chance of a false alarm
// alone. Logits that are all zero give a large negative number.
double clarity(std::span<const float> logits);

struct Answer {
  double clarity = 0;
  double noise = 1;  // what loudness is without a mark, up to a power and a factor (CanvasReading)
};

// How far each stands out, in deviations of the others: of the clarity around the line in
// log(noise) that most of them lie on (least squares, the clearest fifth left out; a slope of 1 is
// assumed as far as noises do not differ). With fewer than 8 of them nothing stands out: zeros.
std::vector<double> standing_out(std::span<const Answer> all);

}  // namespace vseal::watermark

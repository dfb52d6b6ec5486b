// How a marked picture may lie in what is left of it.
#pragma once

#include <string>
#include <vector>

#include "image/affine.h"

namespace vseal::watermark {

// Where a frame shows the marked picture. The frame is first mirrored (left to right), then turned
// counter-clockwise by quarters, then by `degrees`, and then shows `scale_x` of the marked
// picture's width and `scale_y` of its height: 0.5 after a crop to half, 1.2 where a border was
// added. The marked picture is taken to have had the frame's aspect ratio, but for what scale_x and
// scale_y say.
struct Placement {
  bool mirrored = false;
  int quarter_turns = 0;  // 0..3
  double degrees = 0;
  double scale_x = 1;
  double scale_y = 1;
  // From the middle of the frame to the middle of what is read, in pixels of the marked picture
  // reduced to what the networks see (256x256).
  double shift_x = 0;
  double shift_y = 0;

  bool operator==(const Placement&) const = default;
  // "mirrored, 90 + 2.5 degrees, 0.71 x 0.71 of the picture"
  std::string text() const;
};

// From pixels of a canvas of width x height, in which the marked picture has the size that the
// networks see (side x side), to pixels of the displayed frame.
image::AffineMap canvas_to_frame(const Placement& placement, int side, int width, int height,
                                 int frame_width, int frame_height);

// Sets of placements, to be ranked by how loudly the detector answers. Steps are as wide as the
// default model's tolerance allows: 4.5 % of scale, 2.25 degrees.
std::vector<Placement> upright_placements();         // flips and quarter turns
std::vector<Placement> zoom_placements();            // one scale, or one of width or height alone
std::vector<Placement> turn_placements();            // turned by -45 to 45 degrees at full size
std::vector<Placement> crop_placements();            // any scales of width and height
std::vector<Placement> turned_crop_placements();     // turned and cropped
std::vector<Placement> turned_upright_placements();  // mirrored or on their side, and turned or
                                                     // cropped
std::vector<Placement> inset_placements();           // a picture within a picture

}  // namespace vseal::watermark

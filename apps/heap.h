// The memory that the command's process works in.
#pragma once

namespace vseal::cli {

// Keeps freed memory for the next block instead of giving it back, up to 64 MB, and lets the heap's
// beginning lie in large pages. Marking a picture takes and frees blocks of megabytes many times,
// and each page that the system hands out costs as much as the work on it. To be called before
// anything is allocated; does nothing where the C library or the system cannot.
void keep_heap();

}  // namespace vseal::cli

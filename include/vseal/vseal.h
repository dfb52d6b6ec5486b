/* vseal: invisible watermarks for pictures and video. The C API, which is the library's ABI.
 *
 * Everything starts with a context: a model made ready, a key and a pool of threads. A context is
 * immutable after creation and may be shared by any number of threads; markers and readers belong
 * to one thread at a time, one of each per thread.
 *
 * Functions return VSEAL_OK or a code that says what the caller can do, and describe the failure in
 * *error when that is not NULL. No function throws, prints or ends the process.
 *
 *   vseal_context* context = NULL;
 *   vseal_error error;
 *   if (vseal_context_create(NULL, &context, &error) != VSEAL_OK) fail(error.message);
 *   vseal_mark_options options;
 *   vseal_mark_options_init(&options);
 *   options.id = "4711";
 *   vseal_report* report = NULL;
 *   if (vseal_mark_file(context, "in.mp4", "out.mp4", &options, &report, &error) != VSEAL_OK)
 *     fail(error.message);
 *   puts(vseal_report_json(report));
 *   vseal_report_destroy(report);
 *   vseal_context_destroy(context);
 */
#ifndef VSEAL_VSEAL_H_
#define VSEAL_VSEAL_H_

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define VSEAL_API __declspec(dllexport)
#else
#define VSEAL_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define VSEAL_VERSION_MAJOR 0
#define VSEAL_VERSION_MINOR 1
#define VSEAL_VERSION_PATCH 0

/* Version of the library at run time, "0.1.0". Static storage. */
VSEAL_API const char* vseal_version(void);

typedef enum vseal_code {
  VSEAL_OK = 0,
  VSEAL_INVALID_ARGUMENT = 1, /* the call asks for something that cannot be */
  VSEAL_CORRUPT_INPUT = 2,    /* the bytes of an input are not what they claim */
  VSEAL_UNSUPPORTED = 3,      /* well-formed input that vseal does not handle */
  VSEAL_NOT_FOUND = 4,        /* an input does not exist or cannot be opened */
  VSEAL_CANNOT_CREATE = 5,    /* the output cannot be made: exists, no such directory */
  VSEAL_IO = 6,               /* reading or writing failed half-way */
  VSEAL_OUT_OF_MEMORY = 7,
  VSEAL_UNAVAILABLE = 8, /* an encoder or a library that this needs is missing */
  VSEAL_TRY_AGAIN = 9,
  VSEAL_CANCELLED = 10,     /* a progress callback asked to stop */
  VSEAL_VERIFY_FAILED = 11, /* the written file did not give its ID back; it was removed */
  VSEAL_INTERNAL = 12       /* a bug of vseal */
} vseal_code;

/* Lower snake case name of a code, "corrupt_input". Static storage. */
VSEAL_API const char* vseal_code_name(vseal_code code);

typedef struct vseal_error {
  vseal_code code;
  char message[1000]; /* UTF-8, zero-terminated, one line, cut if longer */
} vseal_error;

typedef enum vseal_log_level { VSEAL_DEBUG = 0, VSEAL_INFO = 1, VSEAL_WARNING = 2 } vseal_log_level;

/* Receives what is no error. Called from any thread, one call at a time. */
typedef void (*vseal_log_callback)(vseal_log_level level, const char* message, void* user);

/* Sets the process's log callback; NULL (the default) silences. Thread-safe. */
VSEAL_API void vseal_set_log(vseal_log_callback callback, void* user);

/* ---- context ---- */

typedef struct vseal_context vseal_context;

typedef struct vseal_context_options {
  const char* model;  /* path of a model file, or name of a fetched one; "default" or NULL: the
                          one inside, in 8-bit integers; "default-f32": its float form */
  const uint8_t* key; /* secret key, at least 16 bytes; NULL: public marks */
  size_t key_size;    /* bytes in key */
  int threads;        /* 0: one for each core */
} vseal_context_options;

/* Fills in the defaults that the comments name. */
VSEAL_API void vseal_context_options_init(vseal_context_options* options);

/* Creates a context into *context; options may be NULL. The key is copied in derived form and wiped
 * on destruction. */
VSEAL_API vseal_code vseal_context_create(const vseal_context_options* options,
                                          vseal_context** context, vseal_error* error);
/* Destroys a context that no marker, reader or call uses any more. NULL is fine. */
VSEAL_API void vseal_context_destroy(vseal_context* context);

typedef struct vseal_model_info {
  const char* name;       /* lives as long as the context */
  int bits;               /* message bits of the model */
  int step;               /* video: frames between key frames */
  float promised_psnr_db; /* 0 when the card states none */
  int max_text_bytes;     /* longest IDs, by type */
  int max_hex_bytes;
  int max_integer_bytes;
  int holds_uuid; /* 1 when a UUID fits */
} vseal_model_info;

VSEAL_API void vseal_context_model(const vseal_context* context, vseal_model_info* info);

/* ---- files ---- */

typedef enum vseal_id_type {
  VSEAL_ID_AUTO = -1, /* digits: integer; 8-4-4-4-12: UUID; 0x...: hex; else text */
  VSEAL_ID_INTEGER = 0,
  VSEAL_ID_HEX = 1,
  VSEAL_ID_UUID = 2,
  VSEAL_ID_TEXT = 3
} vseal_id_type;

typedef struct vseal_progress {
  int64_t frames;
  int64_t total_frames; /* 0 when unknown */
  double time_s;
  double duration_s; /* 0 when unknown */
} vseal_progress;

/* Return 0 to cancel, anything else to go on. Called from the thread that made the call. */
typedef int (*vseal_progress_callback)(const vseal_progress* progress, void* user);

/* What frames between key frames get: the key frame's residual; nothing; a mix of both neighbours'.
 */
typedef enum vseal_video_mode {
  VSEAL_VIDEO_REPEAT = 0,
  VSEAL_VIDEO_ALTERNATE = 1,
  VSEAL_VIDEO_INTERPOLATE = 2
} vseal_video_mode;

/* Where the heat map of a model that has one is taken: on the frame, or on what the model sees. */
typedef enum vseal_jnd { VSEAL_JND_NATIVE = 0, VSEAL_JND_LOW = 1 } vseal_jnd;

/* How frames become what a model sees: with an antialiasing filter, or plain bilinear. */
typedef enum vseal_resize { VSEAL_RESIZE_ANTIALIASED = 0, VSEAL_RESIZE_PLAIN = 1 } vseal_resize;

typedef struct vseal_mark_options {
  const char* id;        /* the ID as a person writes it; required unless bits are given */
  vseal_id_type id_type; /* VSEAL_ID_AUTO */
  float strength;        /* multiple of the model's strength, 0.1 to 8; 1 */
  int feedback;          /* passes that push on weak bits, 0 to 8; 3 */
  int overwrite;         /* 1: replace an existing output; 0 */
  int verify;            /* 1: read the written file back and fail if the ID is not there; 1 */
  int measure;           /* 1: report PSNR and SSIM of the mark; 1 */
  /* pictures */
  int quality;        /* 1 to 100 for JPEG, WebP, AVIF, HEIF; 0: as the input, else 92 */
  const char* chroma; /* "420", "444"; NULL: as the input, else 444 */
  int lossless;       /* 1: lossless WebP or AVIF; 0 */
  /* video */
  const char* codec;  /* "x264", "x265", "svtav1", "vp9", ... or a libav name; NULL: as the input */
  double crf;         /* constant rate factor; negative: the default of the codec */
  const char* preset; /* encoder preset; NULL: the default */
  const char* encoder_options; /* "key=value:key=value" for the encoder; NULL */
  const char* container;       /* libav muxer; NULL: by the output's name */
  int video_stream;            /* absolute index; negative: the first video stream */
  int strict_streams; /* 1: fail when the output cannot hold a stream; 0: drop and report */
  vseal_progress_callback progress; /* NULL */
  void* user;                       /* for the callback */
  /* what else upstream's models know; zero is the default */
  const char* bits; /* raw message in place of an ID: as many 0 and 1 as the model has bits, or 0x
                       and hex digits; NULL */
  float scaling_w;  /* strength as the residual's own factor, up to 100, in place of `strength` as a
                       multiple of the model's; 0: `strength` */
  int step;         /* video: a key frame every so many frames, up to 128; 0: the model's */
  vseal_video_mode video_mode;
  vseal_jnd jnd;
  vseal_resize resize;
  float psnr_db; /* PSNR in RGB that the mark shall have, 25 to 60, in place of `strength`: found
                    for each picture, and for each scene of a video on its first key frame; 0:
                    `strength` */
  const char* survive;  /* attacks separated by commas ("jpeg:60,resize:0.5", docs/eval.md) that are
                           done to the marked file before it gets its name; where the ID does not
                           come back, the file is marked again, 1 dB stronger; NULL */
  float psnr_floor_db;  /* for survive: PSNR in RGB, 20 to 60, at which the last try is made before
                           VSEAL_VERIFY_FAILED; 0: 38 */
  int release_embedder; /* 1: let go of the embedder's weights before the file is read back, for a
                           process that marks one file; they are made ready anew when another is
                           marked; 0 */
} vseal_mark_options;

VSEAL_API void vseal_mark_options_init(vseal_mark_options* options);

/* What was done, as text. Owned by the caller. */
typedef struct vseal_report vseal_report;

/* One JSON object, UTF-8, zero-terminated; lives as long as the report. */
VSEAL_API const char* vseal_report_json(const vseal_report* report);
VSEAL_API void vseal_report_destroy(vseal_report* report);

/* Marks the picture or video `input` into the new file `output`, which appears whole or not at all.
 * "-" is a video stream on standard input or output. report may be NULL. */
VSEAL_API vseal_code vseal_mark_file(const vseal_context* context, const char* input,
                                     const char* output, const vseal_mark_options* options,
                                     vseal_report** report, vseal_error* error);

/* Most message bits that a model may have. */
#define VSEAL_MOST_BITS 4096

typedef enum vseal_verdict {
  VSEAL_PRESENT = 0,
  VSEAL_ABSENT = 1,
  VSEAL_UNCERTAIN = 3
} vseal_verdict;

typedef struct vseal_reading {
  vseal_verdict verdict;
  vseal_id_type id_type; /* of id, when present */
  char id[1000];         /* as a person writes it; empty unless present */
  double p_value; /* bound on the chance of this verdict on unmarked media, under a random key */
  int bits_corrected;
  int frames_read;
  int64_t frames_total;    /* estimate; 0 when unknown */
  int expected_found;      /* 1 when the expected ID was read back */
  double expected_p_value; /* exact, for the expected ID or bits; 1 when none were given */
  /* of a raw reading */
  char bits[VSEAL_MOST_BITS + 1]; /* 0 and 1, as many as the model has; else empty */
  double bit_accuracy;            /* share of the expected bits that were read; else 0 */
} vseal_reading;

/* What each frame of a video adds to the pooled logits: its logits l, l|l|, or l times their L1 or
 * L2 norm. */
typedef enum vseal_pooling {
  VSEAL_POOL_MEAN = 0,
  VSEAL_POOL_SQUARED = 1,
  VSEAL_POOL_L1NORM = 2,
  VSEAL_POOL_L2NORM = 3
} vseal_pooling;

/* What is done where the frames as they are give no ID. FAST: flips, quarter turns, zoom, crops of
 * one side, rotations up to 45 degrees, each alone. FULL: combinations of them, any crop, a picture
 * within a picture. Both pay for what they try with a higher p-value. */
typedef enum vseal_search {
  VSEAL_SEARCH_FAST = 0,
  VSEAL_SEARCH_NONE = 1,
  VSEAL_SEARCH_FULL = 2
} vseal_search;

typedef struct vseal_read_options {
  const char* expected; /* an ID to test for beside reading; NULL */
  vseal_id_type expected_type;
  int max_frames;   /* of a video, looked at; 128 */
  int frame_step;   /* every n-th frame of a video; 4 */
  int video_stream; /* absolute index; negative: the first video stream */
  vseal_progress_callback progress;
  void* user;
  /* zero is the default */
  int raw; /* 1: read the model's bits and look for no ID: max_frames frames are pooled, the verdict
              is VSEAL_UNCERTAIN, or with expected_bits VSEAL_PRESENT when chance gives as many
              matches with p < 1e-6, else VSEAL_ABSENT; 0 */
  const char* expected_bits; /* for raw: bits to compare with, written as in vseal_mark_options */
  vseal_pooling pooling;
  vseal_resize resize;
  vseal_search search;        /* not for raw */
  double search_time_limit_s; /* 0: 10, or 60 for FULL */
} vseal_read_options;

VSEAL_API void vseal_read_options_init(vseal_read_options* options);

/* Reads the mark of a picture or video. An absent mark is VSEAL_OK with verdict VSEAL_ABSENT.
 * options and report may be NULL. */
VSEAL_API vseal_code vseal_read_file(const vseal_context* context, const char* input,
                                     const vseal_read_options* options, vseal_reading* reading,
                                     vseal_report** report, vseal_error* error);

/* ---- frames in memory ---- */

typedef enum vseal_pixel_format {
  VSEAL_GREY = 0,   /* plane 0 */
  VSEAL_RGB = 1,    /* interleaved in plane 0 */
  VSEAL_RGBA = 2,   /* interleaved in plane 0; alpha is left alone */
  VSEAL_YUV420 = 3, /* three planes; chroma is read and changed for RGB models only */
  VSEAL_YUV422 = 4,
  VSEAL_YUV444 = 5
} vseal_pixel_format;

typedef enum vseal_matrix { VSEAL_BT601 = 0, VSEAL_BT709 = 1, VSEAL_BT2020 = 2 } vseal_matrix;

/* A picture in the caller's memory; zero whatever you do not know of. Samples of more than 8 bits
 * are uint16_t, native-endian, the value in the low bits. */
typedef struct vseal_image {
  vseal_pixel_format format;
  int width; /* px */
  int height;
  int depth;            /* bits a sample, 8 to 16 */
  void* planes[3];      /* top-left sample of each plane */
  ptrdiff_t strides[3]; /* bytes from row to row; a multiple of the sample size */
  int limited_range;    /* YUV: 1 when luma is 16..235 (at 8 bits) */
  int orientation;      /* EXIF value 1..8; 0 is taken as 1 */
  vseal_matrix matrix;  /* YUV: how RGB models see its colours; VSEAL_BT601 */
} vseal_image;

typedef struct vseal_marker vseal_marker;
typedef struct vseal_reader vseal_reader;

/* A marker puts one ID (or raw bits) into pictures or into the frames of one video. Only id,
 * id_type, bits, strength, psnr_db, scaling_w, feedback, jnd, resize of the options are used. The
 * context must outlive it. */
VSEAL_API vseal_code vseal_marker_create(const vseal_context* context,
                                         const vseal_mark_options* options, vseal_marker** marker,
                                         vseal_error* error);
/* Marks `image` in place. key_frame 1 computes a new residual; 0 uses that of the last key frame,
 * which must have had the same size (cheaper, for the frames that follow it). */
VSEAL_API vseal_code vseal_marker_mark(vseal_marker* marker, const vseal_image* image,
                                       int key_frame, vseal_error* error);
VSEAL_API void vseal_marker_destroy(vseal_marker* marker);

/* A reader pools what it sees in the images added since its creation or the last reset. Only raw,
 * expected_bits, pooling and resize of the options are used; they may be NULL. */
VSEAL_API vseal_code vseal_reader_create(const vseal_context* context,
                                         const vseal_read_options* options, vseal_reader** reader,
                                         vseal_error* error);
VSEAL_API vseal_code vseal_reader_add(vseal_reader* reader, const vseal_image* image,
                                      vseal_error* error);
/* What the pooled images say. Each call is one more look and enters the p-value. */
VSEAL_API vseal_code vseal_reader_result(vseal_reader* reader, vseal_reading* reading,
                                         vseal_error* error);
/* The pooled logits, of which bit k is set when logits[k] > 0. count must be the model's bits. */
VSEAL_API vseal_code vseal_reader_logits(vseal_reader* reader, float* logits, size_t count,
                                         vseal_error* error);
VSEAL_API void vseal_reader_reset(vseal_reader* reader);
VSEAL_API void vseal_reader_destroy(vseal_reader* reader);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* VSEAL_VSEAL_H_ */

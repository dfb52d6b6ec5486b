/* vseal: what model makers and model users do with model files. Part of the C API; vseal.h says how
 * errors, reports and callbacks work. Every call is independent of all others and thread-safe. */
#ifndef VSEAL_MODEL_H_
#define VSEAL_MODEL_H_

#include <vseal/vseal.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vseal_convert_options {
  const char* card;      /* JSON; fields that replace those of the checkpoint's card; NULL */
  int processing_size;   /* side of the square that the networks see, in px; 0: the card's */
  const char* precision; /* "f32" or "f16" for filters and matrices; NULL: as the checkpoint */
  int overwrite;         /* 1: replace an existing output; 0 */
} vseal_convert_options;

VSEAL_API void vseal_convert_options_init(vseal_convert_options* options);

/* Converts a checkpoint (PyTorch .pth or .pt, TorchScript, safetensors) of the VideoSeal or the
 * nano family into a .vseal file, which appears whole or not at all. Nothing in the checkpoint is
 * run. options and report may be NULL; docs/json.md describes the report. */
VSEAL_API vseal_code vseal_model_convert(const char* input, const char* output,
                                         const vseal_convert_options* options,
                                         vseal_report** report, vseal_error* error);

/* Describes a model (a path, or a name as in vseal_context_options; NULL: the model inside the
 * library): card, sizes, multiply-adds and every op. */
VSEAL_API vseal_code vseal_model_describe(const char* model, vseal_report** report,
                                          vseal_error* error);

/* Marks a known picture with the context's model and reads it back. *passed is 1 when the bits that
 * come back cannot be chance. passed and report may be NULL. */
VSEAL_API vseal_code vseal_model_check(const vseal_context* context, int* passed,
                                       vseal_report** report, vseal_error* error);

/* Bytes that are there, bytes in all (0 when unknown). Return 0 to cancel. */
typedef int (*vseal_download_callback)(int64_t done, int64_t total, void* user);

typedef struct vseal_fetch_options {
  const char* address; /* of the checkpoint; NULL: the published one */
  const char* output;  /* path of the .vseal file; NULL: NAME.vseal in the user's models folder */
  vseal_convert_options convert;
  int keep_checkpoint; /* 1: leave the checkpoint beside the output, as OUTPUT.download; 0 */
  vseal_download_callback progress; /* NULL */
  void* user;                       /* for the callback */
} vseal_fetch_options;

VSEAL_API void vseal_fetch_options_init(vseal_fetch_options* options);

typedef struct vseal_export_options {
  const char* format;    /* "tflite" or "onnx" */
  const char* precision; /* of the weights: "f32", "f16", "dynamic" (i8, computed in float), or
                            "int8": a model of integers, or a float one and `data`; NULL: int8 of
                            a model of integers, f32 of another */
  const char* part;      /* "embedder", "detector" or "both" */
  int with_jnd;        /* 1: the embedder gives the change of the picture in place of the residual:
                          heat map, strength and gain are inside; 0 */
  int processing_size; /* side of the square that the networks see, in px; 0: the card's */
  int overwrite;       /* 1: replace existing files; 0 */
  const char* io;      /* pictures and residuals as "float", "uint8" or "int8" values */
  const char* data;    /* pictures to calibrate on, for "int8" of a float model; NULL */
  int samples;         /* so many of them; 200 */
} vseal_export_options;

/* tflite, float, both, 200, and zeros. */
VSEAL_API void vseal_export_options_init(vseal_export_options* options);

/* Writes the networks of a model (as in vseal_model_describe) into `folder` as
 * PART-PRECISION.FORMAT, files that stock runtimes run: docs/phones.md. Each appears whole or not
 * at all, after it was checked. options and report may be NULL. */
VSEAL_API vseal_code vseal_model_export(const char* model, const char* folder,
                                        const vseal_export_options* options, vseal_report** report,
                                        vseal_error* error);

/* Downloads an official checkpoint by its published name ("videoseal-1.0", "pixelseal",
 * "chunkyseal", "videoseal-0.0") and converts it. A broken download is resumed by the next call.
 * Weights are their makers', under their licence. */
VSEAL_API vseal_code vseal_model_fetch(const char* name, const vseal_fetch_options* options,
                                       vseal_report** report, vseal_error* error);

/* What is being done ("embedder: calibration", ...), units done and in all. Return 0 to cancel. */
typedef int (*vseal_stage_callback)(const char* stage, int done, int total, void* user);

typedef struct vseal_quantize_options {
  const char* data;      /* pictures to calibrate on: a folder of them, one, or a clip */
  int samples;           /* pictures or frames, evenly spread; 200 */
  const char* precision; /* "int8"; "f16" or "bf16" (storage alone); or "mixed": the fewest ops in
                            float that reach min_snr_db; NULL: int8 */
  double min_snr_db;     /* of each network's output against f32, for "mixed"; 30 */
  int sensitivity;       /* 1: measure the loss of each op alone; 0 */
  const char* without;   /* steps left out, separated by commas, to see what they are worth:
                            "equalization", "finer-picture", "mse", "bias-correction";
                            NULL: none */
  const char* report;    /* folder for report.json and report.html; NULL: none */
  int overwrite;         /* 1: replace an existing output; 0 */
  int threads;           /* 0: one for each core */
  vseal_stage_callback progress; /* NULL */
  void* user;                    /* for the callback */
} vseal_quantize_options;

VSEAL_API void vseal_quantize_options_init(vseal_quantize_options* options);

/* Turns a float model (as vseal_model_describe names it) into one that computes on integers and
 * writes it as a .vseal file, whole or not at all. report may be NULL; docs/json.md describes it.
 */
VSEAL_API vseal_code vseal_model_quantize(const char* model, const char* output,
                                          const vseal_quantize_options* options,
                                          vseal_report** report, vseal_error* error);

typedef struct vseal_bench_options {
  int rounds;  /* runs of each network, interleaved; 21 */
  int layers;  /* 1: also time each op; 0 */
  int threads; /* 0: one for each core */
} vseal_bench_options;

VSEAL_API void vseal_bench_options_init(vseal_bench_options* options);

/* Times both networks of a model (as in vseal_model_describe) on this machine: batch 1, a new
 * picture and a new message each time. options may be NULL; docs/json.md describes the report. */
VSEAL_API vseal_code vseal_model_bench(const char* model, const vseal_bench_options* options,
                                       vseal_report** report, vseal_error* error);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* VSEAL_MODEL_H_ */

/* vseal: how much of a model's marks survives attacks. Part of the C API; vseal.h says how errors,
 * reports and threads work, docs/eval.md what is measured. */
#ifndef VSEAL_EVAL_H_
#define VSEAL_EVAL_H_

#include <vseal/vseal.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Jobs (an attack on a file) done and in all. Return 0 to cancel. Called from any thread, one call
 * at a time. */
typedef int (*vseal_eval_callback)(int64_t done, int64_t total, void* user);

typedef struct vseal_eval_options {
  const char* const* inputs; /* pictures, clips, and folders of them */
  size_t input_count;
  const char* attacks; /* a list (docs/eval.md); NULL: "images" for pictures, "video" for clips */
  float strength;      /* as in vseal_mark_options; 1 */
  float psnr_db;       /* as in vseal_mark_options; 0 */
  int feedback;        /* as in vseal_mark_options; 3 */
  int id_bits;         /* of the random IDs, a multiple of 8; 0: 48 where they fit, else 32 */
  uint64_t seed;       /* of IDs, places of crops, and noise; 1 */
  int max_frames;      /* of a clip, from its start; 72 */
  int frame_step;      /* of an attacked clip's frames, every so many are read; 4 */
  vseal_search search; /* as in vseal_read_options */
  double search_time_limit_s; /* for each file and attack; 0: 10, or 60 for FULL */
  const char* output; /* folder for results.jsonl, summary.csv, summary.json and index.html, made
                         where it is missing; NULL: none */
  int resume;         /* 1: go on with the results that lie in it; 0 */
  int looks;          /* 1: also looks.html with every file at full size, marked; 0 */
  const char* reader; /* model that reads in place of the context's, with as many bits, as
                         vseal_context_options names one; NULL */
  vseal_eval_callback progress; /* NULL */
  void* user;                   /* for the callback */
} vseal_eval_options;

VSEAL_API void vseal_eval_options_init(vseal_eval_options* options);

/* Marks every input with a random ID in memory, attacks it, reads it and scores what comes back, on
 * all threads of the context. The report is described in docs/json.md. Files and attacks that fail
 * are in the report; with an output folder, what was done stays there when the call fails or is
 * cancelled. report may be NULL. */
VSEAL_API vseal_code vseal_evaluate(const vseal_context* context, const vseal_eval_options* options,
                                    vseal_report** report, vseal_error* error);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* VSEAL_EVAL_H_ */

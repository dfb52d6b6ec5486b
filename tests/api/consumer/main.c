/* Marks the picture argv[1] into argv[2] and reads the ID back. */
#include <stdio.h>
#include <string.h>
#include <vseal/vseal.h>

static int fail(const char* what, const vseal_error* error) {
  fprintf(stderr, "%s: %s\n", what, error->message);
  return 1;
}

int main(int argc, char** argv) {
  vseal_error error;
  vseal_context* context = NULL;
  if (argc != 3) return 64;
  if (vseal_context_create(NULL, &context, &error) != VSEAL_OK) return fail("context", &error);

  vseal_mark_options options;
  vseal_mark_options_init(&options);
  options.id = "4711";
  vseal_report* report = NULL;
  if (vseal_mark_file(context, argv[1], argv[2], &options, &report, &error) != VSEAL_OK) {
    return fail("mark", &error);
  }
  puts(vseal_report_json(report));
  vseal_report_destroy(report);

  vseal_reading reading;
  if (vseal_read_file(context, argv[2], NULL, &reading, NULL, &error) != VSEAL_OK) {
    return fail("read", &error);
  }
  vseal_context_destroy(context);
  return reading.verdict == VSEAL_PRESENT && strcmp(reading.id, "4711") == 0 ? 0 : 1;
}

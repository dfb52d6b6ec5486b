/* The forms of the default model, file by file and byte for byte, in the read-only data of the binary. */
  .section .rodata
.macro model_file name, path
  .globl \name
  .hidden \name
  .globl \name\()_bytes
  .hidden \name\()_bytes
  .balign 64
\name:
  .incbin "\path"
\name\()_end:
  .balign 8
\name\()_bytes:
  .quad \name\()_end - \name
.endm
  model_file vseal_default_int8, VSEAL_DEFAULT_INT8
  model_file vseal_default_f32, VSEAL_DEFAULT_F32
  .section .note.GNU-stack, "", %progbits

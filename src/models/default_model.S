/* The default model's file, byte for byte, in the read-only data of the binary. */
  .section .rodata
  .globl vseal_default_model
  .hidden vseal_default_model
  .globl vseal_default_model_bytes
  .hidden vseal_default_model_bytes
  .balign 64
vseal_default_model:
  .incbin VSEAL_DEFAULT_MODEL
vseal_default_model_end:
  .balign 8
vseal_default_model_bytes:
  .quad vseal_default_model_end - vseal_default_model
  .section .note.GNU-stack, "", %progbits

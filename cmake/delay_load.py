"""Writes C++ that lets a program use shared libraries which are loaded when they are first needed.

    delay_load.py OUT ARCHIVE NAME=LIBRARY...

For every function that ARCHIVE calls of a LIBRARY there is a jump through a slot of a table, which load_delayed() of
base/delay_load.h fills: NAME becomes `const vseal::DelayedLibrary vseal::delayed::NAME`.
"""
import pathlib
import subprocess
import sys

JUMPS = """
#if defined(__x86_64__)
#define VSEAL_JUMP(slots, place) "endbr64\\n jmp *" slots "+8*" place "(%rip)\\n"
#elif defined(__aarch64__)
#define VSEAL_JUMP(slots, place) \\
  "adrp x16, " slots "+8*" place "\\n ldr x16, [x16, :lo12:" slots "+8*" place "]\\n br x16\\n"
#else
#error "expected x86-64 or aarch64"
#endif
"""


def symbols(path, *options):
    text = subprocess.run(["nm", *options, path], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1].split("@")[0] for line in text.splitlines() if line and not line.endswith(":")}


def soname(path):
    text = subprocess.run(["readelf", "-d", path], check=True, capture_output=True, text=True).stdout
    return next(line.split("[")[1].rstrip("]") for line in text.splitlines() if "SONAME" in line)


def stubs(name, library, functions):
    slots = f"vseal_slots_{name}"
    listed = "".join(f'    "{function}",\n' for function in functions)
    jumps = "".join(f'    ".globl {f}\\n.hidden {f}\\n.type {f}, %function\\n{f}:\\n" VSEAL_JUMP("{slots}", "{i}")\n'
                    for i, f in enumerate(functions))
    return f"""
extern "C" {{
__attribute__((visibility("hidden"))) void* {slots}[{len(functions)}];
}}
__asm__(
    ".text\\n.p2align 4\\n"
{jumps}    ".previous\\n");
namespace vseal::delayed {{
namespace {{
const char* const k{slots}[] = {{
{listed}}};
}}  // namespace
extern const DelayedLibrary {name};
const DelayedLibrary {name} = {{"{soname(library)}", k{slots}, {slots}, {len(functions)}}};
}}  // namespace vseal::delayed
"""


def main():
    out, archive, *libraries = sys.argv[1:]
    wanted = symbols(archive, "--undefined-only")
    text = "// Made by cmake/delay_load.py.\n#include \"base/delay_load.h\"\n" + JUMPS
    for entry in libraries:
        name, library = entry.split("=", 1)
        functions = sorted(wanted & symbols(library, "--dynamic", "--defined-only"))
        wanted -= set(functions)
        text += stubs(name, library, functions)
    pathlib.Path(out).write_text(text)


main()

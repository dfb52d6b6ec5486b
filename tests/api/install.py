"""Installs vseal into a clean folder and builds and runs the consumers against it.

usage: install.py BUILD_DIR SOURCE_DIR PICTURE
"""
import os
import pathlib
import subprocess
import sys
import tempfile


def run(*command, **options):
    subprocess.run([str(c) for c in command], check=True, **options)


def main():
    build, source, picture = map(pathlib.Path, sys.argv[1:])
    consumer = source / "tests" / "api" / "consumer"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        prefix = folder / "prefix"
        run("cmake", "--install", build, "--prefix", prefix, stdout=subprocess.DEVNULL)
        run("cmake", "-S", consumer, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={prefix}", stdout=subprocess.DEVNULL)
        run("cmake", "--build", folder / "build", stdout=subprocess.DEVNULL)
        library = next(prefix.rglob("libvseal.so")).parent
        run(folder / "build" / "consumer_c", picture, folder / "c.png")
        run(folder / "build" / "consumer_cpp", picture, folder / "cpp.png")

        # The same through pkg-config, as a makefile would do it.
        environment = {**os.environ, "PKG_CONFIG_PATH": str(library / "pkgconfig"), "LD_LIBRARY_PATH": str(library)}
        flags = subprocess.run(["pkg-config", f"--define-variable=prefix={prefix}", "--cflags", "--libs", "vseal"],
                               check=True, capture_output=True, text=True, env=environment).stdout.split()
        run("cc", consumer / "main.c", "-o", folder / "plain_c", *flags)
        run(folder / "plain_c", picture, folder / "plain.png", env=environment)

        exported = subprocess.run(["nm", "-D", "--defined-only", library / "libvseal.so"],
                                  check=True, capture_output=True, text=True).stdout.split("\n")
        foreign = [line for line in exported if line and " vseal_" not in line]
        assert not foreign, f"libvseal.so exports more than its API: {foreign[:5]}"
        for page in ("vseal", "vseal-embed", "vseal-detect"):
            assert list(prefix.rglob(f"{page}.1")), f"man page {page} is not installed"
        run(prefix / "bin" / "vseal", "detect", folder / "c.png", stdout=subprocess.DEVNULL)
    print("installed package: C, C++ and pkg-config consumers mark and read")


main()

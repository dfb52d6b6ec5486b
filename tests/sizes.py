"""Reports how long files and functions are, and fails where one passes the wall.

Files: 500 lines alarm, 800 is the wall. Functions: 60 lines alarm, 100 is the wall. A function is
counted from its line of opening brace at column 0 (or two spaces in a class) to the brace that
closes it in the same column, which clang-format's Google style makes reliable.
"""
import pathlib
import re
import statistics
import subprocess
import sys

FILE_ALARM, FILE_WALL, FUNCTION_ALARM, FUNCTION_WALL = 500, 800, 60, 100
OPENING = re.compile(r"^(\s{0,2})(?!namespace|class|struct|enum|union|extern|using|template|//|#|\}|else|for|if|while|switch|do)"
                     r"\S.*[)a-z&>]\s*\{$")


def functions(lines):
    start, indent = None, ""
    for number, line in enumerate(lines, 1):
        match = OPENING.match(line)
        if start is None and match and "= {" not in line:
            start, indent = number, match.group(1)
        elif start is not None and line.rstrip(";") == indent + "}":
            yield start, number - start + 1
            start = None


def main():
    root = pathlib.Path(sys.argv[1])
    listed = subprocess.run(["git", "ls-files", "src", "apps", "include", "bench"], cwd=root,
                            capture_output=True, text=True, check=True).stdout.split()
    files = [root / f for f in listed if f.endswith((".cc", ".h", ".hpp", ".c"))]
    file_sizes, function_sizes, faults = [], [], []
    for path in files:
        lines = path.read_text().splitlines()
        file_sizes.append(len(lines))
        name = path.relative_to(root)
        if len(lines) > FILE_ALARM:
            print(f"{'WALL ' if len(lines) > FILE_WALL else 'alarm'} {name}: {len(lines)} lines")
            faults += [name] if len(lines) > FILE_WALL else []
        for start, size in functions(lines):
            function_sizes.append(size)
            if size > FUNCTION_ALARM:
                print(f"{'WALL ' if size > FUNCTION_WALL else 'alarm'} {name}:{start}: function of {size} lines")
                faults += [name] if size > FUNCTION_WALL else []

    def summary(sizes):
        ordered = sorted(sizes)
        return f"median {statistics.median(ordered):.0f}, p90 {ordered[len(ordered) * 9 // 10]}, max {ordered[-1]}"

    print(f"{len(files)} files: {summary(file_sizes)} lines; {len(function_sizes)} functions: {summary(function_sizes)}")
    return 1 if faults else 0


sys.exit(main())

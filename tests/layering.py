"""Fails when a room of src/ includes a room that src/rooms.txt does not allow it.

Also fails for a folder without a row, a row without a folder order (an arrow upwards), and for a
third-party media header outside the one room that may see it.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
# header prefix -> the only rooms that may include it
CONFINED = {"libav": ("media",), "vips/": ("media",), "sodium": ("payload", "workbench"), "hwy/": ("kernels", "image"),
            "curl/": ("workbench",), "zlib.h": ("formats", "media"), "jpeglib.h": ("media",), "png.h": ("media",)}


def read_table(path):
    table = {}
    for line in path.read_text().splitlines():
        if re.match(r"[a-z]", line):
            room, allowed = line.split(":")
            table[room] = allowed.split()
    return table


def main():
    root = pathlib.Path(sys.argv[1])
    table = read_table(root / "src" / "rooms.txt")
    faults, order = [], []
    for room, allowed in table.items():
        faults += [f"rooms.txt: {room} points up at {dep}" for dep in allowed if dep not in order]
        order.append(room)
    files = [p for p in (root / "src").rglob("*") if p.suffix in (".h", ".cc", ".inc")]
    for path in files:
        relative = path.relative_to(root / "src")
        room = relative.parts[0]
        if room not in table:
            faults.append(f"src/{relative}: room {room} has no row in rooms.txt")
            continue
        for header in INCLUDE.findall(path.read_text()):
            target = header.split("/")[0]
            if "/" in header and target in table and target != room and target not in table[room]:
                faults.append(f"src/{relative}: includes {header}; {room} may include {table[room]}")
            for prefix, home in CONFINED.items():
                if header.startswith(prefix) and room not in home:
                    faults.append(f"src/{relative}: includes {header}, which belongs to {home}")
    for path in (root / "apps").rglob("*.[hc]*"):
        for header in INCLUDE.findall(path.read_text()):
            if header.split("/")[0] in table and "/" in header:
                faults.append(f"{path.relative_to(root)}: includes {header}; apps/ sees public headers only")
    print("\n".join(faults) if faults else f"{len(files)} files, {len(table)} rooms: no arrow upwards")
    return 1 if faults else 0


sys.exit(main())

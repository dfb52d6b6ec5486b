"""How far marking a video's luma is from upstream's way over RGB.

usage: compare_paths.py VSEAL CLIP...

Of each clip three frames are marked twice with the same bits: as YCbCr, where vseal adds to luma alone, and as upstream
does it, converted to RGB, marked there, and converted back. Where the two differ, colour channels have saturated, the
network has seen another luma (BT.601 of RGB, where the video holds BT.709), or conversion has rounded. Prints one row
for each clip: share of pixels with a saturated channel, mean and largest difference of luma in code values, PSNR of
both marks over luma, and the bits that come back from both. Needs ffmpeg.
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile

BITS = "0x9e3779b97f4a7c15f39cc0605cedc834"  # as many as the default model carries
TAGS = {"bt601": "smpte170m", "bt709": "bt709"}
AT = (0.2, 0.5, 0.8)  # of the clip's length


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True)
    if done.returncode not in ((0, 1) if "detect" in command else (0,)):
        sys.exit(f"{command}: {done.stderr.decode()}")
    return done.stdout


def ffmpeg(*arguments):
    return run("ffmpeg", "-nostdin", "-v", "error", "-y", *arguments)


def probe(clip):
    shown = run("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
                "stream=width,height,color_space:format=duration", "-of", "json", clip)
    data = json.loads(shown)
    return data["streams"][0], float(data["format"]["duration"])


def luma(path, matrix):
    """The luma plane, in limited range."""
    return ffmpeg("-i", path, "-vf", f"scale=out_color_matrix={matrix}:out_range=tv:flags=accurate_rnd+full_chroma_int",
                  "-pix_fmt", "yuv444p", "-f", "rawvideo", "-")


def psnr(a, b):
    mse = sum((x - y) ** 2 for x, y in zip(a, b)) / len(a)
    return 10 * math.log10(255**2 / mse) if mse else 100.0


def mark(vseal, source, target):
    run(vseal, "embed", source, target, "--bits", BITS, "--passes", "0", "--no-verify", "--overwrite", "-q")


def bits_right(vseal, path):
    found = json.loads(run(vseal, "detect", "--raw", "--expect-bits", BITS, "--json", path))
    return found["expected"]["bit_accuracy"]


def compare(vseal, clip, folder):
    stream, duration = probe(clip)
    matrix = "bt709" if stream.get("color_space", "unknown") in ("bt709", "unknown") and stream["height"] >= 720 else "bt601"
    pixels = stream["width"] * stream["height"]
    rows = []
    for at in AT:
        plain, rgb = folder / "plain.mkv", folder / "plain.png"
        direct, over_rgb = folder / "direct.mkv", folder / "over_rgb.png"
        ffmpeg("-ss", at * duration, "-i", clip, "-frames:v", "1", "-vf", f"format=yuv444p,setparams=colorspace={TAGS[matrix]}:range=tv",
               "-c:v", "ffv1", plain)
        ffmpeg("-i", plain, "-frames:v", "1", "-vf", f"scale=in_color_matrix={matrix}:in_range=tv:flags=accurate_rnd+full_chroma_int,format=rgb24",
               rgb)
        mark(vseal, plain, direct)
        mark(vseal, rgb, over_rgb)
        original = ffmpeg("-i", plain, "-f", "rawvideo", "-")[:pixels]
        ours = ffmpeg("-i", direct, "-f", "rawvideo", "-pix_fmt", "yuv444p", "-")[:pixels]
        theirs = luma(over_rgb, matrix)[:pixels]
        samples = ffmpeg("-i", over_rgb, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
        saturated = sum(1 for i in range(0, len(samples), 3)
                        if min(samples[i:i + 3]) == 0 or max(samples[i:i + 3]) == 255) / pixels
        differences = [abs(a - b) for a, b in zip(ours, theirs)]
        rows.append((saturated, sum(differences) / pixels, max(differences), psnr(ours, original), psnr(theirs, original),
                     bits_right(vseal, direct), bits_right(vseal, over_rgb)))
    return matrix, [sum(c) / len(rows) if i != 2 else max(c) for i, c in enumerate(zip(*rows))]


def main():
    vseal, *clips = sys.argv[1:]
    print("| clip | matrix | saturated | luma apart, mean, max | PSNR direct, over RGB | bits direct, over RGB |")
    print("|---|---|---|---|---|---|")
    for clip in clips:
        with tempfile.TemporaryDirectory() as folder:
            matrix, row = compare(vseal, clip, pathlib.Path(folder))
        print(f"| {pathlib.Path(clip).name} | {matrix} | {row[0]:.1%} | {row[1]:.2f}, {row[2]:.0f} | "
              f"{row[3]:.1f}, {row[4]:.1f} dB | {row[5]:.1%}, {row[6]:.1%} |", flush=True)


main()

"""Writes tests/data/preprocessing.json: what a picture becomes before a network sees it, at some of its positions.

    python3 tools/preprocessing_vectors.py > tests/data/preprocessing.json

From the definition alone, in double: along each axis, output i of n from m samples is the mean of the samples j
weighted by max(0, 1 - |(j + 0.5 - c) / s|) with c = (i + 0.5) m / n and s = max(m / n, 1). For whoever writes the
step in an app: the input is given by formulas, the output to 7 digits.
"""
import json
import math

SIDE = 256
SIZES = ((256, 256), (640, 360), (1920, 1080), (200, 100), (300, 1000), (257, 255))
FORMULAS = {"r": "(7 * x + 3 * y) % 256", "g": "(5 * x + 11 * y) % 251", "b": "(x * y) % 256"}
PLACES = (0, 1, 77, 128, 200, 255)


def pixel(x, y):
    return (7 * x + 3 * y) % 256, (5 * x + 11 * y) % 251, (x * y) % 256


def weights(i, samples):
    centre, support = (i + 0.5) * samples / SIDE, max(samples / SIDE, 1)
    near = range(max(0, math.floor(centre - support - 1)), min(samples, math.ceil(centre + support + 1)))
    values = [(j, max(0.0, 1 - abs((j + 0.5 - centre) / support))) for j in near]
    total = sum(w for _, w in values)
    return [(j, w / total) for j, w in values if w > 0]


def resized(x, y, width, height):
    rgb = [0.0, 0.0, 0.0]
    for v, wv in weights(y, height):
        for u, wu in weights(x, width):
            for c, value in enumerate(pixel(u, v)):
                rgb[c] += wu * wv * value / 255
    return rgb


def main():
    pictures = []
    for width, height in SIZES:
        values = []
        for y in PLACES:
            for x in PLACES:
                r, g, b = resized(x, y, width, height)
                luma = 0.299 * r + 0.587 * g + 0.114 * b
                values.append([x, y, *(round(v, 7) for v in (r, g, b, luma))])
        pictures.append({"width": width, "height": height, "values": values})
    head = json.dumps({"side": SIDE, "input": FORMULAS, "values": "x, y, r, g, b, luma in 0..1"})
    rows = ",\n".join(json.dumps(picture, separators=(",", ":")) for picture in pictures)
    print(head[:-1] + ', "pictures": [\n' + rows + "\n]}")


main()

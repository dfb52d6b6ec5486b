// The preprocessing contract: tests/data/preprocessing.json.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { resize } from '../resize.js';

const { pictures, side } = JSON.parse(readFileSync(new URL('../../../tests/data/preprocessing.json', import.meta.url)));

for (const { width, height, values } of pictures) {
  test(`${width}x${height} to ${side}x${side}`, () => {
    const formulas = [(x, y) => (7 * x + 3 * y) % 256, (x, y) => (5 * x + 11 * y) % 251, (x, y) => (x * y) % 256];
    const planes = formulas.map((formula) => {
      const plane = Float32Array.from({ length: width * height },
        (_, i) => formula(i % width, Math.floor(i / width)) / 255);
      return resize(plane, width, height, side, side);
    });
    for (const [x, y, ...wanted] of values) {
      const rgb = planes.map((plane) => plane[y * side + x]);
      rgb.push(0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]);
      rgb.forEach((value, c) => assert.ok(Math.abs(value - wanted[c]) < 2e-6, `${x},${y},${c}: ${value}, ${wanted[c]}`));
    }
  });
}

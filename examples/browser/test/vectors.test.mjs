// The int8 files on LiteRT.js in headless Chromium, against what vseal's engine computes from the same inputs.
//   PAGE VECTORS (built page, safetensors of tests/phones/engine_vectors.cc) come from the environment.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openPage } from './chromium.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(process.cwd(), 'package.json'));
const { PAGE, VECTORS } = process.env;
const LEAST_DB = 35;
let opened;

// Tensors of f32 by name, as [values, shape].
function readVectors(path) {
  const content = readFileSync(path);
  const length = Number(content.readBigUInt64LE(0));
  const header = JSON.parse(content.subarray(8, 8 + length));
  delete header.__metadata__;
  return Object.fromEntries(Object.entries(header).map(([name, { shape, data_offsets: [begin, end] }]) => {
    const bytes = content.subarray(8 + length + begin, 8 + length + end);
    return [name, [Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i)), shape]];
  }));
}

function decibels(wanted, got) {
  assert.equal(got.length, wanted.length);
  const power = wanted.reduce((sum, value) => sum + value * value, 0);
  const noise = wanted.reduce((sum, value, i) => sum + (value - got[i]) ** 2, 0);
  return 10 * Math.log10(power / Math.max(noise, 1e-30));
}

before(async () => {
  await require('esbuild').build({
    entryPoints: [join(here, 'vectors.js')],
    outfile: join(PAGE, 'vectors.bundle.js'),
    bundle: true,
    format: 'esm',
    nodePaths: [join(process.cwd(), 'node_modules')],
  });
  writeFileSync(join(PAGE, 'vectors.html'), '<!doctype html><script type="module" src="vectors.bundle.js"></script>');
  opened = await openPage('vectors.html');
  await opened.page.waitForFunction(() => globalThis.compute);
});

after(async () => { await opened?.close(); });

const vectors = readVectors(VECTORS);
for (const [part, output, inputs] of [['embedder', 'delta', ['luma', 'message']], ['detector', 'logits', ['luma']]]) {
  for (const sample of [0, 1]) {
    test(`${part}, sample ${sample}`, async (t) => {
      const values = Object.fromEntries(inputs.map((name) => [name, vectors[`${part}.${sample}.${name}`]]));
      const got = await opened.page.evaluate(([file, given, name]) => globalThis.compute(file, given, name),
        [`networks/${part}-int8.tflite`, values, output]);
      const snr = decibels(vectors[`${part}.${sample}.${output}`][0], got);
      t.diagnostic(`${part} ${sample}: ${snr.toFixed(1)} dB`);
      assert.ok(snr >= LEAST_DB, `expected at least ${LEAST_DB} dB, got ${snr}`);
    });
  }
}

test('nothing complained, and nothing was fetched from elsewhere', () => {
  assert.deepEqual(opened.complaints, []);
});

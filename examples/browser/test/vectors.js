// Bundled by vectors.test.mjs: what a file computes in the page, for the test to compare.
import { loadAndCompile, loadLiteRt } from '@litertjs/core';
import { run } from '../watermark.js';

const loaded = loadLiteRt('runtime/');

globalThis.compute = async (file, inputs, output) => {
  await loaded;
  const network = await loadAndCompile(file, { accelerator: 'wasm' });
  const typed = Object.entries(inputs).map(([name, [values, shape]]) => [name, [Float32Array.from(values), shape]]);
  return Array.from(await run(network, Object.fromEntries(typed), output));
};

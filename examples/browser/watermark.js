// Marks and reads pictures (ImageData) with the two files of `vseal export --format tflite --precision int8
// --with-jnd`, on LiteRT.js.
import { loadAndCompile, loadLiteRt, Tensor } from '@litertjs/core';
import { resize } from './resize.js';

// Y = 0.299 R + 0.587 G + 0.114 B of every pixel, in 0..1.
export function luma({ data, width, height }) {
  const plane = new Float32Array(width * height);
  for (let i = 0; i < plane.length; ++i) {
    plane[i] = (0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]) / 255;
  }
  return plane;
}

// One output by name; inputs are [values, shape] by name.
export async function run(network, inputs, output) {
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([name, [values, shape]]) => [name, new Tensor(values, shape)]));
  const results = await network.run(tensors);
  const values = results[output].toTypedArray().slice();
  for (const tensor of [...Object.values(tensors), ...Object.values(results)]) tensor.delete();
  return values;
}

export class Watermark {
  // `runtime` is the folder of LiteRT's .wasm files, `files` that of the two networks.
  static async load(runtime, files) {
    await loadLiteRt(runtime);
    const network = (name) => loadAndCompile(`${files}/${name}-int8.tflite`, { accelerator: 'wasm' });
    return new Watermark(await network('embedder'), await network('detector'));
  }

  constructor(embedder, detector) {
    this.embedder = embedder;
    this.detector = detector;
    const shape = (network, name) => [...network.getInputDetails().find((input) => input.name === name).shape];
    this.shape = shape(embedder, 'luma');
    this.side = this.shape[1];
    this.bits = shape(embedder, 'message')[1];
  }

  seen(picture) {
    return [resize(luma(picture), picture.width, picture.height, this.side, this.side), this.shape];
  }

  // A new picture that carries `bits`, an array of 0 and 1.
  async mark(picture, bits) {
    const { data, width, height } = picture;
    const message = [Float32Array.from(bits, (bit) => (bit ? 1 : -1)), [1, this.bits]];
    const delta = await run(this.embedder, { luma: this.seen(picture), message }, 'delta');
    const change = resize(delta, this.side, this.side, width, height);
    const marked = new Uint8ClampedArray(data);  // rounds and clamps
    for (let i = 0; i < change.length; ++i) {
      for (let c = 0; c < 3; ++c) marked[4 * i + c] = data[4 * i + c] + 255 * change[i];
    }
    return new ImageData(marked, width, height);
  }

  // The bits that a picture carries, whether it is marked or not.
  async read(picture) {
    const logits = await run(this.detector, { luma: this.seen(picture) }, 'logits');
    return Array.from(logits, (value) => (value > 0 ? 1 : 0));
  }
}

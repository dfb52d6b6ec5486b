// Bilinear resizing with half-pixel centres, antialiased when shrinking: what the networks were trained with
// (docs/phones.md has the contract, tests/data/preprocessing.json the vectors).

// For each of `to` outputs: the first of `from` samples, and the weights from there on.
function filters(from, to) {
  const support = Math.max(from / to, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = ((i + 0.5) * from) / to;
    const begin = Math.max(0, Math.floor(centre - support - 0.5));
    const end = Math.min(from, Math.ceil(centre + support + 0.5));
    const weights = [];
    for (let j = begin; j < end; ++j) weights.push(Math.max(0, 1 - Math.abs((j + 0.5 - centre) / support)));
    const total = weights.reduce((sum, w) => sum + w, 0);
    return { begin, weights: weights.map((w) => w / total) };
  });
}

// A plane of width x height numbers as one of outWidth x outHeight: rows first, then columns.
export function resize(plane, width, height, outWidth, outHeight) {
  const narrow = new Float32Array(height * outWidth);
  const across = filters(width, outWidth);
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < outWidth; ++x) {
      const { begin, weights } = across[x];
      let sum = 0;
      for (let k = 0; k < weights.length; ++k) sum += weights[k] * plane[y * width + begin + k];
      narrow[y * outWidth + x] = sum;
    }
  }
  const out = new Float32Array(outHeight * outWidth);
  const down = filters(height, outHeight);
  for (let y = 0; y < outHeight; ++y) {
    const { begin, weights } = down[y];
    for (let x = 0; x < outWidth; ++x) {
      let sum = 0;
      for (let k = 0; k < weights.length; ++k) sum += weights[k] * narrow[(begin + k) * outWidth + x];
      out[y * outWidth + x] = sum;
    }
  }
  return out;
}

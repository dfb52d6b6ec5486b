// Bundles the page into a folder that any web server can serve:   node build.mjs NETWORKS OUT
// NETWORKS has embedder-int8.tflite (with --with-jnd) and detector-int8.tflite.
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const [networks, out] = process.argv.slice(2);
if (!out) throw new Error('usage: node build.mjs NETWORKS OUT');
const here = dirname(fileURLToPath(import.meta.url));
// What is installed may lie elsewhere: ./dev browser keeps it below build/.
const require = createRequire(join(process.cwd(), 'package.json'));
const { build } = require('esbuild');
mkdirSync(out, { recursive: true });
await build({
  entryPoints: [join(here, 'page.js')],
  outfile: join(out, 'page.bundle.js'),
  bundle: true,
  minify: true,
  format: 'esm',
  nodePaths: [join(process.cwd(), 'node_modules')],
});
cpSync(join(here, 'index.html'), join(out, 'index.html'));
cpSync(join(process.cwd(), 'node_modules/@litertjs/core/wasm'), join(out, 'runtime'), { recursive: true });
for (const name of ['embedder-int8.tflite', 'detector-int8.tflite']) {
  cpSync(join(networks, name), join(out, 'networks', name));
}

// The built page, served to headless Chromium.
//   PAGE (its folder) comes from the environment; CHROMIUM has a default.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const { chromium } = require('playwright-core');
const { PAGE, CHROMIUM = '/usr/bin/chromium' } = process.env;
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
// That a machine has no GPU and no NPU; and no icon is served.
const KNOWN = /favicon|404|No GPU adapter found|NPU accelerator could not be loaded/;

function serve(request, response) {
  const path = join(PAGE, normalize(new URL(request.url, 'http://here').pathname.replace(/\/$/, '/index.html')));
  try {
    const content = readFileSync(path);
    response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(content);
  } catch {
    response.writeHead(404).end();
  }
}

// A page at `path` of the site; `complaints` gathers errors, and requests that leave the site; `folder` is for
// files, and goes with close().
export async function openPage(path) {
  const folder = mkdtempSync(join(tmpdir(), 'vseal-browser-'));
  const complaints = [];
  const server = createServer(serve).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const browser = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: CHROMIUM,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
  const complain = (text) => { if (!KNOWN.test(text)) complaints.push(text); };
  const page = await browser.newPage();
  page.on('console', (message) => { if (/error/i.test(message.text())) complain(message.text()); });
  page.on('pageerror', (error) => complain(error.message));
  page.on('request', (request) => {
    if (!/^(blob:|data:|http:\/\/127\.0\.0\.1)/.test(request.url())) complain(`asked for ${request.url()}`);
  });
  await page.goto(`http://127.0.0.1:${server.address().port}/${path}`);
  const close = async () => {
    await browser.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { page, complaints, folder, close };
}

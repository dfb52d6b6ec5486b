// The built page in headless Chromium: a picture is dropped, marked, compressed and read back there, and what the
// page marks is what `vseal detect` reads, and the other way round.
//   VSEAL PAGE PICTURE MODEL (program, built page, a picture, a model or none) come from the environment; CHROMIUM has a default.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { after, before, test } from 'node:test';

const require = createRequire(join(process.cwd(), 'package.json'));
const { chromium } = require('playwright-core');
const { VSEAL, PAGE, MODEL, PICTURE, CHROMIUM = '/usr/bin/chromium' } = process.env;
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
// That a machine has no GPU and no NPU; and no icon is served.
const KNOWN = /favicon|404|No GPU adapter found|NPU accelerator could not be loaded/;
const folder = mkdtempSync(join(tmpdir(), 'vseal-browser-'));
const complaints = [];
let server, browser, page;

function serve(request, response) {
  const path = join(PAGE, normalize(new URL(request.url, 'http://here').pathname.replace(/\/$/, '/index.html')));
  try {
    const content = readFileSync(path);
    response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(content);
  } catch {
    response.writeHead(404).end();
  }
}

async function said(pattern) {
  await page.waitForFunction((source) => new RegExp(source).test(document.getElementById('status').textContent),
    pattern.source, { timeout: 60000 });
  return page.textContent('#status');
}

// Drops a file as a user does: an event with its bytes.
async function drop(path, type) {
  await page.evaluate(() => { document.getElementById('status').textContent = ''; });
  const transfer = await page.evaluateHandle(([text, kind]) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], 'dropped', { type: kind }));
    return data;
  }, [readFileSync(path).toString('base64'), type]);
  await page.dispatchEvent('#drop', 'drop', { dataTransfer: transfer });
  const [, agreeing, all] = /^(\d+) of (\d+) bits/.exec(await said(/of|error/)) ?? assert.fail(await page.textContent('#status'));
  return Number(agreeing) / Number(all);
}

async function saved() {
  const text = await page.evaluate(async () => {
    const bytes = new Uint8Array(await (await fetch(document.getElementById('save').href)).arrayBuffer());
    let binary = '';
    for (const byte of bytes) binary += String.fromCharCode(byte);
    return btoa(binary);
  });
  return Buffer.from(text, 'base64');
}

const vseal = (...args) => execFileSync(VSEAL, args, { encoding: 'utf8' });
const model = MODEL ? ['--model', MODEL] : [];
const agreement = (a, b) => [...a].filter((bit, i) => bit === b[i]).length / a.length;

before(async () => {
  server = createServer(serve).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  browser = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: CHROMIUM,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
  page = await browser.newPage();
  page.on('console', (message) => { if (/error/i.test(message.text())) complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!/^(blob:|data:|http:\/\/127\.0\.0\.1)/.test(request.url())) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  assert.equal(await said(/ready|error/), 'ready');
});

after(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a dropped picture is marked, compressed and read back in the page', async () => {
  assert.ok(await drop(PICTURE, 'image/png') >= 0.97);
});

test('the picture that the page gives is a JPEG that vseal reads', async () => {
  const bits = await page.inputValue('#bits');
  writeFileSync(join(folder, 'marked.jpg'), await saved());
  const read = JSON.parse(vseal('detect', '--raw', '--json', join(folder, 'marked.jpg'), ...model)).bits;
  assert.ok(agreement(bits, read) >= 0.97);
});

test('the page reads what vseal has marked', async () => {
  const bits = await page.inputValue('#bits');
  vseal('embed', PICTURE, join(folder, 'theirs.png'), '--bits', bits, ...model);
  await page.selectOption('#mode', 'read');
  assert.ok(await drop(join(folder, 'theirs.png'), 'image/png') >= 0.97);
});

test('an unmarked picture agrees by chance', async () => {
  const agreeing = await drop(PICTURE, 'image/png');
  assert.ok(agreeing > 0.25 && agreeing < 0.75, String(agreeing));
});

test('bits that are no bits are refused', async () => {
  await page.selectOption('#mode', 'mark');
  await page.fill('#bits', '012');
  await assert.rejects(drop(PICTURE, 'image/png'), /expected \d+ digits of 0 and 1, got 3/);
});

test('nothing complained, and nothing was fetched from elsewhere', () => {
  assert.deepEqual(complaints.filter((text) => !KNOWN.test(text)), []);
});

// The built page in headless Chromium: a picture is dropped, marked, compressed and read back there, and what the
// page marks is what `vseal detect` reads, and the other way round.
//   VSEAL PAGE PICTURE (program, built page, a picture) come from the environment; CHROMIUM has a default.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openPage } from './chromium.mjs';

const { VSEAL, PICTURE } = process.env;
let opened, page;

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
const agreement = (a, b) => [...a].filter((bit, i) => bit === b[i]).length / a.length;

before(async () => {
  opened = await openPage('');
  page = opened.page;
  assert.equal(await said(/ready|error/), 'ready');
});

after(async () => { await opened?.close(); });

test('a dropped picture is marked, compressed and read back in the page', async () => {
  assert.ok(await drop(PICTURE, 'image/png') >= 0.97);
});

test('the picture that the page gives is a JPEG that vseal reads', async () => {
  const bits = await page.inputValue('#bits');
  writeFileSync(join(opened.folder, 'marked.jpg'), await saved());
  const read = JSON.parse(vseal('detect', '--raw', '--json', join(opened.folder, 'marked.jpg'))).bits;
  assert.ok(agreement(bits, read) >= 0.97);
});

test('the page reads what vseal has marked', async () => {
  const bits = await page.inputValue('#bits');
  vseal('embed', PICTURE, join(opened.folder, 'theirs.png'), '--bits', bits);
  await page.selectOption('#mode', 'read');
  assert.ok(await drop(join(opened.folder, 'theirs.png'), 'image/png') >= 0.97);
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
  assert.deepEqual(opened.complaints, []);
});

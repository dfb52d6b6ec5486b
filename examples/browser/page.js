import { Watermark } from './watermark.js';

const element = (id) => document.getElementById(id);
const say = (text) => { element('status').textContent = text; };

async function pixels(file) {
  const bitmap = await createImageBitmap(file);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d');
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}

async function encode(picture, type, quality) {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext('2d').putImageData(picture, 0, 0);
  return canvas.convertToBlob({ type, quality });
}

function wantedBits(watermark) {
  const text = element('bits').value.replace(/\s/g, '');
  if (text.length !== watermark.bits || /[^01]/.test(text)) {
    throw new Error(`expected ${watermark.bits} digits of 0 and 1, got ${text.length}`);
  }
  return Array.from(text, Number);
}

function showRead(bits) {
  const agree = element('bits').value.replace(/\s/g, '');
  element('read').textContent = bits.join('');
  const same = bits.filter((bit, i) => String(bit) === agree[i]).length;
  say(`${same} of ${bits.length} bits as above`);
}

async function take(watermark, file) {
  const picture = await pixels(file);
  if (element('mode').value === 'read') {
    showRead(await watermark.read(picture));
    return;
  }
  const marked = await watermark.mark(picture, wantedBits(watermark));
  const blob = element('jpeg').checked ? await encode(marked, 'image/jpeg', 0.75) : await encode(marked, 'image/png');
  element('picture').src = element('save').href = URL.createObjectURL(blob);
  element('save').download = blob.type === 'image/jpeg' ? 'marked.jpg' : 'marked.png';
  showRead(await watermark.read(await pixels(blob)));  // what others get to see
}

async function start() {
  say('loading');
  const watermark = await Watermark.load('runtime/', 'networks');
  element('bits').value = Array.from(crypto.getRandomValues(new Uint8Array(watermark.bits)), (b) => b & 1).join('');
  const drop = element('drop');
  const guarded = (file) => {
    say('working');
    take(watermark, file).catch((error) => say(`error: ${error.message}`));
  };
  drop.addEventListener('dragover', (event) => event.preventDefault());
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    guarded(event.dataTransfer.files[0]);
  });
  element('file').addEventListener('change', (event) => guarded(event.target.files[0]));
  say('ready');
}

start().catch((error) => say(`error: ${error.message}`));

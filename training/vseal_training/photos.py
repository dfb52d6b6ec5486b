"""Photographs as luma pyramids in one flat file, and windows cut from them as training pictures."""
import dataclasses
import json
import math
import pathlib
import queue
import random
import threading

import cv2
import numpy as np
import torch

# Short sides kept of a large photograph, px. The networks see whole pictures at 256x256, attacked at 512x512: most
# windows must be as finely structured as that, or busy pictures are never met.
LEVELS = (960, 640, 512, 400)
LEVEL_WEIGHTS = (1, 2, 4, 3)
LARGE = 512  # short side from which a photograph is large
LARGE_SHARE = 0.75
BGR_TO_LUMA = np.float32([0.114, 0.587, 0.299])
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
READ_AHEAD = 6  # batches


@dataclasses.dataclass
class Entry:
    """One picture of the flat file: where it lies and its size; level 0 is a small photograph as it came."""
    name: str
    level: int
    offset: int
    height: int
    width: int


def prepare(folders: list[pathlib.Path], cache: pathlib.Path) -> int:
    """Decodes every photograph once into cache.u8 and cache.json. Returns the number of pictures."""
    entries, offset = [], 0
    with open(cache.with_suffix(".u8"), "wb") as flat:
        for path in sorted(p for folder in folders for p in folder.iterdir() if p.suffix.lower() in SUFFIXES):
            picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if picture is None:
                raise ValueError(f"{path}: not a picture")
            luma = np.clip(np.rint(picture @ BGR_TO_LUMA), 0, 255).astype(np.uint8)
            for level in LEVELS if min(luma.shape) >= LARGE else (0,):
                small = _reduced(luma, level)
                flat.write(small.tobytes())
                entries.append(Entry(path.name, level, offset, *small.shape))
                offset += small.size
    cache.with_suffix(".json").write_text(json.dumps([dataclasses.asdict(e) for e in entries]))
    return len(entries)


def _reduced(luma: np.ndarray, short_side: int) -> np.ndarray:
    height, width = luma.shape
    scale = short_side / min(height, width)
    if not 0 < scale < 1:
        return luma
    return cv2.resize(luma, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)


class Photos:
    """Random windows of the prepared photographs. `held_out` picks every n-th photograph for validation, or all the
    others for training."""

    def __init__(self, cache: pathlib.Path, held_out: bool, every: int = 20):
        entries = [Entry(**e) for e in json.loads(cache.with_suffix(".json").read_text())]
        names = sorted({e.name for e in entries})
        kept = {name for index, name in enumerate(names) if (index % every == 0) == held_out}
        entries = [e for e in entries if e.name in kept]
        self.small = [e for e in entries if e.level == 0]
        self.large = {level: [e for e in entries if e.level == level] for level in LEVELS}
        self.flat = np.memmap(cache.with_suffix(".u8"), dtype=np.uint8, mode="r")

    def window(self, rng: random.Random, size: int) -> np.ndarray:
        """A size x size window, uint8, squashed as a picture of another shape would be."""
        if not self.small or rng.random() < LARGE_SHARE:
            entry = rng.choice(self.large[rng.choices(LEVELS, LEVEL_WEIGHTS)[0]])
            zoom = math.exp(rng.uniform(-0.2, 0.45))
        else:
            entry = rng.choice(self.small)
            zoom = math.exp(rng.uniform(-0.5, 0.1))
        squash = math.exp(rng.uniform(-0.25, 0.25))
        picture = self.flat[entry.offset:entry.offset + entry.height * entry.width]
        picture = picture.reshape(entry.height, entry.width)
        height, width = min(entry.height, int(size * zoom * squash)), min(entry.width, int(size * zoom / squash))
        top, left = rng.randint(0, entry.height - height), rng.randint(0, entry.width - width)
        shrinks = height >= size and width >= size
        part = cv2.resize(picture[top:top + height, left:left + width], (size, size),
                          interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        return _varied(part, rng)


def _varied(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    if rng.random() < 0.3:
        picture = _sharper(picture, rng.uniform(0.2, 1.2))
    if rng.random() < 0.5:
        picture = picture[:, ::-1]
    if rng.random() < 0.25:
        picture = picture.T
    if rng.random() < 0.1:
        picture = 255 - picture
    return picture


def _sharper(picture: np.ndarray, amount: float) -> np.ndarray:
    """Unsharp mask: fine structure and grain, as cameras and editors make them."""
    soft = cv2.GaussianBlur(picture, (0, 0), 1.0)
    return cv2.addWeighted(picture, 1 + amount, soft, -amount, 0)


def to_luma(pictures: np.ndarray) -> torch.Tensor:
    """(B,H,W) uint8 to (B,1,H,W) in 0..1."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).float().div_(255)[:, None]


class Loader:
    """Batches of windows, cut by a thread ahead of the training."""

    def __init__(self, photos: Photos, batch: int, size: int, seed: int):
        self._batches = queue.Queue(READ_AHEAD)
        self._stopped = threading.Event()
        rng = random.Random(seed)

        def work():
            while not self._stopped.is_set():
                batch_pictures = np.stack([photos.window(rng, size) for _ in range(batch)])
                while not self._stopped.is_set():
                    try:
                        self._batches.put(batch_pictures, timeout=1)
                        break
                    except queue.Full:
                        continue

        threading.Thread(target=work, daemon=True).start()

    def next(self) -> torch.Tensor:
        return to_luma(self._batches.get())

    def stop(self):
        self._stopped.set()

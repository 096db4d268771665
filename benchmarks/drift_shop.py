"""A shop whose pictures can be changed at will: photographs drawn once, then any number of captures of them.

A capture is one of the drawn photographs, cropped anew, in a light that wavers from one capture to the next, with its
sensor's noise. The model is logistic regression on a random projection of the picture, small enough for thousands of
captures a second. It learns from the same photographs in other crops and light: few are drawn, and so it is about as
good at them as a model that has learnt from many.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

sys.path.append(str(Path(__file__).resolve().parent.parent))

from demo.photographs import CAMERAS, LABELS, photograph
from demo.photographs.sets import SHOP_FLOOR
from inference.domain.drift.features import Features, image_statistics

HIGH, WIDE, EDGE = 36, 48, 3
CELL = 6
HIDDEN, EMBEDDED = 256, 32
PHOTOGRAPHS = {"morning": 16, "new_packaging": 12}
"""Drawn of each label by each camera."""
STEADY = 0.8
"""How much of a capture's light the next one keeps."""
NAMES = np.array([label.key for label in LABELS], dtype=object)
PLACES = np.array([camera.key for camera in CAMERAS], dtype=object)


@dataclass
class Change:
    """What becomes of the captures from the change on: `gain` multiplies the light, by as much more with each capture
    of a `ramp`; `blur` averages so many neighbours; `packaging` takes other photographs; `shares` are the labels'."""

    gain: float = 1.0
    ramp: int = 0
    blur: int = 0
    packaging: bool = False
    shares: dict[str, float] = field(default_factory=lambda: dict(SHOP_FLOOR))
    camera: str = ""


class Shop:
    """Photographs drawn with `seed`, and a model of them."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self._drawn = {
            kind: self._draw(kind, each, random)
            for kind, each in tqdm(PHOTOGRAPHS.items(), desc="drawing", file=sys.stderr)
        }
        self._grain = 3 * random.standard_normal((500, HIGH, WIDE, 1), dtype=np.float32)
        cells = HIGH // CELL * (WIDE // CELL) * 4
        self._hidden = random.standard_normal((cells, HIDDEN)).astype(np.float32) / np.sqrt(cells)
        self._out = random.standard_normal((HIDDEN, EMBEDDED)).astype(np.float32) / np.sqrt(HIDDEN)
        self._train(random)

    def _draw(self, kind: str, each: int, random: np.random.Generator) -> np.ndarray:
        """uint8 [cameras, labels, each, HIGH + 2 EDGE, WIDE + 2 EDGE, 3]."""
        out = np.empty((len(CAMERAS), len(LABELS), each, HIGH + 2 * EDGE, WIDE + 2 * EDGE, 3), dtype=np.uint8)
        for c, camera in enumerate(CAMERAS):
            for n, label in enumerate(LABELS):
                for i in range(each):
                    taken = photograph(camera=camera.key, label=label.key, condition=kind, rng=random)
                    with Image.open(io.BytesIO(taken.jpeg)) as picture:
                        out[c, n, i] = picture.resize((WIDE + 2 * EDGE, HIGH + 2 * EDGE))
        return out

    def captures(
        self,
        count: int,
        random: np.random.Generator,
        change: Change | None = None,
        *,
        shares: np.ndarray | None = None,
        since: int = 0,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """uint8 [N, 3, HIGH, WIDE], labels [N] and cameras [N] as places; `since` captures of the change are past."""
        change = change or Change()
        shares = np.array([change.shares[name] for name in NAMES]) if shares is None else shares
        labels = random.choice(len(NAMES), count, p=shares)
        cameras = np.arange(since, since + count) % len(PLACES)
        hit = (PLACES[cameras] == change.camera) if change.camera else np.ones(count, dtype=bool)
        pool = self._drawn["morning"]
        which = random.integers(0, pool.shape[2], count)
        taken = pool[cameras, labels, which]
        if change.packaging:
            new = self._drawn["new_packaging"]
            taken[hit] = new[cameras, labels, which % new.shape[2]][hit]
        tops, lefts = random.integers(0, 2 * EDGE + 1, (2, count))
        rows = tops[:, None, None] + np.arange(HIGH)[None, :, None]
        columns = lefts[:, None, None] + np.arange(WIDE)[None, None, :]
        pixels = taken[np.arange(count)[:, None, None], rows, columns].astype(np.float32)
        if change.blur:
            pixels[hit] = blurred(pixels[hit], change.blur)
        light = self._light(count, random)
        if change.ramp:
            light *= np.where(hit, change.gain ** np.minimum((since + np.arange(count)) / change.ramp, 1), 1)
        else:
            light *= np.where(hit, change.gain, 1)
        pixels = pixels * light[:, None, None, None].astype(np.float32)
        pixels += self._grain[random.integers(0, len(self._grain), count)]
        return pixels.clip(0, 255).astype(np.uint8).transpose(0, 3, 1, 2), labels, cameras

    def features(
        self, count: int, random: np.random.Generator, change: Change | None = None, since: int = 0
    ) -> Features:
        """What is watched of so many captures: by the panel's own image statistics, and by this shop's model."""
        parts = []
        for done in range(0, count, 500):
            size = min(500, count - done)
            pixels, _, cameras = self.captures(size, random, change, since=since + done)
            vectors, probabilities = self._predict(pixels)
            winners = probabilities.argmax(axis=1)
            parts.append(
                (image_statistics(pixels), probabilities.max(axis=1), winners, vectors, PLACES[cameras])
            )
        statistics, confidences, winners, vectors, sources = (
            np.concatenate(part) for part in zip(*parts, strict=True)
        )
        return Features.of(
            statistics=statistics,
            confidences=confidences,
            labels=NAMES[winners],
            embeddings=vectors,
            sources=sources,
        )

    def accuracy(self, random: np.random.Generator, change: Change | None = None) -> float:
        """Of the model on 2,000 captures."""
        pixels, labels, _ = self.captures(2000, random, change)
        return float((self._predict(pixels)[1].argmax(axis=1) == labels).mean())

    def _light(self, count: int, random: np.random.Generator) -> np.ndarray:
        wavers = np.empty(count)
        value = random.normal()
        steps = random.normal(size=count) * np.sqrt(1 - STEADY**2)
        for i in range(count):
            value = STEADY * value + steps[i]
            wavers[i] = value
        return np.exp(0.05 * wavers + 0.03 * random.normal(size=count))

    def _cells(self, pixels: np.ndarray) -> np.ndarray:
        shape = (len(pixels), 3, HIGH // CELL, CELL, WIDE // CELL, CELL)
        cells = pixels.reshape(shape)
        means = cells.mean(axis=(3, 5), dtype=np.float32)
        spreads = cells.std(axis=(3, 5), dtype=np.float32).mean(axis=1)
        means = means / 128 - 1
        return np.hstack((means.reshape(len(pixels), -1), spreads.reshape(len(pixels), -1) / 16 - 1))

    def _embed(self, pixels: np.ndarray) -> np.ndarray:
        return np.maximum(self._cells(pixels) @ self._hidden * 3, 0)

    def _predict(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hidden = self._embed(pixels)
        logits = (hidden - self._centre) / self._spread @ self._weights + self._bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return hidden @ self._out, odds / odds.sum(axis=1, keepdims=True)

    def _train(self, random: np.random.Generator) -> None:
        pixels, labels, _ = self.captures(4000, random, shares=np.full(len(NAMES), 1 / len(NAMES)))
        hidden = self._embed(pixels)
        self._centre, self._spread = hidden.mean(axis=0), hidden.std(axis=0) + 1e-3
        inputs = (hidden - self._centre) / self._spread
        self._weights = np.zeros((HIDDEN, len(NAMES)), dtype=np.float32)
        self._bias = np.zeros(len(NAMES), dtype=np.float32)
        wanted = np.eye(len(NAMES), dtype=np.float32)[labels]
        for _ in range(150):
            logits = inputs @ self._weights + self._bias
            odds = np.exp(logits - logits.max(axis=1, keepdims=True))
            slope = (odds / odds.sum(axis=1, keepdims=True) - wanted) / len(labels)
            self._weights -= 0.6 * (inputs.T @ slope + 1e-2 * self._weights)
            self._bias -= 0.6 * slope.sum(axis=0)


def blurred(pixels: np.ndarray, size: int) -> np.ndarray:
    """[N, H, W, 3] averaged over 2 × size + 1 neighbours each way."""
    out = pixels
    for axis in (1, 2):
        out = np.mean([np.roll(out, step, axis=axis) for step in range(-size, size + 1)], axis=0)
    return out.astype(np.float32)

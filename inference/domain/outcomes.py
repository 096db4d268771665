"""What a model made of each image of a set, kept compactly: right, said and true, by image and label."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inference.domain.finding import hits

ROW = np.dtype(
    [
        ("image", "<i4"),
        ("variant", "u1"),
        ("label", "<i2"),
        ("right", "<u2"),
        ("said", "<u2"),
        ("true", "<u2"),
    ]
)
PLAIN = ("",)


@dataclass(frozen=True, eq=False)
class Outcomes:
    """N images, in order: `hashes` their sha256; `rows` of dtype ROW count, for one label of one image in one variant,
    how often it was said, is true, and was said rightly; labels and variants are indices into those named.

    Of a classifier each image has one thing said and one true. `confidence` [N] is that of its plain answer, 0..1,
    NaN for boxes.
    """

    hashes: tuple[str, ...]
    labels: tuple[str, ...]
    rows: np.ndarray
    confidence: np.ndarray
    variants: tuple[str, ...] = PLAIN

    def pack(self) -> bytes:
        """Some 20 bytes an image and the hashes, compressed: the inverse of `unpack`."""
        names = json.dumps([self.labels, self.variants]).encode()
        out = io.BytesIO()
        np.savez_compressed(
            out,
            hashes=np.frombuffer(bytes.fromhex("".join(self.hashes)), dtype=np.uint8),
            names=np.frombuffer(names, dtype=np.uint8),
            rows=self.rows,
            confidence=self.confidence.astype(np.float16),
        )
        return out.getvalue()

    @classmethod
    def unpack(cls, content: bytes | memoryview) -> Outcomes:
        with np.load(io.BytesIO(bytes(content)), allow_pickle=False) as found:
            labels, variants = json.loads(found["names"].tobytes())
            text = found["hashes"].tobytes().hex()
            return cls(
                tuple(text[at : at + 64] for at in range(0, len(text), 64)),
                tuple(labels),
                found["rows"],
                found["confidence"].astype(np.float64),
                tuple(variants),
            )

    def right(self) -> np.ndarray:
        """Whether each of the N images is wholly right in its plain variant: said what is true, and nothing else."""
        wrong = (self.rows["right"] < self.rows["said"]) | (self.rows["right"] < self.rows["true"])
        found = np.ones(len(self.hashes), dtype=bool)
        found[self.rows["image"][wrong & (self.rows["variant"] == 0)]] = False
        return found


def tally(said: Sequence[str], right: Sequence[bool], true: Sequence[str]) -> list[tuple[str, int, int, int]]:
    """(label, right, said, true) for each label of one image, from what was `said`, whether each was `right`, and what
    is `true`."""
    names, held = Counter(said), Counter(true)
    good = Counter(label for label, each in zip(said, right, strict=True) if each)
    return [(label, good[label], names[label], held[label]) for label in sorted(names | held)]


def of_boxes(
    boxes: np.ndarray, names: Sequence[str], held: np.ndarray, held_names: Sequence[str]
) -> list[tuple[str, int, int, int]]:
    """`tally` of boxes [K, 4], the surest first, against held ones [M, 4]: right from half an overlap on."""
    right = hits(boxes, np.array(names), held, np.array(held_names))
    return tally(names, right.tolist(), held_names)


def gather(
    hashes: Sequence[str],
    told: Sequence[Sequence[Sequence[tuple[str, int, int, int]]]],
    confidence: Sequence[float],
    variants: Sequence[str] = PLAIN,
) -> Outcomes:
    """Outcomes of N images from their tallies: `told` holds, for each variant, N lists."""
    named = sorted({each[0] for variant in told for image in variant for each in image})
    index = {label: number for number, label in enumerate(named)}
    rows = [
        (image, number, index[label], right, said, true)
        for number, variant in enumerate(told)
        for image, found in enumerate(variant)
        for label, right, said, true in found
    ]
    return Outcomes(
        tuple(hashes), tuple(named), np.array(rows, dtype=ROW), np.array(confidence, float), tuple(variants)
    )


def set_hash(asked: Sequence[tuple[str, object]]) -> str:
    """SHA-256 in hex of images by their hash with what is true of each, in any order."""
    lines = sorted(json.dumps([sha256, value], sort_keys=True) for sha256, value in asked)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()

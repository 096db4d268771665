"""Small labelled photographs for training tests, drawn with Pillow and saved as JPEG."""

import hashlib
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

from inference.training.options import TrainingRow

LABELS = ("disc", "frame", "bar")


def drawn(label: str, random: np.random.Generator) -> bytes:
    """A yellow shape somewhere on a dark, noisy ground, as JPEG bytes."""
    image = Image.fromarray(random.integers(0, 70, (90, 120, 3), dtype=np.uint8))
    x, y = (int(value) for value in random.integers(10, 40, 2))
    draw = ImageDraw.Draw(image)
    if label == "disc":
        draw.ellipse([x, y, x + 45, y + 45], fill=(220, 190, 40))
    elif label == "frame":
        draw.rectangle([x, y, x + 45, y + 45], outline=(220, 190, 40), width=7)
    else:
        draw.rectangle([x, y, x + 12, y + 45], fill=(220, 190, 40))
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def labelled(train: int, val: int = 0, test: int = 0, labels=LABELS, seed: int = 0):
    """Rows with so many images of each label in each split, and their bytes by sha256."""
    random = np.random.default_rng(seed)
    rows, files = [], {}
    for split, count in (("train", train), ("val", val), ("test", test)):
        for label in labels:
            for _ in range(count):
                data = drawn(label, random)
                sha256 = hashlib.sha256(data).hexdigest()
                files[sha256] = data
                rows.append(TrainingRow(sha256, label, split))
    return rows, files

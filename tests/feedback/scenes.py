"""A shop's shelf as one camera sees it, small and drawn here: boards that stay, goods and light that do not."""

from datetime import UTC, datetime
from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from feedback.domain.camera_learning import AN_HOUR, VIEW, Learnt, judge
from feedback.services.camera_looking import measure_picture

SIZE = (320, 240)
JPEG = "320×240 JPEG"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def shelf(seed=0):
    """One picture: three boards, uprights of unequal distance, goods anew for each seed, light that wavers, noise."""
    random = np.random.default_rng(seed)
    picture = Image.new("RGB", SIZE, (176, 180, 186))
    draw = ImageDraw.Draw(picture)
    for top in (30, 98, 166):
        for left in range(12, 300, 36):
            if random.random() < 0.8:
                high = int(random.integers(24, 48))
                colour = tuple(int(value) for value in random.integers(60, 220, 3))
                draw.rectangle((left, top + 54 - high, left + 26, top + 54), fill=colour)
        draw.rectangle((0, top + 55, SIZE[0], top + 63), fill=(58, 48, 40))
    for left, wide in ((0, 10), (108, 7), (190, 12), (306, 14)):
        draw.rectangle((left, 0, left + wide, SIZE[1]), fill=(40, 44, 52))
    draw.polygon(((0, 0), (70, 0), (0, 40)), fill=(20, 20, 24))
    draw.ellipse((232, 4, 272, 26), fill=(250, 250, 240))
    lit = np.asarray(picture, float) * random.uniform(0.8, 1.15) + random.normal(0, 3, (SIZE[1], SIZE[0], 3))
    return Image.fromarray(lit.clip(0, 255).astype(np.uint8))


def _covered(picture):
    return Image.blend(
        picture.filter(ImageFilter.GaussianBlur(40)), Image.new("RGB", SIZE, (96, 70, 50)), 0.9
    )


def _half_covered(picture):
    covered = picture.copy()
    covered.paste((70, 62, 50), (0, 0, SIZE[0] * 2 // 3, SIZE[1]))
    return covered


def _red(picture):
    return Image.fromarray((np.asarray(picture) * (1, 0.55, 0.55)).astype(np.uint8))


DONE = {
    "black": lambda picture: ImageEnhance.Brightness(picture).enhance(0.02),
    "dark": lambda picture: ImageEnhance.Brightness(picture).enhance(0.14),
    "bright": lambda picture: ImageEnhance.Brightness(picture).enhance(6),
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(3)),
    "cast": _red,
    "covered": _covered,
    "half covered": _half_covered,
    "moved": lambda picture: ImageChops.offset(picture, 64, 40),
    "turned": lambda picture: picture.rotate(15),
}
"""What may happen to a camera, done to its picture."""


def encoded(picture, kind="JPEG"):
    """The bytes of a picture."""
    out = BytesIO()
    picture.save(out, kind, **({"quality": 80} if kind == "JPEG" else {}))
    return out.getvalue()


@cache
def learnt():
    """What a camera of a shelf is known to be like at noon, of twice as many looks as it takes."""
    known = Learnt()
    for seed in range(VIEW + AN_HOUR):
        measured = measure_picture(shelf(seed))
        sight, found = judge(known, measured, JPEG, NOON.hour)
        assert found == []
        known = known.absorb(measured, sight, JPEG, NOON.hour)
    return known

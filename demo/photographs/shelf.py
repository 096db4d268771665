"""Draws a stocked bay of shelving straight on, in one-point perspective: wall, boards, goods, price rails."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .brush import tone
from .cameras import CANVAS, Camera, Tier
from .motifs import font
from .sprites import sprite
from .stock import Facing, Shelf

RAIL = 20
"""Height of a price rail in canvas pixels."""
ROW_DEPTHS = (0.02, 0.125, 0.23)
BACK_DEPTH = 0.32
ROW_BRIGHTNESS = (1.0, 0.78, 0.58)


def draw_bay(camera: Camera, shelves: list[Shelf], rng: np.random.Generator) -> Image.Image:
    """The bay on its canvas (RGB, CANVAS pixels).

    Back to front, and from the lowest shelf up, so that each board hides what stands below it.
    """
    paint = float(rng.uniform(0.62, 1.18))
    canvas = Image.new("RGB", CANVAS, tone(camera.wall, 0.35))
    tiers = list(zip(camera.tiers, shelves, strict=True))
    for tier, shelf in reversed(tiers):
        _draw_opening(canvas, camera, tier, shelf, paint, int(rng.integers(0, 60)))
        for row in reversed(range(len(ROW_DEPTHS))):
            for facing in shelf:
                if row in facing.rows:
                    _place(canvas, camera, tier, facing, row, rng)
        _shade_under_board(canvas, tier)
    for tier, shelf in tiers:
        _draw_rail(canvas, camera, tier, shelf, rng)
    _draw_plinth(canvas, camera)
    _hang_promotions(canvas, camera, rng)
    return canvas


def _project(camera: Camera, x: float, y: float, depth: float) -> tuple[float, float]:
    scale = 1 / (1 + depth)
    vx, vy = camera.vanishing
    return vx + (x - vx) * scale, vy + (y - vy) * scale


def _draw_opening(
    canvas: Image.Image, camera: Camera, tier: Tier, shelf: Shelf, paint: float, phase: int
) -> None:
    wide = CANVAS[0]
    ceiling = _project(camera, 0, tier.top, BACK_DEPTH)[1]
    ground = _project(camera, 0, tier.floor, BACK_DEPTH)[1]
    y = np.arange(tier.top, tier.floor, dtype=np.float32)
    wall = np.array(camera.wall, np.float32) * paint
    board = np.array(camera.board, np.float32) * (0.4 + 0.6 * paint)
    down = ((y - ceiling) / max(1.0, ground - ceiling)).clip(0, 1)
    column = wall * (0.34 + 0.34 * np.sin(np.pi * (0.12 + 0.62 * down)))[:, None]
    near = ((y - ground) / max(1.0, tier.floor - ground)).clip(0, 1)[:, None]
    column = np.where((y > ground)[:, None], board * (0.42 + 0.5 * near), column)
    column = np.where((y < ceiling)[:, None], board * 0.3, column)
    strip = Image.fromarray(column.clip(0, 255).astype(np.uint8)[:, None, :], "RGB")
    canvas.paste(strip.resize((wide, len(y)), Image.Resampling.NEAREST), (0, tier.top))

    draw = ImageDraw.Draw(canvas)
    _draw_backing(draw, camera, max(ceiling, tier.top), ground, paint, phase)
    for facing in shelf:
        edge = facing.left - 1.5
        draw.line(
            (*_project(camera, edge, tier.floor, BACK_DEPTH), *_project(camera, edge, tier.floor, 0)),
            fill=tone(camera.board, 0.5 * paint),
            width=1,
        )


def _draw_backing(
    draw: ImageDraw.ImageDraw, camera: Camera, top: float, bottom: float, paint: float, phase: int
) -> None:
    wide = CANVAS[0]
    dark, light = tone(camera.wall, 0.36 * paint), tone(camera.wall, 0.74 * paint)
    if camera.backing == "slats":
        for x in range(phase % 26, wide, 26):
            draw.line((x, top, x, bottom), fill=dark, width=2)
            draw.line((x + 2, top, x + 2, bottom), fill=light, width=1)
    elif camera.backing == "pegs":
        for y in np.arange(top + 8, bottom - 4, 15):
            for x in range(phase % 18, wide, 18):
                draw.ellipse((x, y, x + 3, y + 3), fill=dark)
    for x in range(phase * 4, wide, 236):
        draw.rectangle((x, top, x + 12, bottom), fill=tone(camera.wall, 0.5 * paint))
        for y in np.arange(top + 4, bottom - 4, 11):
            draw.rectangle((x + 4, y, x + 7, y + 5), fill=tone(camera.wall, 0.2 * paint))


def _place(
    canvas: Image.Image, camera: Camera, tier: Tier, facing: Facing, row: int, rng: np.random.Generator
) -> None:
    product = facing.product
    depth = ROW_DEPTHS[row]
    pieces = 1 if facing.short else product.stack
    picture = sprite(product, tier.clear, 1 / (1 + depth), ROW_BRIGHTNESS[row], pieces)
    if facing.fallen:
        picture = picture.rotate(90 if rng.random() < 0.5 else -90, expand=True)
    x, y = _project(camera, facing.left + facing.width / 2, tier.floor, depth)
    x += float(rng.normal(0, 1.2))
    left, top = round(x - picture.width / 2), round(y - picture.height)
    shadow = _contact_shadow(picture.width)
    canvas.paste((8, 8, 12), (left - picture.width // 8, round(y) - shadow.height * 2 // 3), shadow)
    canvas.paste(picture, (left, top), picture)


@lru_cache(maxsize=512)
def _contact_shadow(width: int) -> Image.Image:
    wide, high = round(width * 1.25), max(5, width // 5)
    mask = Image.new("L", (wide, high))
    ImageDraw.Draw(mask).ellipse((width // 10, high // 4, wide - width // 10, 3 * high // 4), fill=190)
    return mask.filter(ImageFilter.GaussianBlur(max(1.0, high / 6)))


@lru_cache(maxsize=32)
def _falling_shade(height: int) -> Image.Image:
    fade = (150 * np.linspace(1, 0, height, dtype=np.float32) ** 1.6).astype(np.uint8)
    return Image.fromarray(np.repeat(fade[:, None], CANVAS[0], axis=1), "L")


def _shade_under_board(canvas: Image.Image, tier: Tier) -> None:
    canvas.paste((6, 7, 12), (0, tier.top), _falling_shade(round(tier.clear * 0.36)))


def _draw_rail(
    canvas: Image.Image, camera: Camera, tier: Tier, shelf: Shelf, rng: np.random.Generator
) -> None:
    draw = ImageDraw.Draw(canvas)
    top = tier.floor
    for line in range(RAIL):
        bend = 1.05 - 0.3 * line / RAIL if line > 2 else 1.18
        draw.line((0, top + line, CANVAS[0], top + line), fill=tone(camera.rail, bend))
    draw.line((0, top + RAIL - 1, CANVAS[0], top + RAIL - 1), fill=tone(camera.rail, 0.5))
    previous = None
    for facing in shelf:
        if facing.product is not previous:
            tag = _price_tag(int(rng.integers(24)))
            canvas.paste(tag, (round(facing.left + 3), top + 3))
        previous = facing.product


@lru_cache(maxsize=24)
def _price_tag(number: int) -> Image.Image:
    ground = (255, 214, 64) if number % 6 == 0 else (252, 252, 248)
    tag = Image.new("RGB", (42 * 3, 15 * 3), ground)
    draw = ImageDraw.Draw(tag)
    draw.text(
        (6, 22),
        f"{9 + number * 7 % 60},{'90' if number % 2 else '50'}",
        font=font(36),
        fill=(24, 24, 28),
        anchor="lm",
        stroke_width=1,
        stroke_fill=(24, 24, 28),
    )
    for bar in range(9):
        draw.rectangle((92 + bar * 3, 12, 92 + bar * 3 + (bar * number) % 2, 36), fill=(60, 60, 66))
    return tag.resize((42, 15), Image.Resampling.BOX)


def _draw_plinth(canvas: Image.Image, camera: Camera) -> None:
    wide, high = CANVAS
    top = camera.tiers[-1].floor + RAIL
    if top < high:
        draw = ImageDraw.Draw(canvas)
        draw.rectangle((0, top, wide, high), fill=tone(camera.rail, 0.28))
        draw.rectangle((0, top, wide, top + 4), fill=(8, 8, 10))


PROMOTIONS = (
    ("-20%", (214, 40, 57)),
    ("2 for 3", (247, 181, 0)),
    ("NEW", (0, 121, 107)),
    ("LOCAL", (56, 96, 178)),
)


def _hang_promotions(canvas: Image.Image, camera: Camera, rng: np.random.Generator) -> None:
    count = int(rng.choice([0, 1, 2], p=[0.55, 0.33, 0.12]))
    for index in rng.choice(len(camera.tiers) - 1, count, replace=False):
        tier = camera.tiers[int(index)]
        card = _promotion(int(rng.integers(len(PROMOTIONS))), bool(rng.random() < 0.5))
        turned = card.rotate(float(rng.normal(0, 4)), Image.Resampling.BICUBIC, expand=True)
        x = int(rng.integers(40, CANVAS[0] - 110))
        canvas.paste(turned, (x, tier.floor + 4), turned)


@lru_cache(maxsize=8)
def _promotion(number: int, is_round: bool) -> Image.Image:
    words, ground = PROMOTIONS[number]
    ink = (30, 26, 10) if number == 1 else (255, 255, 255)
    size = (54 * 3, 54 * 3) if is_round else (74 * 3, 38 * 3)
    card = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(card)
    box = (0, 0, size[0] - 1, size[1] - 1)
    if is_round:
        draw.ellipse(box, fill=ground)
        draw.ellipse((9, 9, size[0] - 10, size[1] - 10), outline=ink, width=4)
    else:
        draw.rounded_rectangle(box, radius=12, fill=ground)
        draw.rounded_rectangle((9, 9, size[0] - 10, size[1] - 10), radius=8, outline=ink, width=4)
    letters = font(44 if is_round and len(words) > 4 else 54)
    draw.text(
        (size[0] / 2, size[1] / 2),
        words,
        font=letters,
        fill=ink,
        anchor="mm",
        stroke_width=2,
        stroke_fill=ink,
    )
    return card.resize((size[0] // 3, size[1] // 3), Image.Resampling.BOX)

"""Draws the mark as the icons a phone's home screen wants: PNG, of static/img/mark.svg's own shapes."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from PIL import Image, ImageDraw

SIDE = 32
"""Of the mark, in its own units."""

FINER = 8
"""Drawn this many times as large and then made small: Pillow draws no smooth edges."""

BLUE, WHITE, YELLOW = "#2f4bd0", "#ffffff", "#ffd166"
CHECK = ((8.5, 9.5), (15.0, 23.0), (24.0, 8.5))
STROKE, DOT, CORNER = 3.6, 2.9, 8.0
SAFE = 0.72
"""A maskable icon may be cut to a circle: the mark takes this share of its side, the ground all of it."""


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.STATICFILES_DIRS[0]) / "img"
        for size in (192, 512):
            draw(size).save(folder / f"icon-{size}.png", optimize=True)
        draw(512, maskable=True).save(folder / "icon-512-maskable.png", optimize=True)
        self.stdout.write(f"Three icons in {folder}.")


def draw(size: int, *, maskable: bool = False) -> Image.Image:
    """The mark, `size` pixels on a side: on a rounded square, or on a ground without corners."""
    side = size * FINER
    picture = Image.new("RGBA", (side, side), BLUE if maskable else (0, 0, 0, 0))
    share = SAFE if maskable else 1.0
    scale, margin = share * side / SIDE, side * (1 - share) / 2
    pen = ImageDraw.Draw(picture)

    def at(point: tuple[float, float]) -> tuple[float, float]:
        return margin + point[0] * scale, margin + point[1] * scale

    def dot(point: tuple[float, float], radius: float, fill: str) -> None:
        x, y = at(point)
        pen.ellipse(
            (x - radius * scale, y - radius * scale, x + radius * scale, y + radius * scale), fill=fill
        )

    if not maskable:
        pen.rounded_rectangle((0, 0, side - 1, side - 1), CORNER * scale, fill=BLUE)
    pen.line([at(point) for point in CHECK], fill=WHITE, width=round(STROKE * scale))
    for point in CHECK:
        dot(point, STROKE / 2, WHITE)
    dot(CHECK[-1], DOT, YELLOW)
    return picture.resize((size, size), Image.Resampling.LANCZOS)

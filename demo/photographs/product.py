"""A product of the range, as a plain description, and how large it stands on a shelf."""

from dataclasses import dataclass

from .cameras import Colour


@dataclass(frozen=True)
class Product:
    """A product of the range; `height` is a share of its shelf's opening, `aspect` width over height."""

    kind: str
    height: float
    aspect: float
    body: Colour
    accent: Colour
    ink: Colour
    motif: str
    brand: str
    cap: Colour = (240, 240, 240)
    stack: int = 1


def pixel_size(product: Product, clear: int) -> tuple[int, int]:
    """Width and height in canvas pixels of one standing product on a shelf with `clear` pixels of room."""
    height = product.height * clear
    return max(8, round(height * product.aspect)), max(8, round(height))

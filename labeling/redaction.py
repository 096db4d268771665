"""Parts of a picture filled with one colour in its own file: what was under them is nowhere in the new bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import ImageDraw

from labeling.imagefile import ImageRefused, open_upright

COLOUR = (114, 114, 114)
"""Grey of a photograph's mean: a model takes it for nothing. Blurred pixels can be guessed back, these cannot."""
QUALITY = 95


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the upright picture in pixels: `left` and `top` are in it, `right` and `bottom` are not.

    `what` is drawn, face or plate.
    """

    left: int
    top: int
    right: int
    bottom: int
    what: str

    def grown(self, share: float, width: int, height: int) -> Area:
        """The same with a margin of that share of its sides around it, within a picture of that size."""
        across, down = round((self.right - self.left) * share), round((self.bottom - self.top) * share)
        return Area(
            max(0, self.left - across),
            max(0, self.top - down),
            min(width, self.right + across),
            min(height, self.bottom + down),
            self.what,
        )


def filled(data: bytes, areas: Sequence[Area]) -> bytes:
    """The JPEG, PNG or WebP with those parts filled: upright, in RGB, without metadata, of the same size in pixels.

    A JPEG or a lossy WebP is compressed anew, at a quality of 95; what was transparent is white, 16 bits become 8.
    The same input gives the same bytes. Raises labeling.imagefile.ImageRefused for what is no such file.
    """
    picture = open_upright(data)
    profile = picture.info.get("icc_profile") or b""
    # Pillow writes on what the file had said beside the picture, comments and XMP too.
    picture.info = {}
    pen = ImageDraw.Draw(picture)
    for area in areas:
        pen.rectangle((area.left, area.top, area.right - 1, area.bottom - 1), fill=COLOUR)
    # What was CMYK or grey is RGB by now, and its profile is of no use.
    kept = {"icc_profile": profile} if profile[16:20] == b"RGB " else {}
    out = BytesIO()
    if data.startswith(b"\xff\xd8"):
        picture.save(out, "JPEG", quality=QUALITY, **kept)
    elif data.startswith(b"\x89P"):
        picture.save(out, "PNG", **kept)
    elif data.startswith(b"RIFF"):
        picture.save(out, "WEBP", quality=QUALITY, lossless=b"VP8L" in data[:4096], **kept)
    else:
        raise ImageRefused("The file is neither a JPEG, nor a PNG, nor a WebP.")
    return out.getvalue()

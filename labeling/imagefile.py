"""Uploaded bytes verified and turned upright: what an image file is, or why it is refused."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

import numpy as np
from PIL import Image, ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from labeling.differencehash import AT_LEAST, difference_hash

MAX_BYTES = 25 * 1024 * 1024
MAX_PIXELS = 100_000_000

# A phone's photograph has one scan, a progressive JPEG about ten. Each scan walks the whole picture,
# so that thousands of empty ones would keep a processor busy for minutes.
MAX_JPEG_SCANS = 200

MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WebP": "image/webp"}

# The classes are used directly rather than through Image.open: it would try fifty formats, warn about
# large pictures by a process-wide setting, and open a phone's MPO as a film of two frames.
_READERS: dict[str, type[ImageFile.ImageFile]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
}

_ACCEPTED = "send a JPEG, a PNG or a WebP"

_OTHER_SIGNATURES = (
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"8BPS", "Photoshop"),
    (b"%PDF", "PDF"),
    (b"\0\0\1\0", "icon (ICO)"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"<svg", "SVG"),
)
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"mif1": "HEIF", b"msf1": "HEIF"}

_EXIF_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Kind = Literal["invalid", "too-large"]


class ImageRefused(ValueError):
    """Bytes that are not an image we take; `reason` is a sentence for whoever sent them."""

    def __init__(self, reason: str, kind: Kind = "invalid") -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What a verified file is: `sha256` in hex of its bytes; `width`, `height` in pixels when upright; the upright
    picture's `difference_hash`."""

    sha256: str
    format: str
    media_type: str
    width: int
    height: int
    difference_hash: int


def inspect(data: bytes, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS) -> ImageFacts:
    """Prove that `data` is one whole image and say what it is.

    The size is read from the header, before any pixel is decoded. Then a JPEG is decoded at an eighth of
    its scale (more of a small one), a PNG or WebP whole. Raises ImageRefused, and nothing else, whatever the bytes.
    """
    return inspect_upright(data, at_least=AT_LEAST, max_bytes=max_bytes, max_pixels=max_pixels)[0]


def inspect_upright(
    data: bytes, *, at_least: tuple[int, int], max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> tuple[ImageFacts, Image.Image]:
    """What `inspect` says, and the picture that `open_upright` makes: for one decoding of the two that these take.

    `at_least` must be no smaller than what the difference hash needs. Raises ImageRefused.
    """
    if len(data) > max_bytes:
        raise ImageRefused(
            f"The file has {len(data) / 2**20:.1f} MB; at most {max_bytes / 2**20:g} MB are accepted.",
            "too-large",
        )
    name, image = _open(data, max_pixels)
    width, height = image.size
    picture = _upright(name, image, at_least)
    if _orientation(image) >= 5:
        width, height = height, width
    sha256 = hashlib.sha256(data).hexdigest()
    facts = ImageFacts(sha256, name, MEDIA_TYPES[name], width, height, difference_hash(picture))
    return facts, picture


def open_upright(
    data: bytes, *, at_least: tuple[int, int] | None = None, max_pixels: int = MAX_PIXELS
) -> Image.Image:
    """Decode `data` into an RGB picture, EXIF orientation applied, transparency laid over white.

    `at_least` (width, height of the upright picture) lets a JPEG be decoded at 1/2, 1/4 or 1/8 of its
    scale, never smaller than that: much faster for a thumbnail or a model's input. Raises ImageRefused.
    """
    name, image = _open(data, max_pixels)
    return _upright(name, image, at_least)


def _upright(name: str, image: ImageFile.ImageFile, at_least: tuple[int, int] | None) -> Image.Image:
    if at_least and name == "JPEG":
        width, height = (max(1, side) for side in at_least)
        image.draft(None, (height, width) if _orientation(image) >= 5 else (width, height))
    _load(name, image)
    orientation = _orientation(image)
    picture = _to_rgb(image)
    return picture.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else picture


def _open(data: bytes, max_pixels: int) -> tuple[str, ImageFile.ImageFile]:
    """The accepted format and the file opened, its header checked and no pixel decoded."""
    name = _format(data)
    if name == "WebP":
        # libwebp makes room for the canvas while it opens: look at the size it claims first.
        _check_pixels(_webp_canvas(data), max_pixels)
    if name == "JPEG" and data.count(b"\xff\xda") > MAX_JPEG_SCANS:
        raise ImageRefused(f"The JPEG has more than {MAX_JPEG_SCANS} scans: save it as a plain JPEG.")
    try:
        image = _READERS[name](BytesIO(data))
        frames = getattr(image, "n_frames", 1)
    except Exception as error:  # hostile bytes make Pillow raise nearly anything
        raise _damaged(name) from error
    _check_pixels(image.size, max_pixels)
    if frames > 1:
        raise ImageRefused(f"The {name} is animated ({frames} frames): send one frame as a still image.")
    return name, image


def _format(data: bytes) -> str:
    """The accepted format that the first bytes announce; raises ImageRefused naming what it is instead."""
    if not data:
        raise ImageRefused(f"The file is empty (0 bytes): {_ACCEPTED}.")
    if data.startswith(b"\xff\xd8"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        frames = _gif_frames(data)
        what = f"an animated GIF ({frames} frames)" if frames > 1 else "a GIF"
        raise ImageRefused(f"The file is {what}, which is not accepted: {_ACCEPTED} of one frame.")
    other = next((name for signature, name in _OTHER_SIGNATURES if data.startswith(signature)), None)
    if data[4:8] == b"ftyp":
        other = _BRANDS.get(data[8:12], "HEIF" if data[8:11] in (b"hei", b"hev") else "video")
    if other:
        raise ImageRefused(f"The file's format is {other}, which is not accepted: {_ACCEPTED}.")
    raise ImageRefused(f"The file is not an image: {_ACCEPTED}.")


def _check_pixels(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise ImageRefused(f"The image is {width}×{height} pixels: it must have at least one.")
    if width * height > max_pixels:
        raise ImageRefused(
            f"The image is {width}×{height} pixels ({width * height / 1e6:.0f} million); "
            f"at most {max_pixels / 1e6:g} million are accepted.",
            "too-large",
        )


def _webp_canvas(data: bytes) -> tuple[int, int]:
    """The canvas an extended WebP claims (RFC 9649, 2.7); (1, 1) for a plain one, which is under 16,384²."""
    if data[12:16] != b"VP8X" or len(data) < 30:
        return 1, 1
    return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")


def _gif_frames(data: bytes, most: int = 1000) -> int:
    """Count a GIF's image blocks, up to `most`, without decoding any (GIF89a, sections 18-26)."""

    def skip_table(at: int, flags: int) -> int:
        return at + (3 << (flags & 7) + 1 if flags & 0x80 else 0)

    frames = 0
    try:
        at = skip_table(13, data[10])
        while frames < most and data[at] in (0x21, 0x2C):
            if data[at] == 0x2C:
                frames += 1
                at = skip_table(at + 10, data[at + 9]) + 1
            else:
                at += 2
            while data[at]:
                at += data[at] + 1
            at += 1
    except IndexError:
        pass
    return frames


def _load(name: str, image: ImageFile.ImageFile) -> None:
    try:
        image.load()
    except Exception as error:  # as in _open
        raise _damaged(name) from error


def _damaged(name: str) -> ImageRefused:
    return ImageRefused(
        f"The {name} is cut short or damaged and cannot be decoded: send the whole file again."
    )


def _orientation(image: ImageFile.ImageFile) -> int:
    """EXIF orientation 1..8; 1 where the EXIF block is absent or unreadable, as browsers do."""
    try:
        value = image.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception:  # as in _open
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I"):
        # Pillow's own conversion clips 16 bits at 255: everything but the shadows would turn white.
        deep = np.asarray(image).astype(np.uint32)
        return Image.fromarray(((deep + 128) // 257).clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    return image.convert("RGB")

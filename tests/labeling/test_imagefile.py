"""What an uploaded file may be: accepted with its facts, or refused with a sentence; never anything else."""

import contextlib
import hashlib
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFile

from labeling.imagefile import ImageRefused, inspect, open_upright


def encoded(image: Image.Image, kind: str = "JPEG", **options) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def photograph(width: int = 96, height: int = 64) -> Image.Image:
    """Left half red, right half blue, a green bar at the top: no two orientations look the same."""
    image = Image.new("RGB", (width, height), "red")
    draw = ImageDraw.Draw(image)
    draw.rectangle([width // 2, 0, width, height], fill="blue")
    draw.rectangle([0, 0, width, height // 4], fill=(0, 255, 0))
    return image


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds one zlib block of next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


def refusal(data: bytes, **limits) -> ImageRefused:
    with pytest.raises(ImageRefused) as caught:
        inspect(data, **limits)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WebP", "image/webp")]
)
def test_it_tells_the_facts_of_each_accepted_format(kind, media_type):
    data = encoded(photograph(), kind)
    facts = inspect(data)
    assert (facts.format, facts.media_type, facts.width, facts.height) == (kind, media_type, 96, 64)
    assert facts.sha256 == hashlib.sha256(data).hexdigest()


def test_a_phones_multi_picture_jpeg_is_a_jpeg_of_its_first_frame():
    data = encoded(photograph(), "MPO", save_all=True, append_images=[Image.new("RGB", (96, 64), "white")])
    facts = inspect(data)
    assert (facts.format, facts.width, facts.height) == ("JPEG", 96, 64)
    assert np.asarray(open_upright(data))[40, 20, 0] > 200
    assert np.asarray(open_upright(data))[40, 20, 1] < 60


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"Hello, I am a text", "not an image"),
        (b"\0" * 500, "not an image"),
        (encoded(photograph(), "BMP"), "BMP"),
        (encoded(photograph(), "TIFF"), "TIFF"),
        (encoded(photograph(), "GIF"), "GIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIF"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "AVIF"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "video"),
        (b"%PDF-1.7 ...", "PDF"),
    ],
)
def test_it_refuses_what_is_not_an_accepted_image_by_name(data, words):
    refused = refusal(data)
    assert words in refused.reason
    assert "JPEG" in refused.reason
    assert refused.kind == "invalid"


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WebP"])
def test_it_refuses_an_animation_with_its_number_of_frames(kind):
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "lime")]
    refused = refusal(encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100))
    assert "animated" in refused.reason
    assert "3 frames" in refused.reason


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
def test_it_refuses_a_truncated_file(kind):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    data = encoded(noise, kind)
    refused = refusal(data[: len(data) * 2 // 3])
    assert "cut short or damaged" in refused.reason
    with pytest.raises(ImageRefused):
        open_upright(data[: len(data) * 2 // 3])


def test_it_refuses_a_decompression_bomb_by_its_header_alone(monkeypatch):
    def decoded(self):
        raise AssertionError("it was decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded)
    refused = refusal(png_header(30_000, 30_000))
    assert refused.kind == "too-large"
    assert "30000×30000" in refused.reason


def test_it_refuses_a_webp_that_claims_a_vast_canvas():
    data = bytearray(encoded(photograph(), "WebP", exif=b"Exif\0\0" + Image.Exif().tobytes()))
    assert data[12:16] == b"VP8X"
    data[24:30] = (29_999).to_bytes(3, "little") * 2
    assert refusal(bytes(data)).kind == "too-large"


def test_limits_are_the_callers():
    data = encoded(photograph())
    assert refusal(data, max_bytes=100).kind == "too-large"
    assert refusal(data, max_pixels=96 * 64 - 1).kind == "too-large"
    assert inspect(data, max_pixels=96 * 64, max_bytes=len(data)).width == 96


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
def test_it_turns_every_exif_orientation_upright(kind, orientation):
    upright = photograph()
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(stored, kind, exif=exif.tobytes(), quality=95)
    facts = inspect(data)
    assert (facts.width, facts.height) == (96, 64)
    picture = open_upright(data)
    assert picture.size == (96, 64)
    assert np.abs(np.asarray(picture, dtype=int) - np.asarray(upright, dtype=int)).mean() < 12


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_an_unreadable_exif_block_leaves_the_picture_as_it_is():
    whole = encoded(photograph(), exif=b"Exif\0\0" + b"MM\0*" + b"\0\0\0\x08" + b"\0" * 8)
    data = whole.replace(b"MM\0*\0\0\0\x08", b"MM\0*\xff\xff\xff\xff")
    assert data != whole
    assert inspect(data).width == 96


def test_sixteen_bit_grey_is_scaled_rather_than_clipped():
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)
    data = encoded(Image.fromarray(np.tile(ramp, (8, 1))), "PNG")
    picture = np.asarray(open_upright(data))
    assert picture.shape == (8, 256, 3)
    assert np.abs(picture[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_cmyk_comes_out_in_its_colours():
    data = encoded(photograph().convert("CMYK"))
    assert inspect(data).format == "JPEG"
    picture = np.asarray(open_upright(data)).astype(int)
    assert np.abs(picture - np.asarray(photograph()).astype(int)).mean() < 12


def test_transparency_lies_over_white():
    image = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    image.putpixel((0, 0), (255, 0, 0, 255))
    picture = open_upright(encoded(image, "PNG"))
    assert picture.getpixel((0, 0)) == (255, 0, 0)
    assert picture.getpixel((3, 3)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_mode_of_png_becomes_rgb(mode):
    data = encoded(photograph().convert("L").convert(mode), "PNG")
    assert open_upright(data).mode == "RGB"


def test_a_palette_with_a_transparent_colour_lies_over_white():
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    picture = open_upright(encoded(image, "PNG", transparency=1))
    assert picture.getpixel((2, 2)) == (255, 255, 255)


def test_a_smaller_decode_is_never_smaller_than_asked():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(photograph(960, 640), exif=exif.tobytes())
    picture = open_upright(data, at_least=(100, 150))
    assert picture.size == (160, 240)


def test_a_jpeg_of_thousands_of_scans_is_refused():
    data = encoded(photograph())
    scan = data.index(b"\xff\xda")
    assert "scans" in refusal(data[:scan] + data[scan : scan + 14] * 300 + data[scan:]).reason


FUZZED = [
    encoded(photograph(40, 30), "JPEG"),
    encoded(photograph(40, 30), "JPEG", progressive=True, exif=b"Exif\0\0" + Image.Exif().tobytes()),
    encoded(photograph(40, 30), "PNG"),
    encoded(photograph(40, 30).convert("P"), "PNG", transparency=0),
    encoded(photograph(40, 30), "PNG", save_all=True, append_images=[Image.new("RGB", (40, 30))]),
    encoded(photograph(40, 30), "WebP"),
    encoded(photograph(40, 30), "GIF"),
]


# Outside the tests Pillow's warnings about odd files do not raise.
@pytest.mark.filterwarnings("ignore")
@settings(max_examples=400, deadline=None)
@given(
    data=st.sampled_from(FUZZED),
    edits=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6)), min_size=1, max_size=8),
    length=st.floats(0.02, 1),
)
def test_mutated_bytes_give_facts_or_a_refusal_and_nothing_else(data, edits, length):
    mutated = bytearray(data)
    for where, replacement in edits:
        at = int(where * (len(mutated) - 1))
        mutated[at : at + len(replacement)] = replacement
    mutated = bytes(mutated[: max(1, int(len(mutated) * length))])
    with contextlib.suppress(ImageRefused):
        facts = inspect(mutated)
        assert 1 <= facts.width * facts.height <= 100_000_000
    with contextlib.suppress(ImageRefused):
        assert open_upright(mutated, at_least=(8, 8)).mode == "RGB"

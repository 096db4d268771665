"""What is kept of an upload: the picture as it was, and nothing that says who took it, where and with what."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from labeling.imagefile import inspect, open_upright
from labeling.imagemetadata import location_of, without_metadata

SECRETS = (b"Canon", b"SERIAL-4711", b"Anna Svensson", b"http://ns.adobe.com", b"8BIM", b"secret-trailer")


def _picture(mode: str = "RGB") -> Image.Image:
    pixels = np.random.default_rng(3).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((120, 80)).convert(mode)


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x013B] = "Canon", orientation, "Anna Svensson"
    exif.get_ifd(0x8769)[0xA431] = "SERIAL-4711"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (59.0, 19.0, 45.6), "W", (18.0, 4.0, 7.2)
    return exif


def _bytes(kind: str, orientation: int = 6, mode: str = "RGB", **more) -> bytes:
    out = BytesIO()
    more = {"exif": _exif(orientation), "icc_profile": b"colour profile", **more}
    if kind == "JPEG":
        more |= {"comment": b"Anna Svensson", "quality": 91}
    if kind == "PNG":
        words = PngImagePlugin.PngInfo()
        words.add_text("Author", "Anna Svensson")
        words.add_itxt("XML:com.adobe.xmp", "http://ns.adobe.com", zip=False)
        more["pnginfo"] = words
    if kind == "WebP":
        more |= {"lossless": True, "xmp": b"<x:xmpmeta http://ns.adobe.com Anna Svensson/>"}
    _picture(mode).save(out, kind, **more)
    return out.getvalue()


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
def test_picture_stays_as_it_was_and_upright(kind, orientation):
    data = _bytes(kind, orientation)
    clean = without_metadata(data)
    assert b"Canon" in data
    assert not any(secret in clean for secret in SECRETS)
    assert b"colour profile" in clean or kind == "PNG"
    np.testing.assert_array_equal(np.asarray(open_upright(clean)), np.asarray(open_upright(data)))
    assert inspect(clean).width == inspect(data).width
    opened = Image.open(BytesIO(clean))
    assert opened.info["icc_profile"] == b"colour profile"
    assert dict(opened.getexif()) == ({0x0112: orientation} if orientation > 1 else {})
    assert without_metadata(clean) is clean


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_of_any_kind_keeps_its_pixels(mode, progressive):
    data = _bytes("JPEG", mode=mode, progressive=progressive)
    clean = without_metadata(data)
    np.testing.assert_array_equal(np.asarray(open_upright(clean)), np.asarray(open_upright(data)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
def test_file_without_metadata_is_kept_byte_for_byte(kind):
    out = BytesIO()
    _picture().save(out, kind)
    data = out.getvalue()
    assert without_metadata(data) is data


def test_jpeg_loses_xmp_iptc_previews_and_what_follows_its_end():
    plain = _bytes("JPEG", exif=b"")
    head, rest = plain[:20], plain[20:]
    preview = b"JFXX\0\x13\3\3" + b"Canon" * 9
    stuffed = (
        head
        + _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>")
        + _segment(0xED, b"Photoshop 3.0\x008BIM")
        + _segment(0xE2, b"MPF\0Canon")
        + _segment(0xE0, preview)
        + rest
        + b"secret-trailer"
        + plain
    )
    clean = without_metadata(stuffed)
    assert not any(secret in clean for secret in SECRETS)
    assert clean == without_metadata(plain)
    thumbnail = head[:2] + _segment(0xE0, head[6:18] + b"\1\1abc") + rest
    assert without_metadata(thumbnail) == clean


def test_orientation_that_only_xmp_says_is_kept():
    xmp = _segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="6"/>')
    plain = _bytes("JPEG", exif=b"")
    data = plain[:20] + xmp + plain[20:]
    assert open_upright(data).size == (80, 120)
    assert open_upright(without_metadata(data)).size == (80, 120)


def test_png_said_to_be_turned_behind_its_pixels_stays_upright():
    content = b"eXIf" + _exif(8).tobytes()[6:]
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    out = BytesIO()
    _picture().save(out, "PNG")
    plain = out.getvalue()
    data = plain[:-12] + chunk + plain[-12:] + b"secret-trailer"
    clean = without_metadata(data)
    assert not any(secret in clean for secret in SECRETS)
    np.testing.assert_array_equal(np.asarray(open_upright(clean)), np.asarray(open_upright(data)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
def test_cut_short_or_changed_anywhere_it_raises_nothing_and_comes_to_rest(kind):
    data = _bytes(kind)
    random = np.random.default_rng(7)
    for end in range(0, len(data), max(1, len(data) // 300)):
        without_metadata(data[:end])
    for _ in range(500):
        changed = bytearray(data)
        changed[random.integers(len(data))] = random.integers(256)
        clean = without_metadata(bytes(changed))
        assert without_metadata(clean) == clean


def test_location_is_read_in_degrees():
    assert location_of(_bytes("JPEG")) == (59.329333, -18.068667)
    assert location_of(_bytes("PNG")) == location_of(_bytes("WebP")) == (59.329333, -18.068667)
    assert location_of(without_metadata(_bytes("JPEG"))) is None
    assert location_of(b"no picture") is None

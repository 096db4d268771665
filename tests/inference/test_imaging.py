"""One function from bytes to the model's array, the same every time."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from inference.imaging import Preprocessing, to_array
from labeling.imagefile import ImageRefused


def jpeg(image: Image.Image, **options) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


def halves(width: int, height: int) -> Image.Image:
    """Left half black, right half white."""
    image = Image.new("RGB", (width, height), "black")
    image.paste("white", (width // 2, 0, width, height))
    return image


def test_it_gives_planes_of_bytes():
    array = to_array(jpeg(Image.new("RGB", (200, 100), (250, 120, 10))), Preprocessing(size=32))
    assert (array.shape, array.dtype) == ((3, 32, 32), np.uint8)
    assert array.flags["C_CONTIGUOUS"]
    assert np.allclose(array.mean(axis=(1, 2)), (250, 120, 10), atol=3)


def test_squash_keeps_the_whole_picture():
    array = to_array(jpeg(halves(256, 64)), Preprocessing(size=32))
    assert array[:, :, :14].max() < 20
    assert array[:, :, 18:].min() > 235


def test_letterbox_keeps_the_proportions_between_grey_bars():
    array = to_array(jpeg(halves(256, 128)), Preprocessing(size=32, resize="letterbox"))
    assert (array[:, :8] == 114).all()
    assert (array[:, 24:] == 114).all()
    assert array[:, 10:22, :14].max() < 20
    assert array[:, 10:22, 18:].min() > 235


def test_crop_takes_the_middle_square():
    image = Image.new("RGB", (300, 100), "black")
    image.paste("white", (100, 0, 200, 100))
    assert to_array(jpeg(image), Preprocessing(size=32, resize="crop")).mean() > 240


def test_a_turned_photograph_gives_the_upright_array():
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = jpeg(halves(128, 64).transpose(Image.Transpose.ROTATE_90), exif=exif.tobytes())
    upright = to_array(jpeg(halves(128, 64)), Preprocessing(size=32))
    assert np.abs(to_array(turned, Preprocessing(size=32)).astype(int) - upright).max() <= 3


def test_decoding_at_a_smaller_scale_hardly_changes_the_array():
    random = np.random.default_rng(0)
    coarse = Image.fromarray(random.integers(0, 256, (12, 16, 3), dtype=np.uint8))
    image = coarse.resize((1600, 1200), Image.Resampling.BICUBIC)
    buffer = BytesIO()
    image.save(buffer, "PNG")
    whole = to_array(buffer.getvalue(), Preprocessing(size=64)).astype(int)
    reduced = to_array(jpeg(image, subsampling=0), Preprocessing(size=64)).astype(int)
    assert np.abs(whole - reduced).mean() < 2


def test_it_refuses_what_is_no_image():
    with pytest.raises(ImageRefused, match="not an image"):
        to_array(b"nothing", Preprocessing())


def test_preprocessing_survives_json():
    preprocessing = Preprocessing(size=96, resize="letterbox", interpolation="bicubic")
    assert Preprocessing.from_json(preprocessing.to_json()) == preprocessing


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([64], "must be an object"),
        ({"size": "64"}, "size"),
        ({"size": True}, "size"),
        ({"size": 4}, "size"),
        ({"resize": "stretch"}, "squash, letterbox, crop"),
        ({"interpolation": ["bilinear"]}, "interpolation"),
        ({"size": 64, "white_balance": 1}, "white_balance"),
    ],
)
def test_preprocessing_names_the_field_that_is_wrong(value, words):
    with pytest.raises(ValueError, match=words):
        Preprocessing.from_json(value)

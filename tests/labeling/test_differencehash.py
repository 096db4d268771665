"""The difference hash: the same for what looks the same, signed, of the upright picture."""

from io import BytesIO

import pytest
from PIL import Image

from labeling.imagefile import inspect
from tests.factories.labeling import picture


def saved(image, kind="JPEG", **options):
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def hash_of(data):
    return inspect(data).difference_hash


def bits_apart(one, other):
    return ((hash_of(one) ^ hash_of(other)) & (2**64 - 1)).bit_count()


def ramp(flip=False):
    image = Image.linear_gradient("L").rotate(90).resize((90, 80))
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if flip else image


def test_a_ramp_that_rises_to_the_right_sets_every_bit_and_one_that_falls_none():
    hashes = {hash_of(saved(ramp(), "PNG")), hash_of(saved(ramp(flip=True), "PNG"))}
    assert hashes == {-1, 0}


@pytest.mark.parametrize("seed", range(8))
def test_smaller_and_coarser_copies_are_near_and_other_pictures_far(seed):
    image = Image.open(BytesIO(picture(seed, size=(480, 360), quality=95)))
    original = saved(image, "PNG")
    assert bits_apart(original, saved(image, quality=40)) <= 6
    assert bits_apart(original, saved(image.resize((160, 120)))) <= 6
    assert bits_apart(original, picture(seed + 100, size=(480, 360))) > 12


def test_a_turned_file_has_the_hash_of_its_upright_picture():
    image = Image.open(BytesIO(picture(3, size=(160, 120), quality=95)))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = saved(image.transpose(Image.Transpose.ROTATE_90), quality=95, exif=exif)
    assert bits_apart(saved(image, quality=95), turned) <= 2


def test_it_fits_a_signed_64_bit_column():
    assert all(-(2**63) <= hash_of(picture(seed)) < 2**63 for seed in range(20))

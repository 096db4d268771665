"""Faces found by cascades or by a detector that is given, and filled in the file's own bytes."""

import sys

import numpy as np
import pytest
from PIL import Image

from labeling.identifying import FACE, PLATE, CannotFind, Finder, redacted
from labeling.imagefile import ImageRefused, open_upright
from labeling.redaction import COLOUR, Area
from tests.factories.faces import bright_detector, drawn_face, encoded

FACES = Finder([FACE])


def middle(data, at=(160, 110)):
    return np.asarray(open_upright(data)).astype(int)[at[1], at[0]]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_face_is_filled_with_a_margin(kind):
    made, (area, *_) = redacted(encoded(drawn_face(), kind), FACES)
    assert area.what == FACE
    assert (area.left, area.top) < (112, 60)
    assert (area.right, area.bottom) > (208, 160)
    assert np.abs(middle(made) - COLOUR).max() <= 3
    assert FACES.find(np.asarray(open_upright(made))) == []


def test_large_picture_is_searched_smaller_and_filled_where_the_face_is():
    large = drawn_face((2400, 1800), (1600, 900), 300)
    made, areas = redacted(encoded(large), FACES)
    assert any(area.left < 1500 and area.right > 1700 and area.right - area.left < 1200 for area in areas)
    assert np.abs(middle(made, (1600, 900)) - COLOUR).max() <= 3


def test_what_has_none_stays_the_very_bytes():
    data = encoded(Image.new("RGB", (320, 240), "green"))
    assert redacted(data, FACES) == (data, [])
    assert redacted(encoded(drawn_face()), Finder([PLATE]))[1] == []
    assert redacted(encoded(drawn_face()), Finder([]))[1] == []
    for size in ((1, 1), (3, 500), (2000, 1)):
        assert Finder([FACE, PLATE]).find(np.zeros((*size, 3), np.uint8)) == []


def test_detector_that_is_given_finds_faces_in_place_of_the_cascades():
    finder = Finder([FACE], bright_detector())
    assert finder.find(np.asarray(drawn_face())) == []
    picture = np.zeros((240, 320, 3), np.uint8)
    picture[64:96, 96:128] = 255
    assert finder.find(picture) == [Area(90, 58, 134, 102, FACE)]


@pytest.mark.parametrize("content", [b"", b"not a model", bright_detector()[:500]])
def test_file_that_is_no_detector_is_refused_with_why(content):
    with pytest.raises(CannotFind, match="YuNet"):
        Finder([FACE], content)


def test_without_opencv_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(CannotFind, match="pip install"):
        Finder([FACE])


def test_file_that_is_no_picture_is_refused():
    with pytest.raises(ImageRefused):
        redacted(b"nothing", FACES)

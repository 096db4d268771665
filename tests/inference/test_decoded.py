"""What an upload was decoded to is used once more where it is whole and its own, and missed nowhere."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Picture

from inference.imaging import Preprocessing, to_array
from inference.models import Prediction
from inference.queries.models import champion
from inference.services import arrivals, decoded
from inference.services.loaded import LoadedModels
from inference.services.predicting import predict
from labeling.imagefile import ImageRefused, inspect
from tests.factories.inference import SIZE, capture_of, colour_project, coloured

WANTED = Preprocessing(size=48)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.VAR = tmp_path
    return tmp_path / "decoded"


def turned(size=(400, 300)):
    """A JPEG of soft shapes that lies on its side."""
    shapes = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    out, exif = BytesIO(), Picture.Exif()
    exif[0x0112] = 6
    Picture.fromarray(shapes).resize(size).save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("resize", ["squash", "letterbox", "crop"])
@pytest.mark.parametrize(
    "data", [turned(), turned((1280, 720)), coloured("blue", kind="PNG")], ids=["JPEG", "large", "PNG"]
)
def test_one_decoding_gives_the_same_facts_and_the_same_pixels(data, resize):
    wanted = Preprocessing(size=48, resize=resize)
    facts = arrivals.inspect(data, wanted.to_json())
    alone = inspect(data)
    assert (facts.sha256, facts.width, facts.height) == (alone.sha256, alone.width, alone.height)
    assert (facts.difference_hash ^ alone.difference_hash).bit_count() <= 3
    np.testing.assert_array_equal(decoded.find(facts.sha256, wanted), to_array(data, wanted))


@pytest.mark.parametrize(
    "preprocessing",
    [
        None,
        {},
        Preprocessing(size=SIZE).to_json(),
        Preprocessing(size=1024).to_json(),
        {"of": "a later version"},
    ],
    ids=["no model", "external", "too small", "too large", "unknown"],
)
def test_where_one_decoding_would_not_do_there_is_none_kept(preprocessing, folder):
    data = coloured("red", size=(640, 480))
    assert arrivals.inspect(data, preprocessing) == inspect(data)
    assert not folder.exists()


@pytest.mark.parametrize("preprocessing", [None, WANTED.to_json()])
def test_what_is_not_whole_is_refused_either_way(preprocessing, folder):
    with pytest.raises(ImageRefused, match="cut short"):
        arrivals.inspect(coloured("red", size=(640, 480))[:-500], preprocessing)
    assert not folder.exists()


def test_what_is_half_written_or_anothers_is_not_found(folder):
    facts = arrivals.inspect(coloured("red"), WANTED.to_json())
    other = facts.sha256[:12] + "0" * 52
    assert decoded.find(other, WANTED) is None
    assert decoded.find(facts.sha256, Preprocessing(size=48, resize="crop")) is None
    (ring,) = folder.iterdir()
    content = bytearray(ring.read_bytes())
    content[-1] ^= 1
    ring.write_bytes(content)
    assert decoded.find(facts.sha256, WANTED) is None
    ring.write_bytes(content[:-1])
    assert decoded.find(facts.sha256, WANTED) is None


def test_the_ring_never_grows_past_its_size(folder, monkeypatch):
    pixels = np.zeros((3, 48, 48), dtype=np.uint8)
    monkeypatch.setattr(decoded, "RING_BYTES", 5 * (pixels.size + 36))
    for number in range(50):
        decoded.keep(f"{number:012x}" + "0" * 52, WANTED, pixels)
    (ring,) = folder.iterdir()
    assert ring.stat().st_size == decoded.RING_BYTES
    assert decoded.find(f"{49:012x}" + "0" * 52, WANTED) is not None
    assert decoded.find(f"{44:012x}" + "0" * 52, WANTED) is None


def test_a_folder_that_cannot_be_written_costs_nothing_but_a_line_in_the_log(folder, caplog):
    folder.write_text("in the way")
    data = coloured("red")
    assert arrivals.inspect(data, WANTED.to_json()).sha256 == inspect(data).sha256
    assert "cannot be kept" in caplog.text
    assert decoded.find(inspect(data).sha256, WANTED) is None


@pytest.mark.django_db
def test_the_model_is_asked_about_what_was_kept():
    project = colour_project()
    capture = capture_of(project, coloured("blue"))
    wanted = Preprocessing(size=SIZE)
    # Another picture's pixels, to see whose were used.
    decoded.keep(capture.image.sha256, wanted, to_array(coloured("red"), wanted))
    served = LoadedModels(threads=1).get(champion(project))
    with ThreadPoolExecutor(1) as workers:
        predict(project_id=project.pk, served=served, workers=workers)
    assert Prediction.objects.get().value == {"label": "red"}

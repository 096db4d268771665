"""Faces are filled before a picture leaves the device; where that cannot be done, none leaves it."""

import hashlib
import json
import sys

import numpy as np
import pytest
from PIL import Image

from inference.imaging import to_array
from labeling.imagefile import open_upright
from labeling.redaction import COLOUR
from tests.factories.faces import bright_detector, drawn_face, encoded
from tests.inference.fake_centre import FakeCentre
from tests.inference.test_edge_sending import Device

FACE = encoded(drawn_face())


@pytest.fixture
def centre():
    made = FakeCentre()
    made.manifest["privacy"] = {"blurs": ["face"], "face_detector": None}
    return made


@pytest.fixture
def device(centre, tmp_path):
    made = Device(centre, tmp_path)
    made.round()
    return made


def sent(centre):
    (parts,) = centre.captures.values()
    return parts


def middle(data):
    return np.asarray(open_upright(data)).astype(int)[110, 160]


def test_face_is_filled_before_it_is_spooled_and_the_model_sees_it_whole(device, centre):
    runtime = device.outbox.champion.runtime
    (device.incoming / "a.jpg").write_bytes(FACE)
    assert device.agent.step() == 1
    assert FACE[600:700] not in b"".join(path.read_bytes() for path in device.folder.glob("spool.sqlite3*"))
    device.round()
    parts = sent(centre)
    assert np.abs(middle(parts["image"]) - COLOUR).max() <= 3
    said = json.loads(parts["prediction"])
    whole, filled = (
        float(runtime.predict(to_array(data, runtime.preprocessing)[np.newaxis]).probabilities.max())
        for data in (FACE, parts["image"])
    )
    assert said["confidence"] == pytest.approx(whole, abs=1e-6)
    assert said["confidence"] != pytest.approx(filled, abs=1e-6)


def test_device_without_opencv_takes_nothing_in_until_it_has_it(device, centre, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "cv2", None)
    (device.incoming / "a.jpg").write_bytes(FACE)
    assert [device.agent.step() for _ in range(3)] == [0, 0, 0]
    assert caplog.text.count("pip install") == 1
    assert [path.name for path in device.incoming.iterdir()] == ["a.jpg"]
    monkeypatch.undo()
    device.ran += 60
    assert device.agent.step() == 1
    device.round()
    assert np.abs(middle(sent(centre)["image"]) - COLOUR).max() <= 3


def test_detector_of_the_centre_is_fetched_by_its_hash_and_used(centre, tmp_path):
    detector = bright_detector()
    digest = hashlib.sha256(detector).hexdigest()
    centre.manifest["privacy"]["face_detector"] = {"sha256": digest, "bytes": len(detector)}
    centre.files = {digest: detector}
    device = Device(centre, tmp_path)
    device.round()
    picture = np.zeros((240, 320, 3), np.uint8)
    picture[64:96, 96:128] = 255
    (device.incoming / "a.png").write_bytes(encoded(Image.fromarray(picture), "PNG"))
    assert device.agent.step() == 1
    device.round()
    pixels = np.asarray(open_upright(sent(centre)["image"]))
    assert (pixels[64:96, 96:128] == COLOUR).all()
    device.start()
    assert device.outbox.champion.face_detector == detector


def test_project_that_asks_for_nothing_and_a_centre_that_says_nothing_send_what_came(centre, tmp_path):
    del centre.manifest["privacy"]
    device = Device(centre, tmp_path)
    device.round()
    (device.incoming / "a.jpg").write_bytes(FACE)
    device.agent.step()
    device.round()
    assert sent(centre)["image"] == FACE
    centre.manifest["privacy"] = {"blurs": ["face"], "face_detector": None}
    device.ran += 31
    device.round()
    (device.incoming / "b.jpg").write_bytes(FACE)
    device.agent.step()
    device.round()
    assert sorted(
        np.abs(middle(parts["image"]) - COLOUR).max() <= 3 for parts in centre.captures.values()
    ) == [
        False,
        True,
    ]

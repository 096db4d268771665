"""Where the edge gets its pictures: folders with files that grow, are renamed or are none; cameras through OpenCV."""

import os
import sys
import threading
import types

import numpy as np
import pytest

from inference.edge.camera import Camera, NoOpenCV
from inference.edge.watching import Folder
from tests.factories.inference import coloured
from tests.inference.fake_centre import FakeCentre
from tests.inference.test_edge_sending import Device


class Time:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_file_is_whole_once_it_stays_the_same(tmp_path):
    time = Time()
    folder = Folder("till", tmp_path, settle_seconds=2, monotonic=time)
    path = tmp_path / "a.JPG"
    path.write_bytes(b"begin")
    (tmp_path / ".b.jpg").write_bytes(b"hidden")
    (tmp_path / "c.jpg.part").write_bytes(b"unfinished")
    assert list(folder.settled()) == []
    time.now = 1.5
    path.write_bytes(b"begin and go on")
    assert list(folder.settled()) == []
    time.now = 3
    assert list(folder.settled()) == []
    assert folder.waits()
    time.now = 3.5
    assert [settled.path.name for settled in folder.settled()] == ["a.JPG"]
    (tmp_path / "c.jpg.part").rename(tmp_path / "c.jpg")
    folder.settled()
    assert {settled.path.name for settled in folder.settled()} == {"a.JPG"}


def test_files_come_the_oldest_first(tmp_path):
    for name, at in (("b", 1), ("a", 2), ("c", 0)):
        (tmp_path / f"{name}.jpg").write_bytes(b"x")
        os.utime(tmp_path / f"{name}.jpg", (at, at))
    folder = Folder("till", tmp_path, settle_seconds=0)
    assert [settled.path.stem for settled in folder.settled()] == ["c", "b", "a"]


def test_what_is_no_picture_is_put_aside_and_the_rest_goes_on(tmp_path):
    device = Device(FakeCentre(), tmp_path)
    device.round()
    (device.incoming / "0.jpg").write_bytes(b"no picture")
    (device.incoming / "1.jpg").write_bytes(coloured("red")[:-200])
    device.give("2")
    device.agent.step()
    assert sorted(path.name for path in (device.incoming / "refused").iterdir()) == ["0.jpg", "1.jpg"]
    assert device.spool.waiting() == 1


def test_files_that_are_kept_are_taken_once_also_after_a_restart(tmp_path):
    device = Device(FakeCentre(), tmp_path, keep_files=True)
    device.round()
    device.give("a", "b")
    assert [device.agent.step(), device.agent.step()] == [2, 0]
    device.start()
    assert device.agent.step() == 0
    device.give("a", colour="blue")
    os.utime(device.incoming / "a.jpg", (5, 5))
    assert device.agent.step() == 1


def test_a_file_left_behind_by_a_kill_is_not_taken_again(tmp_path, monkeypatch):
    device = Device(FakeCentre(), tmp_path)
    device.round()
    device.give("a")
    monkeypatch.setattr(device.agent, "_done", lambda *_: None)
    device.agent.step()
    device.start()
    assert device.agent.step() == 0
    assert (list(device.incoming.iterdir()), device.spool.waiting()) == ([], 1)


def test_a_picture_that_took_the_place_of_one_just_taken_is_not_removed(tmp_path, monkeypatch):
    device = Device(FakeCentre(), tmp_path)
    device.round()
    device.give("a")
    keep = device.spool.keep

    def replaced(**fields):
        keep(**fields)
        device.give("a", colour="blue")
        os.utime(device.incoming / "a.jpg", (7, 7))

    monkeypatch.setattr(device.spool, "keep", replaced)
    device.agent.step()
    monkeypatch.undo()
    assert (device.agent.step(), device.spool.waiting()) == (1, 2)


def test_a_camera_without_opencv_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(NoOpenCV, match="opencv-python-headless"):
        Camera("till", "0", every_seconds=1)


def test_a_camera_gives_its_newest_picture_when_one_is_due(monkeypatch):
    opened, read = [], threading.Semaphore(0)
    more = threading.Semaphore(2)

    class Stream:
        def __init__(self, address):
            opened.append(address)
            self.number = 0

        def read(self):
            more.acquire()
            self.number += 1
            read.release()
            return True, np.full((2, 2, 3), self.number, np.uint8)

        def release(self):
            pass

    encoded = lambda ending, frame, options: (True, frame)  # noqa: E731
    cv2 = types.SimpleNamespace(VideoCapture=Stream, imencode=encoded, IMWRITE_JPEG_QUALITY=1)
    monkeypatch.setitem(sys.modules, "cv2", cv2)
    time = Time()
    camera = Camera("till", "0", every_seconds=10, monotonic=time)
    try:
        read.acquire()
        read.acquire()
        more.release()
        read.acquire()
        assert opened == [0]
        assert camera.picture() in (bytes([2] * 12), bytes([3] * 12))
        assert camera.picture() is None
    finally:
        camera._stop.set()
        more.release()
        more.release()
        camera.close()

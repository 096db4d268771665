"""Faces and number plates found in a picture by OpenCV: its cascades, or a face detector's file that is given.

What it finds depends on the light, the angle and the size; see docs/operations/privacy.md for how much that is.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labeling.imagefile import open_upright
from labeling.redaction import Area, filled

FACE, PLATE = "face", "plate"
KINDS = (FACE, PLATE)
MARGIN = 0.2
"""Of each side of what was found, around it: hair and chin, the frame of a plate."""
LONGEST_SIDE = 960
"""Larger pictures are made smaller before they are searched."""
SMALLEST_SHARE = 0.018
"""Of the longer side: nothing smaller is looked for."""
STEP, NEIGHBOURS = 1.15, 3
"""Of a cascade: how sizes follow each other, and how many findings of one face make it one."""
LEAST_SCORE = 0.5
"""Of a face detector's findings, 0..1. Filling too much costs less than showing a face."""
_CASCADES = {
    FACE: ("haarcascade_frontalface_alt2.xml", "haarcascade_profileface.xml"),
    PLATE: ("haarcascade_russian_plate_number.xml", "haarcascade_license_plate_rus_16stages.xml"),
}
_ONE_SIDED = "haarcascade_profileface.xml"


class CannotFind(Exception):
    """OpenCV is not installed, or the detector's file cannot be run; the message says what would help."""


class Finder:
    """Finds `kinds` of what shows who somebody is. `face_detector` is the content of an ONNX file with YuNet's outputs,
    which then finds faces in place of the cascades.

    Several threads may use one. Raises CannotFind.
    """

    def __init__(self, kinds: Collection[str], face_detector: bytes | None = None) -> None:
        try:
            self._cv2: Any = importlib.import_module("cv2")
        except ImportError as error:
            raise CannotFind(
                'Faces and number plates are found through OpenCV: pip install "opencv-python-headless<5".'
            ) from error
        if not hasattr(self._cv2, "CascadeClassifier"):
            raise CannotFind('This OpenCV has no cascades: pip install "opencv-python-headless<5".')
        # Whoever takes in pictures does so in threads: more of OpenCV's own would only stand in each other's way.
        self._cv2.setNumThreads(1)
        self._kinds = [kind for kind in KINDS if kind in kinds]
        self._detector = face_detector
        # A loaded cascade and a loaded network are for one thread at a time.
        self._of_thread = threading.local()
        if face_detector is not None and FACE in self._kinds:
            self._try_detector()

    def find(self, picture: np.ndarray) -> list[Area]:
        """What is in a picture, uint8 [height, width, 3] of red, green and blue, with a margin around each."""
        height, width = picture.shape[:2]
        scale = min(1.0, LONGEST_SIDE / max(width, height))
        small = picture
        if scale < 1:
            size = max(1, round(width * scale)), max(1, round(height * scale))
            small = self._cv2.resize(picture, size, interpolation=self._cv2.INTER_AREA)
        return [
            Area(
                max(0, int(left / scale)),
                max(0, int(top / scale)),
                min(width, int(np.ceil((left + across) / scale))),
                min(height, int(np.ceil((top + down) / scale))),
                kind,
            ).grown(MARGIN, width, height)
            for kind in self._kinds
            for left, top, across, down in self._boxes(kind, small)
        ]

    def _boxes(self, kind: str, picture: np.ndarray) -> list[Sequence[float]]:
        if kind == FACE and self._detector is not None:
            return self._detected(picture)
        grey = self._cv2.equalizeHist(self._cv2.cvtColor(picture, self._cv2.COLOR_RGB2GRAY))
        least = max(20, round(max(grey.shape) * SMALLEST_SHARE))
        smallest = (least, least) if kind == FACE else (2 * least, max(8, least // 2))
        found: list[Sequence[float]] = []
        for name in _CASCADES[kind]:
            cascade = self._cascade(name)
            found += self._search(cascade, grey, smallest)
            if name == _ONE_SIDED:
                width = grey.shape[1]
                turned = self._search(cascade, self._cv2.flip(grey, 1), smallest)
                found += [(width - left - across, top, across, down) for left, top, across, down in turned]
        return found

    def _search(self, cascade: Any, grey: np.ndarray, smallest: tuple[int, int]) -> list[Sequence[float]]:
        boxes = cascade.detectMultiScale(grey, scaleFactor=STEP, minNeighbors=NEIGHBOURS, minSize=smallest)
        return [tuple(int(side) for side in box) for box in boxes]

    def _cascade(self, name: str) -> Any:
        known = self._of_thread.__dict__
        if name not in known:
            path = str(Path(self._cv2.data.haarcascades) / name)
            known[name] = self._cv2.CascadeClassifier(path)
        return known[name]

    def _detected(self, picture: np.ndarray) -> list[Sequence[float]]:
        height, width = picture.shape[:2]
        known = self._of_thread.__dict__
        if "network" not in known:
            content = np.frombuffer(self._detector or b"", dtype=np.uint8)
            known["network"] = self._cv2.FaceDetectorYN.create(
                "onnx", content, np.empty(0, np.uint8), (width, height), LEAST_SCORE
            )
        network = known["network"]
        network.setInputSize((width, height))
        _, found = network.detect(self._cv2.cvtColor(picture, self._cv2.COLOR_RGB2BGR))
        return [] if found is None else [tuple(float(side) for side in row[:4]) for row in found]

    def _try_detector(self) -> None:
        try:
            for size in ((320, 320), (480, 640)):
                self._detected(np.zeros((*size, 3), np.uint8))
        except Exception as error:  # OpenCV raises its own of every kind
            self._of_thread = threading.local()
            reason = " ".join(str(error).split())[:300]
            raise CannotFind(f"The file is no face detector with YuNet's outputs: {reason}") from error


def redacted(data: bytes, finder: Finder) -> tuple[bytes, list[Area]]:
    """The file with all that is found in it filled, and the parts; `data` itself where nothing is found.

    Raises labeling.imagefile.ImageRefused for what is no picture.
    """
    areas = finder.find(np.asarray(open_upright(data)))
    return (filled(data, areas), areas) if areas else (data, [])

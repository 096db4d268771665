"""Pictures from an RTSP or USB camera, through OpenCV where it is installed."""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

logger = logging.getLogger(__name__)

REOPEN_SECONDS = 5.0
QUALITY = 92


class NoOpenCV(Exception):
    """OpenCV is not installed; the message says how to install it."""


class Camera:
    """A camera of one source, `address` an RTSP address or a number, asked for a picture every `every_seconds`.

    A thread reads all the time, so that the picture taken is the newest: a stream that nobody reads falls behind.
    Raises NoOpenCV.
    """

    def __init__(
        self,
        source: str,
        address: str,
        *,
        every_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            self._cv2: Any = importlib.import_module("cv2")
        except ImportError as error:
            raise NoOpenCV(
                'A camera is read through OpenCV: pip install "opencv-python-headless<5", or watch a folder instead.'
            ) from error
        self.source = source
        self._address: int | str = int(address) if address.isdecimal() else address
        self._every, self._monotonic = every_seconds, monotonic
        self._next = self._monotonic()
        self._newest: Any = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, name=f"camera {source}", daemon=True)
        self._thread.start()

    def picture(self) -> bytes | None:
        """A JPEG, where the next is due and one has come since the last; else None."""
        if self._monotonic() < self._next:
            return None
        with self._lock:
            frame, self._newest = self._newest, None
        if frame is None:
            return None
        self._next = self._monotonic() + self._every
        written, encoded = self._cv2.imencode(".jpg", frame, [self._cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        return encoded.tobytes() if written else None

    def close(self) -> None:
        self._stop.set()
        self._thread.join(REOPEN_SECONDS)

    def _read(self) -> None:
        while not self._stop.is_set():
            stream = self._cv2.VideoCapture(self._address)
            try:
                while not self._stop.is_set():
                    came, frame = stream.read()
                    if not came:
                        break
                    with self._lock:
                        self._newest = frame
            finally:
                stream.release()
            if not self._stop.is_set():
                logger.warning(
                    "camera of %s gives no picture; opened again in %g s", self.source, REOPEN_SECONDS
                )
                self._stop.wait(REOPEN_SECONDS)

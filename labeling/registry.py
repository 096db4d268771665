"""What labeling shows of the apps above it, which register it here when they start."""

from collections.abc import Callable
from typing import Any

ImagePanels = Callable[[Any, Any], str]
"""Takes the request and an Image; returns markup (safe) for the image's page, "" where it has nothing to say."""

image_panels: list[ImagePanels] = []

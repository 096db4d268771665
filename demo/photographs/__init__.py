"""Photographs of a synthetic shop: drawn by us, true to a label, under a chosen condition."""

from .cameras import CAMERAS, CONDITIONS, LABELS, Camera, Condition, Label, context
from .photograph import Photograph, photograph
from .sets import stream, training_set

__all__ = [
    "CAMERAS",
    "CONDITIONS",
    "LABELS",
    "Camera",
    "Condition",
    "Label",
    "Photograph",
    "context",
    "photograph",
    "stream",
    "training_set",
]

"""Captures in, predictions out; models, and how they are trained."""

from django.apps import AppConfig


class InferenceConfig(AppConfig):
    name = "inference"

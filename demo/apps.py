"""The synthetic shop: photographs, cameras, and the demo command. Nothing imports it."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "demo"

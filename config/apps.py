"""The installation itself, for the commands that belong to no other app."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class ConfigConfig(AppConfig):
    name = "config"
    label = "installation"


class StaticConfig(StaticFilesConfig):
    """Collects what pages use: not htmx 4, nor extension sources, whose examples name missing files."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "htm[ax]*-4*", "hx-*-4*", "hx-*-2.js", "redoc"]

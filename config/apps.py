"""The installation itself, for the commands that belong to no other app."""

import atexit
import os

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig

from config import sentry, tracing


class ConfigConfig(AppConfig):
    name = "config"
    label = "installation"

    def ready(self) -> None:
        """Every process says what goes wrong in it, and what it takes, to whom the environment names."""
        sentry.report(os.environ)
        if end := tracing.trace(os.environ):
            atexit.register(end)


class StaticConfig(StaticFilesConfig):
    """Collects what pages use: not htmx 4, nor extension sources, whose examples name missing files."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "htm[ax]*-4*", "hx-*-4*", "hx-*-2.js", "redoc"]

"""The installation itself, for the commands that belong to no other app."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    label = "installation"

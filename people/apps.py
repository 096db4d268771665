"""The app every other one stands on: who somebody is, and what they did."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"

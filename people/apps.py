"""The app every other one stands on: who somebody is, and what they did."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"

    def ready(self) -> None:
        from people.queries.alarms import calling
        from people.views import navigation

        navigation.COUNTS["alarms"] = calling

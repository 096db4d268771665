"""Images, guidelines, queues, tasks and answers: useful with no model at all."""

from django.apps import AppConfig


class LabelingConfig(AppConfig):
    name = "labeling"

    def ready(self) -> None:
        from labeling.queries.guideline_flags import waiting
        from people.views import navigation

        navigation.COUNTS["guidelines"] = waiting

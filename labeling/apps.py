"""Images, guidelines, queues, tasks and answers: useful with no model at all."""

from django.apps import AppConfig


class LabelingConfig(AppConfig):
    name = "labeling"

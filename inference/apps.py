"""Captures in, predictions out; models, and how they are trained."""

from django.apps import AppConfig


class InferenceConfig(AppConfig):
    name = "inference"

    def ready(self) -> None:
        from inference.queries import proposals
        from inference.services import next_images
        from labeling import registry

        registry.proposers.append(proposals.latest_proposals)
        registry.image_filters.append(
            registry.ImageFilters(proposals.FIELDS, proposals.predicted, proposals.nearest)
        )
        registry.image_filters.append(
            registry.ImageFilters(next_images.FIELDS, next_images.unchanged, next_images.chosen)
        )

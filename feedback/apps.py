"""What closes the loop: routing, examples, datasets, promotion."""

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    name = "feedback"

    def ready(self) -> None:
        from feedback import receivers  # noqa: F401  (connects the signals)
        from feedback.services import label_review
        from feedback.views import erasure
        from feedback.views.image_panels import captures_panel, examples_panel
        from labeling import registry

        registry.image_filters.append(
            registry.ImageFilters(label_review.FIELDS, label_review.unchanged, label_review.chosen)
        )
        registry.image_panels += [captures_panel, examples_panel, erasure.panel]

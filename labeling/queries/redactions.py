"""What was written anew of an image."""

from django.db.models import QuerySet

from labeling.models import Image, Redaction


def of(image: Image) -> QuerySet[Redaction]:
    """The image's redactions with who asked, newest first."""
    return Redaction.objects.filter(image=image).select_related("by").order_by("-pk")

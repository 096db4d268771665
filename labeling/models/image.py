"""An image is the bytes that came: one row for each sha256 in a project, wherever and however they are kept."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from labeling.enums import Split
from labeling.models.source import Source
from people.models import Project

SPLITS = [(str(s), str(s)) for s in Split]


class Image(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="images")
    sha256 = models.CharField(max_length=64)
    storage = models.CharField(
        max_length=40, default="default", help_text="Alias of the storage that has it."
    )
    key = models.CharField(max_length=400)
    media_type = models.CharField(max_length=40)
    bytes = models.PositiveIntegerField()
    width = models.PositiveIntegerField(help_text="Of the upright image, in pixels.")
    height = models.PositiveIntegerField(help_text="Of the upright image, in pixels.")
    filename = models.CharField(max_length=400, blank=True)
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT, related_name="images")
    group = models.CharField(max_length=100, blank=True, help_text="One burst: never torn between splits.")
    split = models.CharField(
        max_length=5, choices=SPLITS, blank=True, help_text="Asked for at import; empty lets freezing decide."
    )
    captured_at = models.DateTimeField(null=True)
    context = models.JSONField(default=dict, help_text="Lighting, weather, sensor readings: a JSON object.")
    difference_hash = models.BigIntegerField(
        null=True, help_text="64-bit dHash of the upright image; near-duplicates differ in few bits."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    erased_at = models.DateTimeField(
        null=True, editable=False, help_text="From then on the row alone is kept: nothing of what it shows."
    )
    # Null, so that a process of the release before may go on writing rows while an upgrade is under way.
    stored_sha256 = models.CharField(  # noqa: DJ001
        max_length=64,
        null=True,
        editable=False,
        help_text="Of the bytes that are kept, where they are others than those that came; else null.",
    )
    redacted = models.JSONField(
        null=True,
        editable=False,
        help_text="What was filled: [left, top, right, bottom, what] in pixels; null: nothing.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_image_a_sha256", fields=["project", "sha256"]),
            models.CheckConstraint(name="image_sha256", condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$")),
        ]
        indexes = [
            GinIndex(name="image_context", fields=["context"], opclasses=["jsonb_path_ops"]),
            # A file of labels names images by their filenames, a few hundred at a time.
            models.Index(name="image_by_filename", fields=["project", "filename"]),
            # Each night those that a project keeps no longer are looked for among those before a time.
            models.Index(name="image_kept", fields=["project", "id"], condition=models.Q(erased_at=None)),
        ]

    def __str__(self) -> str:
        return self.filename or self.sha256[:12]

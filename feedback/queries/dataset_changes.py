"""What differs between two frozen datasets of a project: how many images, of which labels, and which they are."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from feedback.enums import Change
from feedback.models import DatasetMember, DatasetVersion
from labeling.models import Image

# Of two datasets of a million images, what they share is dropped by example and split before anything is looked up.
_CHANGED = """
WITH fresh AS (
    SELECT example.image_id, member.split, example.value FROM (
        SELECT example_id, split FROM feedback_datasetmember WHERE dataset_id = %s
        EXCEPT SELECT example_id, split FROM feedback_datasetmember WHERE dataset_id = %s
    ) AS member JOIN feedback_example AS example ON example.id = member.example_id
), gone AS (
    SELECT example.image_id, member.split, example.value FROM (
        SELECT example_id, split FROM feedback_datasetmember WHERE dataset_id = %s
        EXCEPT SELECT example_id, split FROM feedback_datasetmember WHERE dataset_id = %s
    ) AS member JOIN feedback_example AS example ON example.id = member.example_id
), changed AS (
    SELECT image_id, kind,
           {of_gone} AS labels_before, {of_fresh} AS labels_after
    FROM fresh FULL JOIN gone USING (image_id)
    CROSS JOIN LATERAL (VALUES
        ('added', gone.split IS NULL), ('removed', fresh.split IS NULL),
        ('relabelled', fresh.value <> gone.value), ('moved', fresh.split <> gone.split)
    ) AS kinds (kind, holds)
    WHERE holds
)
"""
_LABELS = """CASE
    WHEN {row}.value IS NULL THEN ARRAY[]::text[]
    WHEN {row}.value ? 'label' THEN ARRAY[{row}.value->>'label']
    WHEN {row}.value->'regions' = '[]' THEN ARRAY['']
    ELSE ARRAY(SELECT DISTINCT region->>'label' FROM jsonb_array_elements({row}.value->'regions') AS region)
END"""
_WITH = _CHANGED.format(of_gone=_LABELS.format(row="gone"), of_fresh=_LABELS.format(row="fresh"))

_COUNTS = """
SELECT kind, NULL, NULL, count(*) FROM changed GROUP BY kind
UNION ALL
SELECT kind, side, label, count(*) FROM changed CROSS JOIN LATERAL (
    SELECT 'to' AS side, label FROM (SELECT unnest(labels_after) EXCEPT SELECT unnest(labels_before)) AS won (label)
    UNION ALL
    SELECT 'from', label FROM (SELECT unnest(labels_before) EXCEPT SELECT unnest(labels_after)) AS lost (label)
    UNION ALL
    SELECT '', unnest(labels_after) WHERE kind = 'moved'
) AS told GROUP BY kind, side, label
"""
_IMAGES = """
SELECT image_id FROM changed
WHERE kind = ANY(%s) AND (%s::text IS NULL OR %s = ANY(labels_before || labels_after))
"""


@dataclass(frozen=True)
class LabelChange:
    """Images of one label ("" of those with nothing in them): `gained` and `lost` are relabelled to it and from it."""

    label: str
    added: int = 0
    removed: int = 0
    gained: int = 0
    lost: int = 0
    moved: int = 0


@dataclass(frozen=True)
class Changes:
    """Images by what changed of them; one may be relabelled and moved. `labels` holds those that changed, by key."""

    images: dict[str, int] = field(default_factory=dict)
    labels: list[LabelChange] = field(default_factory=list)


@dataclass(frozen=True)
class Sides:
    """An image in the older and in the newer dataset: value and split, None where it is not in that one."""

    image: Image
    before: dict[str, Any] | None
    split_before: str | None
    after: dict[str, Any] | None
    split_after: str | None

    @property
    def kinds(self) -> list[Change]:
        """What changed of it."""
        if self.split_before is None:
            return [Change.ADDED]
        if self.split_after is None:
            return [Change.REMOVED]
        differs = {
            Change.RELABELLED: self.before != self.after,
            Change.MOVED: self.split_before != self.split_after,
        }
        return [kind for kind, holds in differs.items() if holds]


_COLUMNS = {
    ("added", "to"): "added",
    ("removed", "from"): "removed",
    ("relabelled", "to"): "gained",
    ("relabelled", "from"): "lost",
    ("moved", ""): "moved",
}


def changes(old: DatasetVersion, new: DatasetVersion) -> Changes:
    """How many images were added, removed, relabelled or moved to another split from `old` to `new`, by label too."""
    with connection.cursor() as cursor:
        cursor.execute(_WITH + _COUNTS, _pair(old, new))
        rows = cursor.fetchall()
    images = {str(kind): 0 for kind in Change}
    labels: dict[str, dict[str, int]] = defaultdict(dict)
    for kind, side, label, count in rows:
        if label is None:
            images[kind] = count
        else:
            labels[label][_COLUMNS[kind, side]] = count
    return Changes(images, [LabelChange(label, **counts) for label, counts in sorted(labels.items())])


def changed_images(
    old: DatasetVersion, new: DatasetVersion, kind: Change | None = None, label: str | None = None
) -> QuerySet[Image]:
    """The images that changed, of one kind or any, of one label before or after or any."""
    kinds = [str(one) for one in ([kind] if kind else Change)]
    return Image.objects.filter(pk__in=RawSQL(_WITH + _IMAGES, [*_pair(old, new), kinds, label, label]))


def _pair(old: DatasetVersion, new: DatasetVersion) -> list[UUID]:
    return [new.pk, old.pk, old.pk, new.pk]


def sides(old: DatasetVersion, new: DatasetVersion, images: Iterable[Image]) -> list[Sides]:
    """Each image as it is in the two, in the same order."""
    shown = list(images)
    found: dict[tuple[UUID, UUID], tuple[dict[str, Any], str]] = {
        (dataset, image): (value, split)
        for dataset, image, value, split in DatasetMember.objects.filter(
            dataset__in=[old, new], example__image__in=shown
        ).values_list("dataset_id", "example__image_id", "example__value", "split")
    }
    rows = []
    for image in shown:
        before, split_before = found.get((old.pk, image.pk), (None, None))
        after, split_after = found.get((new.pk, image.pk), (None, None))
        rows.append(Sides(image, before, split_before, after, split_after))
    return rows

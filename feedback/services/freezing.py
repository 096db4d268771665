"""Gathering what goes into a dataset, placing it in splits and writing its manifest, a page at a time."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Max, Min

from feedback.domain import splits
from feedback.models import DatasetMember, DatasetVersion
from feedback.queries import datasets
from feedback.services.cards import Tally
from feedback.services.hashing import hash_images
from feedback.services.resembling import name_looks
from inference.domain import manifest
from inference.domain.cells import labels_of
from inference.domain.manifest import Manifest, ManifestRow
from labeling.enums import Split
from labeling.models import Answer, Image, Resolution

Progress = Callable[[str, int, int | None], None]
KEPT_AT_ONCE = 10_000
NAMED = 20
"""A card names so many unreadable images; of more it says how many there are."""


class NothingToFreeze(ValueError):
    """No example passes; the message says what to do."""


@dataclass(frozen=True)
class Content:
    """A dataset as it will be: the hashes of its rows, where the manifest lies, images by split, its card."""

    hash: str
    test_hash: str
    manifest_key: str
    labels: list[str]
    counts: dict[str, int]
    card: dict[str, Any]


@dataclass
class _Gathered:
    """What could go in: the items to place, the example of each by sha256, and what was left out, by reason.

    About half a kilobyte an image is held at once; values and bytes are not.
    """

    items: dict[str, splits.Item]
    examples: dict[str, UUID]
    left_out: Counter[str]
    unreadable: list[str]


def build(dataset: DatasetVersion, on_progress: Progress) -> Content:
    """Store the dataset's members and its manifest; nothing else is changed. Raises NothingToFreeze."""
    # What an attempt that was killed had stored.
    DatasetMember.objects.filter(dataset=dataset).delete()
    labels = list(
        dataset.project.labels.filter(retired_at=None)
        .order_by("position", "key")
        .values_list("key", flat=True)
    )
    gathered = _gather(dataset, set(labels), on_progress)
    looks = name_looks(
        dataset.project, gathered.items.values(), lambda done: on_progress("comparing embeddings", done, None)
    )
    items = [replace(item, look=looks.get(item.sha256, "")) for item in gathered.items.values()]
    shares = {name: share for name, share in dataset.filters.items() if name in ("val_share", "test_share")}
    plan = splits.plan(items, **shares)
    gathered.left_out["tied_to_two_splits"] = sum(sha256 in gathered.examples for sha256 in plan.left_out)
    train = {sha256 for sha256 in gathered.examples if plan.splits.get(sha256) == Split.TRAIN}
    most = dataset.filters.get("synthetic_share", splits.SYNTHETIC_SHARE)
    over = splits.over_share(items, train, most)
    gathered.left_out["over_the_synthetic_share"] = len(over)
    for sha256 in over:
        del gathered.examples[sha256]
    _add_members(dataset, gathered, plan, on_progress)
    tally = Tally(manifest.SPLITS)
    rows = _rows(dataset, tally, on_progress)
    if not rows:
        raise NothingToFreeze(
            "There is nothing to freeze: no image with a label in force passes the filters. "
            "Import labelled images or answer tasks first."
        )
    card = tally.card() | {
        "left_out": {reason: count for reason, count in sorted(gathered.left_out.items()) if count},
        "unreadable": gathered.unreadable[:NAMED],
        "groups": plan.groups,
        "torn_groups": plan.torn,
        "alike_by_embedding": len(looks),
    }
    return _write(dataset, Manifest(dataset.project.task_type, tuple(labels), tuple(rows)), card)


def _gather(dataset: DatasetVersion, labels: set[str], on_progress: Progress) -> _Gathered:
    """Everything that may go in, and every image ever frozen, because what resembles one must follow it."""
    project = dataset.project
    unreadable = hash_images(project, lambda done: on_progress("looking at images", done, None))
    found = _Gathered({}, {}, Counter(), list(unreadable.values()))
    for frozen_page in datasets.pages(datasets.frozen(project)):
        for frozen in frozen_page:
            found.items[frozen.image.sha256] = _item(frozen.image, (), Split(frozen.split))
    eligible = datasets.eligible(project, dataset.filters).select_related("image__source")
    for page in datasets.pages(eligible):
        for example in page:
            said = tuple(sorted(labels_of(example.value)))
            if example.image_id in unreadable:
                found.left_out["unreadable"] += 1
            elif not labels.issuperset(said):
                found.left_out["label_not_in_force"] += 1
            else:
                sha256 = example.image.sha256
                placed = found.items[sha256].frozen if sha256 in found.items else None
                found.items[sha256] = _item(example.image, said, placed)
                found.examples[sha256] = example.pk
        on_progress("gathering examples", len(found.examples), None)
    return found


def _item(image: Image, labels: tuple[str, ...], frozen: Split | None) -> splits.Item:
    return splits.Item(
        sha256=image.sha256,
        labels=labels,
        source=image.source.key if image.source else None,
        taken_at=image.captured_at,
        group=image.group,
        difference_hash=image.difference_hash,
        asked=Split(image.split) if image.split else None,
        frozen=frozen,
        # Anything else under that key says that the whole world of the project is drawn, as the demo's shop is.
        synthetic=image.context.get("synthetic") is True,
    )


def _add_members(
    dataset: DatasetVersion, gathered: _Gathered, plan: splits.Plan, on_progress: Progress
) -> None:
    members = iter(
        DatasetMember(dataset=dataset, example_id=example, split=plan.splits[sha256].value)
        for sha256, example in sorted(gathered.examples.items())
        if sha256 in plan.splits
    )
    done = 0
    while page := list(islice(members, datasets.PAGE)):
        DatasetMember.objects.bulk_create(page)
        done += len(page)
        on_progress("placing images", done, len(gathered.examples))


def _rows(dataset: DatasetVersion, tally: Tally, on_progress: Progress) -> list[ManifestRow]:
    """The manifest's rows. From here on no answer behind a member can be undone: what was replaced before is
    dropped, so that the dataset holds nothing that had been taken back when it froze."""
    rows: list[ManifestRow] = []
    for page in datasets.pages(datasets.members(dataset)):
        stale = [member.pk for member in page if _is_stale(member)]
        DatasetMember.objects.filter(pk__in=stale).delete()
        kept = [member for member in page if not _is_stale(member)]
        behind = _answers(kept)
        made = [_row(member, behind[member.example.resolution_id]) for member in kept]
        tally.add(made)
        rows += made
        on_progress("writing the manifest", len(rows), None)
    return rows


def _is_stale(member: DatasetMember) -> bool:
    return member.example.replaced_at is not None or member.example.image.erased_at is not None


def _answers(members: Sequence[DatasetMember]) -> dict[UUID, list[Answer]]:
    """The answers behind each member's resolution, oldest first, with their guidelines."""
    behind: dict[UUID, list[Answer]] = defaultdict(list)
    links = Resolution.answers.through.objects.filter(
        resolution__in=[member.example.resolution_id for member in members]
    )
    for link in links.select_related("answer__guideline").order_by("answer_id"):
        behind[link.resolution_id].append(link.answer)
    return behind


def _row(member: DatasetMember, answers: Sequence[Answer]) -> ManifestRow:
    example, image = member.example, member.example.image
    guidelines = [answer.guideline.number for answer in answers if answer.guideline]
    return ManifestRow(
        sha256=image.sha256,
        key=image.key,
        value=example.value,
        split=member.split,
        weight=example.weight,
        image=str(image.pk),
        resolution=str(example.resolution_id),
        by=example.resolution.by,
        answers=[str(answer.pk) for answer in answers],
        guideline=max(guidelines, default=None),
        source=image.source.key if image.source else None,
        captured_at=image.captured_at.isoformat() if image.captured_at else None,
        context=image.context,
    )


def _write(dataset: DatasetVersion, content: Manifest, card: dict[str, Any]) -> Content:
    digest = manifest.content_hash(content)
    # Under the dataset's own id: rows name answers and resolutions, which differ where the content does not.
    key = f"datasets/{dataset.project_id}/{dataset.pk}.ndjson"
    default_storage.save(key, ContentFile(manifest.write(content)))
    counts = content.counts()
    return Content(
        hash=digest,
        test_hash=content.test_hash() if counts["test"] else "",
        manifest_key=key,
        labels=list(content.labels),
        counts=counts,
        card=card,
    )


def keep_splits(dataset: DatasetVersion) -> None:
    """Make the members' splits permanent, so many at a time; an image that had one keeps it."""
    ends = DatasetMember.objects.filter(dataset=dataset).aggregate(first=Min("pk"), last=Max("pk"))
    with connection.cursor() as cursor:
        for start in range(ends["first"], ends["last"] + 1, KEPT_AT_ONCE):
            cursor.execute(
                """
                INSERT INTO feedback_frozensplit (image_id, project_id, split)
                SELECT example.image_id, %s, member.split
                FROM feedback_datasetmember AS member JOIN feedback_example AS example ON example.id = member.example_id
                WHERE member.dataset_id = %s AND member.id >= %s AND member.id < %s
                ON CONFLICT DO NOTHING
                """,
                [dataset.project_id, dataset.pk, start, start + KEPT_AT_ONCE],
            )

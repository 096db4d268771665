"""Suspects of a search for label errors, chosen for rounds and sent to review in one press."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from feedback.enums import SuspectKind
from feedback.models import LabelErrorSearch
from feedback.queries import label_errors as queries
from feedback.queries.label_errors import KIND, SEARCH
from labeling.domain.image_filters import FieldKind, FilterField
from labeling.domain.values import ValueRefused
from labeling.models import Image, Round
from labeling.services.rounds import make_round
from people.models import Project

TITLES = {
    SuspectKind.LABEL: "Labels likely wrong",
    SuspectKind.DUPLICATE: "Near-duplicates with different labels",
    SuspectKind.OUTLIER: "Photographs unlike all others",
}
FIELDS = (
    FilterField(
        SEARCH, "Suspects of a search for label errors", FieldKind.ID, "Its id, as its page shows it."
    ),
    FilterField(
        KIND,
        "Suspected as",
        FieldKind.OPTION,
        "With a search above.",
        tuple((str(kind), title) for kind, title in TITLES.items()),
        "Labels likely wrong",
    ),
)


@transaction.atomic
def send_to_review(
    *, user: Any, search: LabelErrorSearch, kind: SuspectKind, count: int, answers_required: int = 1
) -> Round:
    """A blind round of the first `count` suspects of a kind that were not sent yet.

    Raises ValueRefused where none are left, labeling.services.projects.Taken and PermissionDenied.
    """
    # Two presses at once would each send the same.
    LabelErrorSearch.objects.select_for_update(no_key=True).get(pk=search.pk)
    return make_round(
        user=user,
        project=search.dataset.project,
        name=f"errors-{search.pk.hex[-8:]}-{kind}-{len(queries.rounds_of(search, kind)) + 1}",
        title=f"{TITLES[kind]}, dataset {search.dataset.number}, {timezone.localtime():%d %B %H:%M}",
        filters={SEARCH: str(search.pk), KIND: kind.value, "limit": count},
        answers_required=answers_required,
        blind=True,
    )


def unchanged(images: QuerySet[Image], project: Project, values: Mapping[str, Any]) -> QuerySet[Image]:
    """The images as they are: a search ranks, and keeps none out."""
    return images


def chosen(
    images: QuerySet[Image], project: Project, values: Mapping[str, Any], count: int
) -> list[UUID] | None:
    """The ids of the first `count` suspects that were not sent to review yet; None where no search is named.

    Raises ValueRefused for a search that this project does not have.
    """
    named = values.get(SEARCH)
    if named is None:
        return None
    search = LabelErrorSearch.objects.filter(pk=named, dataset__project=project).first()
    if search is None:
        raise ValueRefused({f"filters.{SEARCH}": ["is no search for label errors of this project."]})
    kind = SuspectKind(values.get(KIND, SuspectKind.LABEL.value))
    rest = queries.suspects(search, kind).filter(image__in=images)
    rest = rest.exclude(image__in=queries.sent(search, kind).values("image"))
    return list(rest.order_by("pk").values_list("image", flat=True)[:count])

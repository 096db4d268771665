"""A model's precision and recall, read from what people kept, fixed and threw away of its proposals."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.fields.json import KT, KeyTransform

from labeling.domain.intervals import wilson
from labeling.domain.values import ValueRefused
from labeling.enums import AnswerState
from labeling.models import Answer
from labeling.queries.answers import check_names, filter_answers
from people.models import Project
from people.queries.ids import id_floor

OF_A_MODEL = ("model", "model_id")
FATES = ("kept", "fixed", "relabelled", "rejected", "added")
# One short statement each; the sets of said things are read once, and nothing is gathered here.
COUNTS = "SELECT count(*), {fates} FROM ({said}) AS said"
BY_LABEL = """
SELECT key, sum((value ->> 0)::bigint), sum((value ->> 1)::bigint), sum((value ->> 2)::bigint)
FROM ({said}) AS said, jsonb_each(verification -> 'labels')
GROUP BY key ORDER BY key COLLATE "C"
"""


@dataclass(frozen=True)
class Ratio:
    """A share counted: `right` of `of`."""

    right: int
    of: int

    @property
    def value(self) -> float | None:
        """0..1; None where nothing was counted."""
        return self.right / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's, 95%, as if each were independent of the others."""
        return wilson(self.right, self.of)


@dataclass(frozen=True)
class OfLabel:
    """How a model did on one label: `right` of those it proposed; of those that were said to be there."""

    label: str
    proposed: int
    right: int
    there: int

    @property
    def precision(self) -> Ratio:
        return Ratio(self.right, self.proposed)

    @property
    def recall(self) -> Ratio:
        return Ratio(self.right, self.there)


@dataclass(frozen=True)
class Verified:
    """What the answers made of what was proposed. `answers` counts those that were given with a proposal in view."""

    answers: int
    fates: dict[str, int]
    labels: list[OfLabel]

    @property
    def precision(self) -> Ratio:
        return Ratio(sum(row.right for row in self.labels), sum(row.proposed for row in self.labels))

    @property
    def recall(self) -> Ratio:
        return Ratio(sum(row.right for row in self.labels), sum(row.there for row in self.labels))


def verified(
    project: Project, parameters: Mapping[str, str] | None = None, *, since: datetime | None = None
) -> Verified:
    """Over the answers that stand and had a proposal in view; filters as `answers`, and `model`, a
    name as proposals give it, or `model_id`, a registered model's: with both, proposals without an id are known by
    the name.

    `since` bounds what is read, by the time in each id. Raises ValueRefused naming a filter. A blind answer is in
    none of it.
    """
    rows = _standing(project, parameters or {})
    return _counted(rows if since is None else rows.filter(pk__gte=id_floor(since)))


def _standing(project: Project, parameters: Mapping[str, str]) -> QuerySet[Answer]:
    usual = {name: text for name, text in parameters.items() if name not in OF_A_MODEL}
    try:
        check_names(usual)
    except ValueRefused as refused:
        # What is wrong with a name is said with all that would be right.
        errors = {
            name: [reasons[0].replace("they are ", "they are model, model_id, ")]
            for name, reasons in refused.errors.items()
        }
        raise ValueRefused(errors) from None
    rows = Answer.objects.filter(project=project, state=AnswerState.COUNTED, superseded_by=None)
    rows = filter_answers(rows, usual).filter(shown__verification__labels__isnull=False)
    name, pk = (parameters.get(one, "").replace("\0", "") for one in OF_A_MODEL)
    rows = rows.annotate(model=KT("shown__proposal__model"), model_id=KT("shown__proposal__model_id"))
    if pk:
        return rows.filter(Q(model_id=pk) | Q(model_id__isnull=True, model=name))
    return rows.filter(model=name) if name else rows


def _counted(rows: QuerySet[Answer]) -> Verified:
    said, parameters = (
        rows.order_by().values(verification=KeyTransform("verification", "shown")).query.sql_with_params()
    )
    lengths = ", ".join(f"coalesce(sum(jsonb_array_length(verification -> '{fate}')), 0)" for fate in FATES)
    with connection.cursor() as cursor:
        cursor.execute(COUNTS.format(fates=lengths, said=said), parameters)
        answers, *counts = cursor.fetchone()
        cursor.execute(BY_LABEL.format(said=said), parameters)
        labels = [OfLabel(key, *map(int, numbers)) for key, *numbers in cursor.fetchall()]
    return Verified(answers, dict(zip(FATES, map(int, counts), strict=True)), labels)


def document(found: Verified) -> dict[str, Any]:
    """As the API gives it: every ratio with its interval and counts."""
    return {
        "answers": found.answers,
        **found.fates,
        "precision": _ratio(found.precision),
        "recall": _ratio(found.recall),
        "labels": [
            {"label": row.label, "precision": _ratio(row.precision), "recall": _ratio(row.recall)}
            for row in found.labels
        ],
    }


def _ratio(ratio: Ratio) -> dict[str, Any]:
    low, high = ratio.interval or (None, None)
    return {"value": ratio.value, "low": low, "high": high, "right": ratio.right, "of": ratio.of}

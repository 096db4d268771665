"""Models with the figures the registry shows."""

from typing import Any, cast

from django.db.models import OuterRef, QuerySet, Subquery

from feedback.enums import DatasetState
from feedback.models import DatasetVersion
from feedback.queries.scores import with_evaluations
from inference.models import Evaluation, ModelVersion
from inference.queries import models


def visible_to(user: Any) -> QuerySet[ModelVersion]:
    """The models of the projects the user leads, each with its evaluations and its project's newest test set."""
    newest = DatasetVersion.objects.filter(
        project=OuterRef("project"), state=DatasetState.FROZEN.value
    ).order_by("-number")
    rows = with_evaluations(models.visible_to(user))
    return rows.annotate(newest_test_hash=Subquery(newest.values("test_hash")[:1]))


def test_figures(model: ModelVersion) -> Evaluation | None:
    """A visible model's evaluation on the newest test set; else the one made last; None before the first."""
    made = list(model.evaluations.all())
    newest = cast(Any, model).newest_test_hash
    return next((one for one in made if one.test_hash == newest), made[0] if made else None)

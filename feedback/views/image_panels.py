"""What the image's page says of captures, predictions and routes, and of the data it became."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from feedback.models import DatasetMember, Example, RoutingDecision
from feedback.queries.ancestry import names_of
from feedback.views.why import reasons
from inference.models import Capture
from labeling.models import Image
from labeling.queries.said import labels_by_key
from labeling.views.rows import value_in_words

LATEST = 20


def captures_panel(request: HttpRequest, image: Image) -> str:
    """Each capture that brought this image: what was predicted, and every condition of its route."""
    captures = list(
        Capture.objects.filter(image=image)
        .select_related("source", "prediction__model")
        .order_by("-id")[:LATEST]
    )
    if not captures:
        return ""
    labels = labels_by_key(image.project)
    decisions = {
        row.capture_id: row
        for row in RoutingDecision.objects.filter(capture_id__in=[c.pk for c in captures]).select_related(
            "policy"
        )
    }
    rows = []
    for capture in captures:
        prediction, decision = getattr(capture, "prediction", None), decisions.get(capture.pk)
        rows.append(
            {
                "capture": capture,
                "prediction": prediction,
                "said": value_in_words(prediction.value, labels) if prediction else None,
                "scores": _scores(prediction.scores, labels) if prediction else [],
                "decision": decision,
                "reasons": reasons(decision) if decision else [],
            }
        )
    return render_to_string(
        "feedback/image/captures.html", {"rows": rows, "project": image.project}, request=request
    )


def examples_panel(request: HttpRequest, image: Image) -> str:
    """What became of it as training data: its examples and the datasets they are in."""
    examples = list(Example.objects.filter(image=image).order_by("-id"))
    if not examples:
        return ""
    members = (
        DatasetMember.objects.filter(example__in=examples)
        .select_related("dataset")
        .order_by("-dataset__number")
    )
    labels = labels_by_key(image.project)
    rows = [
        {
            "example": example,
            "said": value_in_words(example.value, labels),
            "members": [member for member in members if member.example_id == example.pk],
        }
        for example in examples
    ]
    return render_to_string(
        "feedback/image/examples.html",
        {
            "rows": rows,
            "project": image.project,
            "image": image,
            "people": sorted(names_of(examples).items(), key=lambda pair: pair[1]),
        },
        request=request,
    )


def _scores(scores: dict[str, float], labels: Any) -> list[tuple[str, float]]:
    """The label's names with their probabilities, the likeliest first."""
    named = [(labels[key].name if key in labels else key, score) for key, score in scores.items()]
    return sorted(named, key=lambda pair: -pair[1])

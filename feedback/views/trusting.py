"""How far the model is trusted, for the routing page: a sentence, the cells, and the bound over time."""

from typing import Any

from django.utils.safestring import SafeString

from feedback.models import Certificate, RoutingPolicy, TrustChange
from feedback.queries import certificates
from feedback.queries.trust import trust
from feedback.views.charts import Chart
from labeling.templatetags.figures import percent
from labeling.views.charts import Line, Panel, both_widths, lines
from people.models import Project

MOST_POINTS = 200
CHANGES_SHOWN = 5
SENTENCES = {
    "ok": "The model keeps its budget and accepts by itself.",
    "cautious": "The model is trusted in part; watch it.",
    "stop": "The model is not trusted: people decide about everything.",
}


def trust_panel(project: Project, policy: RoutingPolicy | None) -> dict[str, Any] | None:
    """What the page shows of a policy with a budget; None where the threshold is set by hand."""
    if policy is None or policy.error_budget is None:
        return None
    said = trust(project)
    cells = [
        cell
        for (model, _, _), cell in sorted(certificates.in_force(policy).items(), key=lambda pair: pair[0][1:])
        if str(model) == said["model"]
    ]
    past = list(
        Certificate.objects.filter(policy=policy, model_id=said["model"], slice="", label="").order_by("-id")[
            :MOST_POINTS
        ]
    )[::-1]
    return {
        "said": said,
        "sentence": SENTENCES[said["state"]],
        "cells": cells,
        "chart": bound_chart(past),
        "changes": list(TrustChange.objects.filter(project=project).order_by("-id")[:CHANGES_SHOWN]),
    }


def bound_chart(past: list[Certificate]) -> Chart | None:
    """The bound of the error rate against the budget, certificate by certificate; None before there are two."""
    measured = [row for row in past if row.bound is not None]
    if len(measured) < 2:
        return None
    at = [row.created_at.timestamp() for row in measured]
    budget = measured[-1].policy.error_budget
    last = measured[-1]
    caption = (
        f"At most {percent(last.bound, 1)} of the accepted are wrong, by {last.answers:,} verified answers; "
        f"the budget is {percent(budget, 1)}."
    )
    panels = [
        Panel(
            "Bound of the error rate, and the budget",
            [
                Line("Bound", list(zip(at, (row.bound for row in measured), strict=True)), dots=True),
                Line("Budget", [(at[0], budget), (at[-1], budget)]),
            ],
            lambda share: percent(share, 1),
            0,
        ),
        Panel(
            "Accepted from this confidence on",
            [Line("Threshold", list(zip(at, (row.threshold for row in measured), strict=True)), dots=True)],
            percent,
            high=1,
        ),
    ]
    if all(row.threshold is None for row in measured):
        del panels[1]

    def draw(width: float) -> SafeString:
        return lines(
            panels,
            width=width,
            title="The bound of the error rate, and the threshold, over time",
            description=caption,
            start=at[0],
            end=max(at[-1], at[0] + 1),
        )

    return Chart(both_widths(draw), caption)

"""The audit of a project's pipeline: its five stages in a picture, and what each lacks with the way to mend it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from feedback import rules
from feedback.queries.pipeline import pipeline as audited
from feedback.services.addresses import address_of, is_for_superusers
from feedback.views.pipeline_picture import picture
from labeling.views.access import project_or_404


def pipeline(request: HttpRequest, slug: str) -> HttpResponse:
    """The page. What only a superuser can mend has a button for superusers alone."""
    project = project_or_404(request, slug, rules.check_see)
    steps = audited(project)
    context = {
        "project": project,
        "picture": picture(steps),
        "steps": [
            (
                step,
                [
                    (
                        gap,
                        ""
                        if is_for_superusers(gap) and not request.user.is_superuser
                        else address_of(project, gap),
                    )
                    for gap in step.gaps
                ],
            )
            for step in steps
        ],
        "count": sum(len(step.gaps) for step in steps),
    }
    return render(request, "feedback/pipeline/pipeline.html", context)

"""The images on which a model does worse than the champion, side by side."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from feedback import rules
from feedback.domain.gate_comparison import Pair
from feedback.queries.comparing import pair_on
from feedback.queries.gate import meeting
from feedback.queries.worse import MOST, sides, worsened
from feedback.views import gate_words
from feedback.views.models import model_or_404
from inference.enums import Over
from inference.queries.models import champion
from labeling.models import Image, Label
from labeling.queries import images as addresses
from labeling.queries.said import labels_by_key
from labeling.views.access import project_or_404
from people.enums import TaskType
from people.views.paging import page_of

PAGE_SIZE = 48
SETS = {
    Over.TEST: "frozen test images",
    Over.GOLD: "images with a known answer",
    Over.RECENT: "images verified in the last four weeks",
}


def worse(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """`over` is which images: test, gold or recent."""
    project = project_or_404(request, slug, rules.check_see)
    model = model_or_404(project, pk)
    serving = champion(project)
    given = request.GET.get("over", "")
    over = Over(given) if given in set(SETS) else Over.TEST
    met = meeting(model, serving)
    context: dict[str, Any] = {
        "project": project,
        "model": model,
        "champion": serving,
        "sets": [(str(name), words, name == over) for name, words in SETS.items()],
        "set": SETS[over],
        "first": f"?over={over}",
        "may_promote": rules.can_promote(request.user, project),
    }
    both = None
    if serving is not None and serving.pk != model.pk and met.dataset is not None:
        both = pair_on(model, serving, met.dataset.test_hash, over)
    if both is not None:
        count, found = worsened(project, both)
        page = page_of(found, request, size=PAGE_SIZE)
        boxes = project.task_type == TaskType.DETECTION
        context |= {
            "count": count,
            "of": len(both.hashes),
            "most": MOST if count > MOST else None,
            "page": page,
            "rows": worse_rows(request, both, page.rows, labels_by_key(project), boxes=boxes),
        }
    return render(request, "feedback/models/worse.html", context)


def worse_rows(
    request: HttpRequest, both: Pair, images: Sequence[Image], labels: Mapping[str, Label], *, boxes: bool
) -> list[dict[str, Any]]:
    """Each image with its address for this user and, in words, what is true and what both models said."""
    return [
        {
            "image": side.image,
            "address": addresses.small_address(side.image, request.user),
            **{
                name: gate_words.told(getattr(side, name), labels, boxes=boxes)
                for name in ("true", "champion", "challenger")
            },
        }
        for side in sides(both, images)
    ]

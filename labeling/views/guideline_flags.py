"""What people flagged as not covered: each with its image, and one click to make it an example or to dismiss it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from labeling import rules
from labeling.domain.values import ValueRefused
from labeling.enums import FlagState
from labeling.models import Answer, GuidelineFlag, Label
from labeling.queries import guideline_flags as queries
from labeling.queries import images, said
from labeling.services import guideline_flags as services
from labeling.services import guidelines
from labeling.views.access import project_or_404
from labeling.views.rows import Said, value_in_words

LISTED = 50


@dataclass(frozen=True)
class FlagRow:
    """`said` is what its author last answered about the image, `suggested` the label that names; either may be None."""

    flag: GuidelineFlag
    address: str
    said: Said | None
    suggested: Label | None


def flags(request: HttpRequest, slug: str) -> HttpResponse:
    """The open flags, the oldest first; where htmx asks, only how many came since."""
    project = project_or_404(request, slug, rules.check_write_guideline)
    waiting = queries.open_of(project)
    if request.htmx:
        newer = waiting.filter(pk__gt=_id(request.GET.get("after"))).count()
        return render(request, "labeling/guidelines/new_flags.html", {"newer": newer, "project": project})
    found = list(waiting[: LISTED + 1])
    labels = said.labels_by_key(project)
    answers = queries.said_of(found)
    context = {
        "project": project,
        "rows": [_row(flag, answers.get(flag.pk), labels, request.user) for flag in found[:LISTED]],
        "more": len(found) > LISTED,
        "newest": found[-1].pk if found else UUID(int=0),
        "labels": [label for label in labels.values() if label.retired_at is None],
        "settled": _settled(project),
    }
    return render(request, "labeling/guidelines/flags.html", context)


@require_POST
def settle_flag(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Make the flag's image an example of the draft, or dismiss the flag with a word to who raised it."""
    project = project_or_404(request, slug, rules.check_write_guideline)
    flag = GuidelineFlag.objects.filter(project=project, pk=pk).select_related("image", "project").first()
    if flag is None:
        raise Http404("There is no such flag in this project.")
    try:
        if "dismiss" in request.POST:
            services.settle(
                user=request.user,
                flag=flag,
                state=FlagState.DISMISSED,
                reply=request.POST.get("reply", ""),
            )
            messages.success(request, f"Dismissed. {flag.user} finds your word with their flags.")
        else:
            _make_example(request, flag)
    except (services.AlreadySettled, ValueRefused) as error:
        messages.error(request, f"Nothing was changed. {error}")
    return redirect("flags", slug)


def _make_example(request: HttpRequest, flag: GuidelineFlag) -> None:
    key = request.POST.get("label", "").replace("\0", "")
    label = flag.project.labels.filter(key=key, retired_at=None).first()
    if label is None or request.POST.get("right") not in ("yes", "no"):
        raise ValueRefused({"label": ["choose a label, and whether the image shows it rightly or wrongly."]})
    is_right = request.POST["right"] == "yes"
    guidelines.add_example(
        user=request.user,
        project=flag.project,
        image=flag.image,
        label=label,
        is_right=is_right,
        why=request.POST.get("why", "").replace("\r\n", "\n"),
        flag=flag,
    )
    kind = "right" if is_right else "wrong"
    messages.success(request, f"In the draft now: a {kind} example of {label.name}.")


def _row(flag: GuidelineFlag, answer: Answer | None, labels: dict[str, Label], user: Any) -> FlagRow:
    said_words, suggested = None, None
    if answer is not None:
        said_words = Said(answer.words) if answer.words else value_in_words(answer.value, labels)
        suggested = said_words.label
    return FlagRow(flag, images.small_address(flag.image, user), said_words, suggested)


def _settled(project: Any) -> list[GuidelineFlag]:
    settled = GuidelineFlag.objects.filter(project=project).exclude(state=FlagState.OPEN.value)
    return list(settled.select_related("image", "user", "settled_by").order_by("-settled_at")[:10])


def _id(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        raise Http404("That is no flag's id.") from None

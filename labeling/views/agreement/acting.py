"""What a lead does from the agreement page: adjudicate, ask again, make an example, make a quiz."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from labeling import rules
from labeling.domain.agreement.filters import Filters
from labeling.domain.values import ValueRefused
from labeling.models import Image
from labeling.queries.disputes import tasks_to_ask
from labeling.services import adjudication, guidelines, retraining_quiz
from labeling.services import agreement as services
from labeling.views.access import project_or_404
from labeling.views.agreement.pair import most_settled_by_one_more, most_undecided
from people.models import Project, User

PREFIX = "filter."
LONGEST_REASON = 1_000


class Unreadable(ValueError):
    """The form names something that is not there; the words say what."""


@require_POST
def act(request: HttpRequest, slug: str) -> HttpResponse:
    """Do what the button's `act` says, say what came of it, and go back to the page that `next` names."""
    project = project_or_404(request, slug, rules.check_manage)
    do = ACTS.get(request.POST.get("act", ""))
    if do is None:
        raise Http404("There is no such act.")
    try:
        messages.success(request, do(request, project))
    except (Unreadable, adjudication.NoAdjudication, adjudication.TooMany) as refused:
        messages.error(request, str(refused))
    except ValueRefused as refused:
        messages.error(request, "; ".join(reasons[0].capitalize() for reasons in refused.errors.values()))
    return redirect(_back(request, project))


def _adjudicate(request: HttpRequest, project: Project) -> str:
    bits: dict[UUID, float] = {}

    def by_entropy(figures: Mapping[str, Any]) -> list[UUID]:
        bits.update(most_undecided(figures))
        return list(bits)

    chosen = _chosen(request, project, by=by_entropy)
    found = list(Image.objects.filter(project=project, pk__in=chosen))
    made = adjudication.send(
        user=request.user,
        project=project,
        images=found,
        bits={pk: bits[pk] for pk in chosen if pk in bits},
        reason=request.POST.get("reason", "").replace("\0", "")[:LONGEST_REASON],
    )
    already = len(found) - len(made)
    said = f"{_images(len(made))} sent to adjudication"
    if already:
        said += f"; {already} waited there already"
    link = reverse("work-queue", args=[project.slug, made[0].queue.name]) if made else ""
    return format_html('{}. <a href="{}">Decide them</a>', said, link) if made else f"{said}."


def _ask_again(request: HttpRequest, project: Project) -> str:
    chosen = _chosen(request, project, by=most_settled_by_one_more)
    if not chosen:
        raise Unreadable(
            "One more answer gives no image a majority: those that differ have one, or need two more."
        )
    asking = adjudication.ask_again(user=request.user, project=project, tasks=tasks_to_ask(project, chosen))
    left = len(chosen) - len(asking)
    wait = "waits" if len(asking) == 1 else "wait"
    said = f"{_images(len(asking))} {wait} for one more answer, of somebody who has given none."
    return f"{said} {left} cannot be asked about again." if left else said


def _example(request: HttpRequest, project: Project) -> str:
    image = Image.objects.filter(project=project, pk__in=_ids(request)).first()
    if image is None:
        raise Unreadable("Choose an image of this project.")
    label = project.labels.filter(key=request.POST.get("label", "").replace("\0", "")).first()
    if label is None:
        raise Unreadable("Choose one of the project's labels.")
    is_right = request.POST.get("right") == "yes"
    guidelines.add_example(
        user=request.user,
        project=project,
        image=image,
        label=label,
        is_right=is_right,
        why=request.POST.get("why", "").replace("\r\n", "\n"),
    )
    return format_html(
        '{} is {} example of {} in the draft. <a href="{}">See the draft</a>',
        image,
        "an" if is_right else "a wrong",
        label.name,
        reverse("guidelines", args=[project.slug]),
    )


def _quiz(request: HttpRequest, project: Project) -> str:
    annotator = User.objects.filter(
        username=request.POST.get("annotator", "").replace("\0", ""), memberships__project=project
    ).first()
    if annotator is None:
        raise Unreadable("That is nobody of this project.")
    pairs = [tuple(pair.split("/", 1)) for pair in request.POST.getlist("pair") if pair.count("/") == 1]
    quiz = retraining_quiz.make_retraining_quiz(
        user=request.user, project=project, annotator=annotator, pairs=pairs
    )
    asked = quiz.questions.count()
    return f"{annotator} takes a quiz of {asked} question{'s' if asked != 1 else ''} before their next task."


ACTS: dict[str, Callable[[HttpRequest, Project], str]] = {
    "adjudicate": _adjudicate,
    "ask-again": _ask_again,
    "example": _example,
    "quiz": _quiz,
}


def _chosen(
    request: HttpRequest, project: Project, *, by: Callable[[Mapping[str, Any]], list[UUID]]
) -> list[UUID]:
    """The images the form names; where it says a `count` instead, so many of the first that the report ranks `by`."""
    if "count" not in request.POST:
        named = _ids(request)
        if not named:
            raise Unreadable("No image is chosen.")
        return list(dict.fromkeys(named))
    count = request.POST["count"]
    if not count.isascii() or not count.isdecimal() or not 0 < int(count[:6]) <= adjudication.MOST_IMAGES:
        raise Unreadable(f"Say how many images, 1 to {adjudication.MOST_IMAGES}.")
    figures = services.report(project=project, filters=filters_of(request))
    return by(figures)[: int(count)]


def _ids(request: HttpRequest) -> list[UUID]:
    try:
        return [UUID(text) for text in request.POST.getlist("image")]
    except ValueError:
        raise Unreadable("An image is named by something that is no id.") from None


def filters_of(request: HttpRequest) -> Filters:
    """The filters that a form carries along, each field's name beginning with PREFIX. Raises ValueRefused."""
    query = {
        name.removeprefix(PREFIX): text for name, text in request.POST.items() if name.startswith(PREFIX)
    }
    return Filters.from_query(query)


def _images(count: int) -> str:
    return f"{count:,} image{'s' if count != 1 else ''}"


def _back(request: HttpRequest, project: Project) -> str:
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        return back
    address = reverse("agreement", args=[project.slug])
    try:
        query = filters_of(request).as_query()
    except ValueRefused:
        return address
    return f"{address}?{urlencode(query)}" if query else address

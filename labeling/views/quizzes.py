"""Quizzes for who leads a project: the list, the form, and how everybody did."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from labeling import rules
from labeling.domain.values import ValueRefused
from labeling.models import Gold
from labeling.queries import gold as known
from labeling.queries import images, said
from labeling.queries import quizzes as queries
from labeling.services import quizzes as services
from labeling.views.access import project_or_404
from labeling.views.rows import value_in_words
from people.enums import Role
from people.models import User

OFFERED = services.MOST_QUESTIONS
EVERYBODY = "*"
"""What the form sends for all annotators: no username can be it."""


def quizzes(request: HttpRequest, slug: str) -> HttpResponse:
    """The quizzes, those in force first, and how many passed each."""
    project = project_or_404(request, slug, rules.check_run_rounds)
    found = list(queries.visible_to(request.user).filter(project=project).order_by("-pk"))
    results = queries.results_of(found)
    context = {
        "project": project,
        "in_force": [(one, results[one.pk]) for one in found if one.retired_at is None],
        "retired": [(one, results[one.pk]) for one in found if one.retired_at is not None],
        "gold": known.visible_to(request.user).filter(project=project, retired_at=None).count(),
    }
    return render(request, "labeling/quizzes/quizzes.html", context)


def new_quiz(request: HttpRequest, slug: str) -> HttpResponse:
    """The form; POST makes the quiz."""
    project = project_or_404(request, slug, rules.check_run_rounds)
    labels = said.labels_by_key(project)
    gold = known.visible_to(request.user).filter(project=project, retired_at=None).order_by("-pk")[:OFFERED]
    annotators = User.objects.filter(memberships__project=project, memberships__role=Role.ANNOTATOR).order_by(
        "username"
    )
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        wanted = set(request.POST.getlist("gold"))
        name = request.POST.get("for_user", "")
        try:
            made = services.make_quiz(
                user=request.user,
                project=project,
                name=request.POST.get("name", ""),
                pass_share=_share(request.POST.get("pass_share", "")),
                gold=[one for one in gold if str(one.pk) in wanted],
                for_user=annotators.filter(username=name).first(),
                asks_everybody=name == EVERYBODY,
            )
            messages.success(request, f"{made.name} now comes before tasks.")
            return redirect("quizzes", slug)
        except ValueRefused as refused:
            errors = refused.errors
    context = {
        "project": project,
        "rows": [
            (one, images.small_address(one.image, request.user), value_in_words(one.value, labels))
            for one in gold
        ],
        "annotators": annotators,
        "knows_the_work": queries.KNOWS_THE_WORK,
        "given": request.POST,
        "chosen": request.POST.getlist("gold"),
        "errors": {field: reasons[0] for field, reasons in errors.items()},
    }
    return render(request, "labeling/quizzes/new.html", context, status=400 if errors else 200)


def one_quiz(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """How everybody did, and which questions they got wrong; POST retires it."""
    project = project_or_404(request, slug, rules.check_run_rounds)
    quiz = queries.visible_to(request.user).filter(project=project, pk=pk).first()
    if quiz is None:
        raise Http404("There is no such quiz in this project.")
    if request.method == "POST":
        services.retire_quiz(user=request.user, quiz=quiz)
        messages.success(request, f"{quiz.name} is asked of nobody any more.")
        return redirect("quizzes", slug)
    labels = said.labels_by_key(project)
    questions: list[Gold] = list(quiz.questions.select_related("image").order_by("pk"))
    context = {
        "project": project,
        "quiz": quiz,
        "attempts": queries.attempts_visible_to(request.user).filter(quiz=quiz).order_by("-pk"),
        "questions": [
            (one, images.small_address(one.image, request.user), value_in_words(one.value, labels))
            for one in questions
        ],
    }
    return render(request, "labeling/quizzes/quiz.html", context)


def _share(text: str) -> float:
    try:
        return float(text) / 100
    except ValueError:
        return 0

"""An annotator's way through a quiz: what it is, and what it came to."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from labeling import rules
from labeling.domain.marking import is_right
from labeling.models import QuizAttempt
from labeling.queries import images, said
from labeling.queries import quizzes as queries
from labeling.services import quizzes as services
from labeling.views.access import project_or_404
from labeling.views.rows import value_in_words


def quiz(request: HttpRequest, slug: str) -> HttpResponse:
    """The quiz that comes next, what it asks, and the button that begins it; POST begins."""
    project = project_or_404(request, slug, rules.check_takes_quizzes)
    ahead = list(queries.before_work(request.user, project))
    if request.method == "POST":
        if not ahead:
            return redirect("work", slug)
        try:
            attempt = services.start(user=request.user, quiz=ahead[0])
        except services.QuizClosed as closed:
            messages.info(request, str(closed))
            return redirect("quiz", slug)
        return redirect("work-queue", slug, attempt.queue.name)
    tried = queries.attempts_visible_to(request.user).filter(user=request.user, quiz__project=project)
    context = {
        "project": project,
        "quiz": ahead[0] if ahead else None,
        "questions": ahead[0].questions.count() if ahead else 0,
        "more": len(ahead) - 1,
        "under_way": queries.under_way(request.user, ahead[0]) if ahead else None,
        "tried": tried.exclude(finished_at=None).order_by("-pk")[:20],
    }
    return render(request, "labeling/quizzes/intro.html", context)


def result(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Every question with what was said, what is known and why; while it is under way, the way back to it.

    An answer may come a moment after its author: the page waits for it.
    """
    project = project_or_404(request, slug, lambda user, project: None)
    attempt: QuizAttempt | None = (
        queries.attempts_visible_to(request.user).filter(quiz__project=project, pk=pk).first()
    )
    if attempt is None:
        raise Http404("There is no such attempt for you here.")
    is_own = attempt.user_id == request.user.pk
    if attempt.finished_at is None and not is_own:
        raise Http404("This attempt is still under way.")
    if attempt.finished_at is None:
        if queries.is_arriving(attempt):
            desk = {"user": request.user.pk}
            context = {"project": project, "attempt": attempt, "quiz": attempt.quiz, "desk": desk}
            return render(request, "labeling/quizzes/arriving.html", context)
        # The last answer may have come between the two looks.
        attempt.refresh_from_db(fields=["finished_at", "right", "passed"])
    if attempt.finished_at is None:
        to_quiz = redirect("quiz", slug)
        return HttpResponseClientRedirect(to_quiz.url) if request.htmx else to_quiz
    if request.htmx:
        return HttpResponseClientRefresh()
    labels = said.labels_by_key(project)
    questions = [
        {
            "task": task,
            # What was got wrong is looked at again, in full.
            "address": (images.small_address if right else images.address)(task.image, request.user),
            "right": right,
            "said": (value_in_words(answer.value, labels) if not answer.words else None) if answer else None,
            "words": answer.words if answer else "",
            "known": value_in_words(task.gold.value, labels),
        }
        for task, answer in queries.questions_of(attempt)
        for right in [answer is not None and is_right(answer.value, task.gold.value)]
    ]
    context = {
        "project": project,
        "attempt": attempt,
        "quiz": attempt.quiz,
        "is_own": is_own,
        "wrong": [one for one in questions if not one["right"]],
        "right": [one for one in questions if one["right"]],
        "ahead": is_own and queries.before_work(request.user, project).first(),
    }
    return render(request, "labeling/quizzes/result.html", context)

"""What people said, as the tables of pages read it: newest first, filtered by the address, in keyset pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from labeling.models import Answer, Label
from people.models import Project, User

PAGE_SIZE = 50


@dataclass(frozen=True)
class AnswerFilter:
    """Which answers are wanted; "" is any. `label` is a key, `person` a username, `queue` a name."""

    queue: str = ""
    label: str = ""
    person: str = ""
    verdict: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "AnswerFilter":
        """As an address gives it; a word that means nothing here finds nothing."""
        return cls(
            **{name: query.get(name, "").replace("\0", "").strip() for name in cls.__dataclass_fields__}
        )

    def given(self) -> dict[str, str]:
        """The filters that are set."""
        return {name: value for name, value in self.__dict__.items() if value}


@dataclass(frozen=True)
class Page:
    """Some answers and where the next older and newer ones begin, as ids; None where there are none."""

    answers: list[Answer]
    older: UUID | None
    newer: UUID | None


def answers_of(project: Project) -> QuerySet[Answer]:
    """The project's answers with all that a row shows; late and superseded ones too, for they were said."""
    return Answer.objects.filter(project=project).select_related(
        "user", "guideline", "task__queue", "task__image__source", "superseded_by"
    )


def filtered(answers: QuerySet[Answer], wanted: AnswerFilter) -> QuerySet[Answer]:
    """The answers that pass every filter given."""
    if wanted.queue:
        answers = answers.filter(task__queue__name=wanted.queue)
    if wanted.label:
        answers = answers.filter(value__label=wanted.label)
    if wanted.person:
        answers = answers.filter(user__username=wanted.person)
    if wanted.verdict:
        answers = answers.filter(verdict=wanted.verdict)
    return answers


def page(answers: QuerySet[Answer], *, before: UUID | None = None, after: UUID | None = None) -> Page:
    """Answers older than `before`, or the oldest of those newer than `after`, or the newest; newest first."""
    if after is not None:
        rows = list(answers.filter(id__gt=after).order_by("id")[: PAGE_SIZE + 1])
        more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE][::-1]
        return Page(rows, rows[-1].pk if rows else None, rows[0].pk if rows and more else None)
    older = answers.filter(id__lt=before) if before else answers
    rows = list(older.order_by("-id")[: PAGE_SIZE + 1])
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    return Page(rows, rows[-1].pk if more else None, rows[0].pk if rows and before else None)


def people_who_answered(project: Project) -> QuerySet[User]:
    """Those whose name may be filtered by."""
    answered = Answer.objects.filter(project=project).order_by().values("user").distinct()
    return User.objects.filter(pk__in=answered).order_by("username")


def labels_by_key(project: Project) -> dict[str, Label]:
    """The project's labels by key."""
    return {label.key: label for label in project.labels.order_by("position", "key")}

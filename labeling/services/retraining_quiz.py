"""A quiz for one annotator, made of settled images of the labels they take for each other."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Case, Exists, IntegerField, OuterRef, Value, When

from labeling import rules
from labeling.domain.values import ValueRefused
from labeling.enums import ResolvedBy
from labeling.models import Label, Quiz, Resolution, Vote
from labeling.services.gold import make_gold
from labeling.services.quizzes import make_quiz
from people.models import Project

MOST_QUESTIONS = 20
PASS_SHARE = 0.8


@transaction.atomic
def make_retraining_quiz(
    *,
    user: Any,
    project: Project,
    annotator: Any,
    pairs: Sequence[tuple[str, str]],
    questions: int = 10,
    pass_share: float = PASS_SHARE,
) -> Quiz:
    """A quiz of at most `questions` images of the labels in `pairs` (keys), as many of each label as there are.

    Of images that an adjudicator or a consensus settled: adjudicated ones first, then those on which people differed
    from what was decided, and before others those the annotator has not answered. Each becomes gold.
    Raises ValueRefused where nothing is settled yet, PermissionDenied.
    """
    rules.check_run_rounds(user, project)
    keys = list(dict.fromkeys(key for pair in pairs for key in pair))
    known = dict(
        Label.objects.filter(project=project, key__in=keys, retired_at=None).values_list("key", "name")
    )
    if not keys or set(keys) - set(known):
        unknown = ", ".join(key[:80] for key in keys if key not in known) or "nothing"
        raise ValueRefused({"pairs": [f"must name labels of this project; {unknown} is none."]})
    if not 1 <= questions <= MOST_QUESTIONS:
        raise ValueRefused({"questions": [f"must be 1 to {MOST_QUESTIONS}."]})
    found = {key: list(_settled(project, key, annotator)[:questions]) for key in keys}
    chosen = _in_turn([found[key] for key in keys], questions)
    if not chosen:
        named = " or ".join(known[key] for key in keys)
        raise ValueRefused(
            {"pairs": [f"no image is settled as {named} by several people yet; adjudicate some first."]}
        )
    gold = [
        make_gold(user=user, project=project, image=one.image, value=one.value, why=one.reason)
        for one in chosen
    ]
    named = " or ".join(known[key] for key in keys[:4])
    name = f"{named}? For {annotator}"[:200]
    return make_quiz(
        user=user, project=project, name=name, pass_share=pass_share, gold=gold, for_user=annotator
    )


def _settled(project: Project, key: str, annotator: Any) -> Any:
    """Resolutions in force as this label, the most telling first."""
    votes = Vote.objects.filter(image_id=OuterRef("image_id"))
    label = Label.objects.filter(project=project, key=key).values("pk")[:1]
    return (
        Resolution.objects.filter(
            project=project,
            replaced_at=None,
            by__in=[ResolvedBy.ADJUDICATION.value, ResolvedBy.CONSENSUS.value],
            value__label=key,
        )
        .annotate(
            adjudicated=Case(
                When(by=ResolvedBy.ADJUDICATION.value, then=Value(1)),
                default=Value(0),
                output_field=IntegerField(),
            ),
            disputed=Exists(votes.filter(label__gt=0).exclude(label__in=label)),
            answered=Exists(votes.filter(user=annotator)),
        )
        .select_related("image")
        .order_by("answered", "-adjudicated", "-disputed", "-id")
    )


def _in_turn(piles: list[list[Resolution]], most: int) -> list[Resolution]:
    """One of each pile in turn, so that every label is asked about as often as can be."""
    chosen: list[Resolution] = []
    while len(chosen) < most and any(piles):
        for pile in piles:
            if pile and len(chosen) < most:
                chosen.append(pile.pop(0))
    return chosen

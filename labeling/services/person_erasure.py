"""Erasing a person: their account is anonymised, and what they wrote is blanked where that is asked for."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef

from labeling.enums import ResolvedBy
from labeling.models import Answer, Erasure, Gold, GuidelineFlag, Resolution
from people.models import User
from people.services import audit
from people.services.anonymising import Anonymised, anonymise


@dataclass(frozen=True)
class ErasedPerson:
    """`account` is what was done to it; `words` how many texts of theirs were blanked, by kind; `answers` are kept."""

    account: Anonymised
    words: dict[str, int]
    answers: int


@transaction.atomic
def erase_person(*, by: User | None, person: User, blank_words: bool) -> ErasedPerson:
    """Anonymise the account and, if asked, blank what the person typed; their answers stay, under the pseudonym.

    Answers, decisions and datasets are the project's record, and no figure changes. `by` None stands for the console.
    Again is the same. Raises PermissionDenied and people.services.anonymising.NotToErase.
    """
    account = anonymise(by=by, person=person)
    words = _blank(person) if blank_words else {}
    if any(words.values()):
        audit.record(actor=by, action="person.words_blanked", target=person, detail=words)
    return ErasedPerson(account, words, Answer.objects.filter(user=person).count())


def _blank(person: User) -> dict[str, int]:
    decided = Resolution.answers.through.objects.filter(resolution=OuterRef("pk"), answer__user=person)
    written = {
        "words of answers": (Answer.objects.filter(user=person), "words"),
        "reasons of decisions": (
            Resolution.objects.filter(Exists(decided), by=ResolvedBy.ADJUDICATION.value),
            "reason",
        ),
        "flags": (GuidelineFlag.objects.filter(user=person), "words"),
        "replies to flags": (GuidelineFlag.objects.filter(settled_by=person), "reply"),
        "reasons of known answers": (Gold.objects.filter(made_by=person), "why"),
        "reasons of erasures": (Erasure.objects.filter(by=person), "reason"),
    }
    return {kind: rows.exclude(**{name: ""}).update(**{name: ""}) for kind, (rows, name) in written.items()}

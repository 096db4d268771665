"""Who can sign in to the demo: one person of each kind, with a password made for this installation."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from people.enums import Role


@dataclass(frozen=True)
class Person:
    """Somebody of the demo; `site` bounds an associate to one store."""

    username: str
    name: str
    role: Role
    does: str
    site: str | None = None


PEOPLE = (
    Person("associate", "Ada North", Role.ASSOCIATE, "confirms alerts of store North on a phone", "north"),
    Person("associate-south", "Sam South", Role.ASSOCIATE, "the same for store South", "south"),
    Person("annotator", "Ann Field", Role.ANNOTATOR, "labels by keyboard what the model is unsure of"),
    Person("qa", "Quinn Avery", Role.QA_LEAD, "writes the guideline, reads the answers"),
    Person("engineer", "Eli Stone", Role.ENGINEER, "trains, promotes, rolls back"),
)
WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "juniper", "maple")


def passwords(var: Path) -> dict[str, str]:
    """Each person's password, kept in the data folder, readable by its owner alone; the same every time."""
    path = var / "demo_passwords.json"
    if not path.exists():
        made = {person.username: _password() for person in PEOPLE}
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(made))
        draft.replace(path)
    return json.loads(path.read_text())


def _password() -> str:
    return "-".join([*(secrets.choice(WORDS) for _ in range(3)), str(secrets.randbelow(9000) + 1000)])

"""Which answers a report is about, as an address says it and as a report keeps it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labeling.domain.documents import is_text
from labeling.domain.moments import moment
from labeling.domain.values import ValueRefused

WORDS = ("queue", "label", "annotator", "guideline", "source", "site")
TIMES = ("since", "until")
NAMES = WORDS + TIMES
CONTEXT = re.compile(r"context\..{1,100}", re.DOTALL)
MOST_TEXT = 400


@dataclass(frozen=True)
class Filters:
    """Every field narrows; "" and () do not. `context` holds (key, value) pairs, in order of the keys.

    queue (name or id), guideline (a version's number), since and until (RFC 3339; until is left out itself) choose
    answers. label (a key, given by anybody), annotator (a username: images they answered), source, site (keys) and
    context choose images, with all the answers to them: agreement needs the others' answers too.
    """

    queue: str = ""
    label: str = ""
    annotator: str = ""
    guideline: str = ""
    source: str = ""
    site: str = ""
    context: tuple[tuple[str, str], ...] = ()
    since: str = ""
    until: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str], *, ignored: tuple[str, ...] = ()) -> "Filters":
        """As the parameters of an address give it. Raises ValueRefused naming the parameter."""
        fields: dict[str, Any] = {}
        context = {}
        for name, text in query.items():
            if name in ignored:
                continue
            if name not in NAMES and not CONTEXT.fullmatch(name):
                raise ValueRefused(
                    {
                        name.replace("\0", "")[:80]: [
                            f"is not a filter; they are {', '.join(NAMES)} and context.KEY."
                        ]
                    }
                )
            if not isinstance(text, str) or not is_text(text) or not is_text(name) or len(text) > MOST_TEXT:
                raise ValueRefused(
                    {name.replace("\0", ""): [f"must be text of at most {MOST_TEXT} characters."]}
                )
            text = text.strip()
            if not text:
                continue
            if name in NAMES:
                fields[name] = _checked(name, text)
            else:
                context[name.removeprefix("context.")] = text
        return cls(**fields, context=tuple(sorted(context.items())))

    def as_query(self) -> dict[str, str]:
        """The filters that are set, as parameters of an address; `from_query` reads them back."""
        named = {name: getattr(self, name) for name in NAMES if getattr(self, name)}
        return named | {f"context.{key}": value for key, value in self.context}


def _checked(name: str, text: str) -> str:
    if name == "guideline" and not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueRefused({name: ["must be a version's number."]})
    if name == "guideline":
        return str(int(text))
    if name in TIMES:
        try:
            # A plus sign that was not escaped in the address arrives as a space.
            at = moment(re.sub(r" (?=[0-9]{2}:?[0-9]{2}$)", "+", text))
        except ValueError as error:
            raise ValueRefused({name: [str(error)]}) from None
        return at.isoformat().replace("+00:00", "Z")
    return text

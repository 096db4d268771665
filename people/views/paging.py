"""One page of a long list, found by its key: it costs the same however far back it lies."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """`older` is the address of the next page, None on the last; `is_first` is whether nothing newer was left out."""

    rows: list[Row]
    older: str | None
    is_first: bool


def page_of(rows: QuerySet[Row], request: HttpRequest, size: int, name: str = "before") -> Page[Row]:
    """The newest rows before the key that the address has under `name`. Raises Http404 where that is no key."""
    given = request.GET.get(name)
    if given:
        try:
            rows = rows.filter(pk__lt=UUID(given))
        except ValueError:
            raise Http404(f"{name} must be the id of a row.") from None
    found = list(rows.order_by("-pk")[: size + 1])
    older = None
    if len(found) > size:
        del found[size:]
        kept: dict[str, Any] = request.GET.dict() | {name: str(found[-1].pk)}
        older = f"?{urlencode(kept)}"
    return Page(found, older, not given)

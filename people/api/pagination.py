"""Lists by cursor: `{results, next, previous}`, absolute links, `?page_size=` up to 200."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from people.api.problems import invalid


class Pages(CursorPagination):
    """A page size beyond the most is the most; anything that is no size or no cursor is a 400 naming it."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "-id"

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> Any:
        self.model: type[Model] = queryset.model
        return super().paginate_queryset(queryset, request, view)

    def get_page_size(self, request: Request) -> int | None:
        given = request.query_params.get(self.page_size_query_param)
        if given is not None and not (given.isascii() and given.isdecimal() and given.strip("0")):
            raise invalid(
                self.page_size_query_param, f"must be a whole number from 1 to {self.max_page_size}."
            )
        return super().get_page_size(request)

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                self.model._meta.pk.to_python(cursor.position)
        except (NotFound, ValidationError):
            reason = "is no place in this list: follow `next` and `previous`."
            raise invalid(self.cursor_query_param, reason) from None
        return cursor

    def get_paginated_response(self, data: list) -> Response:
        return Response({"results": data, "next": self.get_next_link(), "previous": self.get_previous_link()})

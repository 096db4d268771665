"""The base of every API view: scoped, and a POST repeatable by its Idempotency-Key."""

import json
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from people.api.access import check_second_factor, check_whole_installation, check_whose_page
from people.api.bodies import check_length
from people.api.pagination import Pages
from people.api.permissions import Scoped
from people.api.problems import MEDIA_TYPE, Problem, invalid
from people.enums import Scope
from people.models import Token
from people.services import idempotency


class View(APIView):
    """`scopes` says, by method, what a token needs (one scope, or any of several); others are refused.

    `for_projects_to_come` lets in a token whose project does not exist yet. `most_body_bytes` bounds the body;
    None stands for DATA_UPLOAD_MAX_MEMORY_SIZE. `bulk` names the field that makes a body long. What `is_repeatable`
    says False of answers with a secret: it is kept nowhere, and an Idempotency-Key is refused.
    """

    permission_classes: list[type[BasePermission]] = [Scoped]
    scopes: dict[str, Scope | tuple[Scope, ...]] = {}
    for_projects_to_come = False
    most_body_bytes: int | None = None
    bulk = "body"
    is_repeatable = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        check_whose_page(request)
        super().initial(request, *args, **kwargs)
        check_second_factor(request)
        if not self.for_projects_to_come:
            check_whole_installation(request)
        check_length(request, self)
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        if key is not None:
            if not 0 < len(key) <= 255 or not key.isprintable():
                raise invalid("Idempotency-Key", "must have 1 to 255 printable characters.")
            if not self.is_repeatable:
                raise invalid("Idempotency-Key", "is not for this address: its answer is kept nowhere.")
            handler = getattr(self, "post", None)
            if handler is not None:
                self.post = self._repeatable(handler, key)

    def page(self, rows: QuerySet[Any], serializer: type[BaseSerializer[Any]]) -> Response:
        """One page of the rows, newest first: `{results, next, previous}`. Documented by `schema.page_of`."""
        pages = Pages()
        found = pages.paginate_queryset(rows, self.request, view=self)
        context = {"request": self.request}
        return pages.get_paginated_response(serializer(found, many=True, context=context).data)

    def _repeatable(self, handler: Any, key: str) -> Any:
        def post(request: Request, *args: Any, **kwargs: Any) -> Response:
            with transaction.atomic():
                try:
                    row = idempotency.reserve(**whose(request), key=key)
                except idempotency.KeyReused:
                    raise Problem(
                        "idempotency-conflict",
                        409,
                        "This Idempotency-Key belongs to another request; use a new one.",
                    ) from None
                if row.status is not None:
                    kind = MEDIA_TYPE if row.status >= 400 else None
                    headers = {"Idempotency-Replayed": "true"}
                    first = json.loads(row.body) if row.body else None
                    return Response(first, status=row.status, headers=headers, content_type=kind)
                answer = handler(request, *args, **kwargs)
                row.status = answer.status_code
                row.body = "" if answer.data is None else json.dumps(answer.data, cls=JSONEncoder)
                row.save(update_fields=["status", "body"])
                return answer

        return post


def whose(request: Request) -> dict[str, Any]:
    """What tells a request with an Idempotency-Key from others: `user`, `token_id`, `fingerprint`."""
    return {
        "user": request.user,
        "token_id": request.auth.pk if isinstance(request.auth, Token) else 0,
        "fingerprint": idempotency.fingerprint_of(request.path, request.data),
    }

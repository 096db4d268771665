"""The OpenAPI description: every operation may answer with a problem."""

import inspect
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from people.api.uploads import Multipart

PROBLEM = ResolvedComponent(
    name="Problem",
    type=ResolvedComponent.SCHEMA,
    object="Problem",
    schema={
        "type": "object",
        "description": "RFC 9457 problem details.",
        "required": ["type", "title", "status", "detail", "errors"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
            },
        },
    },
)

PAGING = [
    OpenApiParameter("cursor", str, description="From `next` or `previous`."),
    OpenApiParameter("page_size", int, description="Rows a page, 200 at most."),
]
"""The query parameters of every list: `@extend_schema(parameters=PAGING, responses=page_of(Row))`."""


def page_of(serializer: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """The description of what `View.page` answers for rows of this serializer."""
    return inline_serializer(
        serializer.__name__.removesuffix("Serializer") + "Page",
        {
            "results": serializer(many=True),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
        },
    )


class TokenScheme(OpenApiAuthenticationExtension):
    """Describes `Authorization: Token KEY`."""

    target_class = "people.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Token KEY, as `manage.py create_token` prints it.",
        }


class ProblemSchema(AutoSchema):
    """Adds the problem answers, and the Idempotency-Key header to every POST."""

    def get_description(self) -> str:
        # Else a method without a docstring would be described by its view's, written for who programs it.
        return inspect.getdoc(getattr(self.view, self.method.lower(), None)) or ""

    def get_override_parameters(self) -> list[Any]:
        if self.method != "POST":
            return []
        return [
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="Repeated within 7 days, the first answer again.",
            )
        ]

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        self.registry.register_on_missing(PROBLEM)
        for status in self._problems():
            bodies.setdefault(
                status,
                {
                    "description": "",
                    "content": {"application/problem+json": {"schema": PROBLEM.ref}},
                },
            )
        return bodies

    def _problems(self) -> list[str]:
        """The statuses with which any operation like this may be refused."""
        sends = self.method in ("POST", "PUT", "PATCH")
        takes_files = sends and Multipart in self.view.parser_classes
        return [
            *("400", "401", "403", "404", "409"),
            *(["410"] if takes_files else []),
            *(["408", "413", "415"] if sends else []),
            *("429", "503"),
        ]

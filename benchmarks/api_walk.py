"""The whole description of the API walked with generated requests, each answer held against it by schemathesis.

What stands in an address is looked up first, in the lists the API itself gives: made-up ids would only be told 404.
"""

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import HypothesisWarning, Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ID = re.compile(r"/([a-z-]+)/\{(\w+)\}")
Send = Callable[[Case], Response]
Answers = Callable[[str], Any]


class Walk:
    """`send` puts one generated request to the server; `known` are values for addresses, by what stands before them.

    `{"projects": ["shop"], "models": [ids…]}`: what `/projects/{slug}/` and `/models/{id}/` may be about.
    """

    def __init__(self, description: dict[str, Any], send: Send, known: dict[str, list[str]]) -> None:
        self.schema = schemathesis.openapi.from_dict(description)
        self.send, self.known = send, known
        self.requests = 0
        self.answers: dict[int, int] = {}

    def operations(self) -> Iterator[Any]:
        """Every operation, those that take something away for good last."""
        found = [one.ok() for one in self.schema.get_all_operations()]
        yield from sorted(found, key=lambda one: (one.method == "delete", "erasure" in one.path))

    def failures(
        self,
        operation: Any,
        examples: int,
        number: int = 0,
        modes: Sequence[GenerationMode] = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE),
    ) -> list[str]:
        """What was answered otherwise than described, of so many requests that fit and as many that do not.

        `number` is the seed.
        """
        found: list[str] = []
        for mode in modes:
            found += self._failures(operation, mode, self._placed(operation.path), examples, number)
        return found

    def _placed(self, path: str) -> dict[str, str]:
        """What stands in the address, of what is there."""
        return {name: self.known[before][0] for before, name in ID.findall(path) if self.known.get(before)}

    def _failures(
        self, operation: Any, mode: GenerationMode, placed: dict[str, Any], examples: int, number: int
    ) -> list[str]:
        try:
            cases = operation.as_strategy(generation_mode=mode, path_parameters=placed or None)
        except Exception as error:
            return [f"{operation.label}: {error}"]

        @seed(number)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            derandomize=False,
            phases=[Phase.generate],
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases)
        def walk(case: Case) -> None:
            said = self._held(case)
            if said:
                found.setdefault(said.splitlines()[0], said)

        found: dict[str, str] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HypothesisWarning)
            try:
                walk()
            except Unsatisfiable:
                # Nothing can be sent that does not fit: an operation without parameters.
                pass
        return list(found.values())

    def _held(self, case: Case) -> str:
        """What was wrong with the answer; empty where nothing was."""
        response = self.send(case)
        self.requests += 1
        self.answers[response.status_code] = self.answers.get(response.status_code, 0) + 1
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            reasons = "; ".join(sorted({type(one).__name__ for one in group.exceptions}))
            words = " ".join(str(one) for one in group.exceptions)
            return (
                f"{case.method} {case.operation.path}: {response.status_code} {reasons}\n"
                f"{case.as_curl_command()}\n{words}\n{response.content[:2000]!r}"
            )
        return ""


def look_up(description: dict[str, Any], get: Answers, slug: str) -> dict[str, list[str]]:
    """What the API's own lists hold, by the word before it in an address. `get(path)` is the JSON, or None."""
    known = {"projects": [slug]}
    for path, operations in description["paths"].items():
        last = path.rstrip("/").rpartition("/")[2]
        if "get" not in operations or last.startswith("{") or path.count("{") > 1:
            continue
        if "{" in path and "{slug}" not in path:
            continue
        found = get(path.replace("{slug}", slug))
        rows = found.get("results", found) if isinstance(found, dict) else found
        if isinstance(rows, list):
            names = ("id", "key", "username", "name")
            ids = [
                str(next((row[n] for n in names if n in row), "")) for row in rows if isinstance(row, dict)
            ]
            known.setdefault(last, []).extend(filter(None, ids))
    return known

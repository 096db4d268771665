"""`manage.py verify_audit`: hold the audit log against its seals."""

import json
import re
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from people.domain.audit_chain import Fault
from people.queries.audit_chain import Verified, verify


class Command(BaseCommand):
    help = (
        "Hold every event of the audit log against its seal, and every seal against the one before. Prints the last "
        "seal, NUMBER:SHA256: keep it elsewhere, and give it to --expect later. Exit code 1 names the first event "
        "that was changed, taken out or added."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on one line")
        parser.add_argument(
            "--expect",
            type=_seal,
            metavar="NUMBER:SHA256",
            help="a seal that was printed before: it must still be in the chain",
        )

    def handle(self, *args: Any, expect: tuple[int, str] | None, **options: Any) -> None:
        found = verify(expected=expect)
        if options["json"]:
            self.stdout.write(json.dumps(_told(found)))
        elif found.fault is None:
            self.stdout.write(_words(found))
        if found.fault is not None:
            raise CommandError(_fault(found.fault))


def _words(found: Verified) -> str:
    waiting = f"{found.unsealed:,} events are not sealed yet"
    if found.oldest_unsealed_at:
        waiting += f", the oldest of {found.oldest_unsealed_at:%Y-%m-%d %H:%M} UTC"
    if found.last is None:
        return f"Nothing is sealed: the worker does it each minute. {waiting}."
    return (
        f"{found.events:,} events under {found.seals:,} seals are as they were sealed. {waiting}.\n"
        f"Last seal: {found.last.number}:{found.last.digest.hex()}"
    )


def _fault(fault: Fault) -> str:
    if fault.event:
        happened = {
            "changed": "is not as it was sealed",
            "missing": "was taken out",
            "added": "was not there when its range was sealed",
        }[fault.what]
        return f"Event {fault.event} {happened} (seal {fault.seal})."
    happened = {
        "missing": "is missing",
        "broken": "is not over what it says, or not over the seal before it",
        "not the one kept": "is another than the one expected: the chain was made anew",
    }[fault.what]
    return f"Seal {fault.seal} {happened}. Nothing after seal {fault.seal - 1} can be believed."


def _told(found: Verified) -> dict[str, Any]:
    last, fault = found.last, found.fault
    return {
        "intact": fault is None,
        "events": found.events,
        "seals": found.seals,
        "unsealed": found.unsealed,
        "oldest_unsealed_at": found.oldest_unsealed_at and found.oldest_unsealed_at.isoformat(),
        "last_seal": f"{last.number}:{last.digest.hex()}" if last else None,
        "fault": fault and {"seal": fault.seal, "event": fault.event or None, "what": fault.what},
    }


def _seal(text: str) -> tuple[int, str]:
    match = re.fullmatch(r"([1-9]\d{0,17}):([0-9a-f]{64})", text)
    if not match:
        raise ArgumentTypeError(f"must be NUMBER:SHA256 as verify_audit prints it, not {text!r}")
    return int(match[1]), match[2]

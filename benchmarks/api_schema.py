"""Does the API answer as it is described, whatever is asked of it?

usage: api_schema.py [--examples 50] [--seed 0] [--only WORDS]

An installation of its own with the synthetic shop in it. schemathesis makes so many requests of every operation that
fit the description, and as many that do not, and sends them with the token of an engineer; what is in the shop is named
in the addresses. Each answer's status, content type, headers and body are held against the description. Prints what was
answered otherwise, and one JSON line last: operations, requests, statuses, server_errors, undocumented, seconds.
"""

import argparse
import json
import os
import sys
import time
from typing import Any

import httpx
import requests
from api_walk import Walk, look_up
from installation import Installation, running

SLUG = "shop"
BUILD = """
from django.conf import settings
from demo import shop
project = shop.build(var=settings.VAR)
list(shop.add_photographs(project, 3))
"""
SCOPES = "ingest,answer,read,admin,edge"
LONGEST_SECONDS = 30
READY_SECONDS = 600


def furnished(installation: Installation) -> tuple[str, dict[str, Any]]:
    """The token of an engineer of the synthetic shop, and what its lists hold."""
    installation.manage("shell", "--verbosity", "0", "-c", BUILD)
    token = installation.manage(
        "create_token", "walker", "--role", "engineer", "--project", SLUG, "--scope", SCOPES
    )
    with installation.client(token) as client:
        description = httpx.get(
            f"{installation.address}/api/v1/schema/", headers={"Accept": "application/json"}, timeout=60
        ).json()
        client.post(f"projects/{SLUG}/datasets/", json={"name": "walked"})
        client.post(f"projects/{SLUG}/rounds/", json={"name": "walked", "title": "Walked", "filters": {}})
        client.post(f"projects/{SLUG}/guidelines/", json={"body": "# Walked"})
        client.post(f"projects/{SLUG}/agreement-reports/", json={"name": "walked"})
    return token, description


def known_to(installation: Installation, token: str, description: dict[str, Any]) -> dict[str, list[str]]:
    with httpx.Client(
        base_url=installation.address, headers={"Authorization": f"Token {token}"}, timeout=60
    ) as client:

        def get(path: str) -> Any:
            answer = client.get(path)
            is_json = answer.headers.get("content-type", "").startswith("application/json")
            return answer.json() if answer.status_code == 200 and is_json else None

        known = look_up(description, get, SLUG)
        for queue in known.get("queues", []):
            claimed = client.post(f"/api/v1/queues/{queue}/claim/", json={"count": 5}).json().get("tasks", [])
            known.setdefault("tasks", []).extend(task["id"] for task in claimed)
            known.setdefault("leases", []).extend(task["lease"]["token"] for task in claimed)
            known.setdefault("images", []).extend(task["image"]["id"] for task in claimed)
    return known


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--examples", type=int, default=50)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--only", default="", help="operations whose address has these words in it")
    given = arguments.parse_args()
    # All of it comes from one caller.
    os.environ["VOUCH_API_RATE"] = "0"
    with running(READY_SECONDS) as installation, requests.Session() as session:
        token, description = furnished(installation)
        session.headers["Authorization"] = f"Token {token}"

        def send(case: Any) -> Any:
            return case.call(base_url=installation.address, session=session, timeout=LONGEST_SECONDS)

        walk = Walk(description, send, known_to(installation, token, description))
        begun, found, walked = time.monotonic(), [], 0
        for operation in walk.operations():
            if given.only not in operation.path:
                continue
            walked += 1
            failures = walk.failures(operation, given.examples, given.seed)
            print(f"{operation.label}: {len(failures)}", *failures, sep="\n", file=sys.stderr, flush=True)
            found += failures
        print(
            json.dumps(
                {
                    "operations": walked,
                    "requests": walk.requests,
                    "statuses": dict(sorted(walk.answers.items())),
                    "server_errors": sum(count for status, count in walk.answers.items() if status >= 500),
                    "undocumented": len(found),
                    "seconds": round(time.monotonic() - begun, 1),
                }
            )
        )


if __name__ == "__main__":
    main()

"""Talking to the centre over HTTP: the manifest, files, captures and reports, and what its answers mean."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from inference.domain.edge import digest_of, is_signed
from inference.edge.clock import Clock, written
from inference.edge.waiting import Waiting

TIMEOUT_SECONDS = 30.0
LONGEST_RETRY_SECONDS = 3600.0


class NotNow(Exception):
    """The centre cannot be reached or asks to wait; `seconds` is what it named, None where it did not."""

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Refused(Exception):
    """The centre will not take it as it is, however often it is sent."""


class NotGenuine(Exception):
    """An answer that the centre did not sign, or a file that is not the one it named."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A manifest's text with what it takes to check it again."""

    manifest: str
    nonce: str
    signature: str

    def check(self, token: str) -> dict[str, Any]:
        """The manifest. Raises NotGenuine where the signature is not for this token."""
        if not is_signed(self.signature, digest_of(token), self.nonce, self.manifest):
            raise NotGenuine("The manifest is not signed for this token.")
        return dict(json.loads(self.manifest))


class Centre:
    """One project at the centre, asked with a token of scope `edge`. `clock` hears every answer's date."""

    def __init__(
        self,
        *,
        url: str,
        project: str,
        token: str,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._project, self._token, self._clock = project, token, clock
        self._client = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1/",
            headers={"Authorization": f"Token {token}"},
            timeout=TIMEOUT_SECONDS,
            transport=transport,
        )

    def manifest(self) -> Signed:
        """What to decide by now, checked. Raises NotNow, Refused, NotGenuine."""
        nonce = secrets.token_hex(16)
        answer = self._ask("GET", f"projects/{self._project}/edge/", params={"nonce": nonce})
        try:
            said = answer.json()
            signed = Signed(said["manifest"], nonce, said["signature"])
        except (ValueError, KeyError, TypeError) as error:
            raise NotGenuine("The manifest cannot be read.") from error
        signed.check(self._token)
        return signed

    def fetch(self, sha256: str, size: int, path: Path) -> None:
        """Write the file of that hash to `path`, whole or not at all. Raises NotNow, Refused, NotGenuine."""
        part, digest, length = path.with_suffix(".part"), hashlib.sha256(), 0
        try:
            with (
                self._client.stream("GET", f"projects/{self._project}/edge/files/{sha256}/") as answer,
                part.open("wb") as file,
            ):
                if answer.status_code != 200:
                    answer.read()
                    self._judge(answer)
                for chunk in answer.iter_bytes():
                    length += len(chunk)
                    if length > size:
                        break
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        except httpx.HTTPError as error:
            raise NotNow(str(error) or type(error).__name__) from error
        if length != size or digest.hexdigest() != sha256:
            part.unlink()
            raise NotGenuine(f"The file {sha256[:12]} came with other bytes.")
        part.replace(path)

    def send(self, waiting: Waiting) -> None:
        """Send a capture; once in effect, however often it is called. Raises NotNow, Refused."""
        said = waiting.said
        fields = {
            "project": self._project,
            "source": waiting.source,
            "captured_at": written(waiting.captured_at or 0.0),
            **{name: json.dumps(part) for name, part in said.items()},
        }
        self._ask(
            "POST",
            "captures/",
            data=fields,
            files={"image": (waiting.filename, waiting.data, "application/octet-stream")},
            headers={"Idempotency-Key": waiting.id},
        )

    def report(self, body: dict[str, Any]) -> None:
        """Send a report of counts. Raises NotNow, Refused."""
        headers = {"Idempotency-Key": body["report"]}
        self._ask("POST", f"projects/{self._project}/edge/reports/", json=body, headers=headers)

    def health(self, body: dict[str, Any]) -> None:
        """Say how the device fares. Raises NotNow, Refused."""
        self._ask("POST", f"projects/{self._project}/edge/health/", json=body)

    def _ask(self, method: str, path: str, **parts: Any) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **parts)
        except httpx.HTTPError as error:
            raise NotNow(str(error) or type(error).__name__) from error
        self._clock.hear(answer.headers.get("Date"))
        self._judge(answer)
        return answer

    def _judge(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if 200 <= status < 300:
            return
        reason = f"{status}: {_detail(answer)}"
        # What is wrong with the capture itself stays wrong; a token or an address can be put right.
        if status in (400, 409, 413, 415, 422):
            raise Refused(reason)
        raise NotNow(reason, _seconds(answer.headers.get("Retry-After")))


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])[:500]
    except (ValueError, KeyError, TypeError):
        return answer.reason_phrase


def _seconds(text: str | None) -> float | None:
    try:
        return min(max(float(text or ""), 0.0), LONGEST_RETRY_SECONDS)
    except ValueError:
        return None

"""A centre without a database, for devices to talk to: it keeps what comes by its Idempotency-Key."""

import hashlib
import json
from email.parser import BytesParser
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import httpx

from inference.domain.edge import FORMAT, digest_of, sign
from tests.factories.inference import COLOURS, colour_model

TOKEN = "a-token-of-scope-edge"


class FakeCentre:
    """`answers` are given to captures and reports before any is taken: an httpx.Response, or an exception.

    `captures` and `reports` hold, by key, the parts of what was taken; a repetition must have the same parts.
    """

    def __init__(self, threshold=1.0, audit_share=0.0, now=1_800_000_000.0, model=None, **policy):
        self.model = model or colour_model()
        self.now, self.answers, self.tried = now, [], []
        self.captures, self.reports = {}, {}
        self.files = {}
        self.before_answer = lambda key: None
        self.token, self.spoil = TOKEN, False
        self.sha256 = hashlib.sha256(self.model).hexdigest()
        self.manifest = {
            "format": FORMAT,
            "project": "shop",
            "task": "classification",
            "model": {
                "id": str(uuid4()),
                "number": 1,
                "runtime": "onnx",
                "labels": list(COLOURS),
                "preprocessing": {},
                "files": [{"sha256": self.sha256, "bytes": len(self.model)}],
                "calibration": None,
                "novelty": None,
            },
            "policy": {
                "id": str(uuid4()),
                "version": 1,
                "threshold": threshold,
                "audit_share": audit_share,
                "error_budget": None,
                "novelty_limit": None,
                "label_rules": {},
                "slice_by": "",
                "draw_key": "key",
                **policy,
            },
            "trust": {"newest": None, "cells": []},
            "sites": {},
        }

    def transport(self):
        return httpx.MockTransport(self.answer)

    def answer(self, request):
        answer = self._answer(request)
        answer.headers["Date"] = formatdate(self.now, usegmt=True)
        return answer

    def _answer(self, request):
        path = request.url.path
        if request.headers["Authorization"] != f"Token {TOKEN}":
            return httpx.Response(401, json={"detail": "Who?"})
        if path.endswith("/edge/"):
            text = json.dumps(self.manifest)
            signature = sign(digest_of(self.token), request.url.params["nonce"], text)
            return httpx.Response(200, json={"manifest": text, "signature": signature})
        if "/edge/files/" in path:
            other = self.files.get(path.rstrip("/").rpartition("/")[2], self.model)
            return httpx.Response(200, content=other[:-1] + b"?" if self.spoil else other)
        request.read()
        key = request.headers["Idempotency-Key"]
        self.tried.append(key)
        if self.answers:
            given = self.answers.pop(0)
            if isinstance(given, Exception):
                raise given
            return given
        kept = self.reports if path.endswith("/reports/") else self.captures
        parts = json.loads(request.content) if kept is self.reports else _parts(request)
        assert kept.setdefault(key, parts) == parts, "a repetition says something else"
        self.before_answer(key)
        return httpx.Response(202, json={"id": str(uuid4()), "state": "pending"})

    def server(self):
        """A real server that answers so; it listens at `server_port` once it serves."""
        centre = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                url = f"http://localhost{self.path}"
                given = httpx.Request(self.command, url, headers=dict(self.headers), content=body)
                answer = centre.answer(given)
                self.send_response_only(answer.status_code)
                for name in ("Date", "Content-Type", "Content-Length", "Retry-After"):
                    if name in answer.headers:
                        self.send_header(name, answer.headers[name])
                self.end_headers()
                self.wfile.write(answer.content)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        return server


def _parts(request):
    head = b"Content-Type: " + request.headers["Content-Type"].encode() + b"\r\n\r\n"
    message = BytesParser().parsebytes(head + request.content)
    return {
        part.get_param("name", header="Content-Disposition"): part.get_payload(decode=True)
        for part in message.get_payload()
    }

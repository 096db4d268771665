"""An OpenID Connect provider on this machine: discovery, sign-in without a question, signed tokens, user info."""

import base64
import hashlib
import json
import secrets
import threading
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "vouch-of-the-tests"
SECRET = "what-only-the-client-knows"


@cache
def key(name):
    """A private key, made once under its name."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_set(*names):
    """What a provider publishes of the keys with those names."""
    return {"keys": [public(name) for name in names]}


def public(name):
    found = jwt.algorithms.RSAAlgorithm.to_jwk(key(name).public_key(), as_dict=True)
    return {**found, "kid": name, "use": "sig", "alg": "RS256"}


def signed(claims, *, name="good", kid=None, algorithm="RS256", secret=None):
    by = key(name) if algorithm == "RS256" else secret
    return jwt.encode(claims, by, algorithm=algorithm, headers={"kid": kid or name})


class OidcProvider:
    """`person` is who signs in there, as claims. `token` and `signing` override what an ID token says and how it is
    signed, `published` the discovery document; `told` is what user info says. `answers` False: 503 to everything."""

    def __init__(self):
        self.person = {"sub": "p-1", "email": "ada@store.example", "email_verified": True}
        self.token, self.signing, self.published, self.told = {}, {}, {}, {}
        self.answers = True
        self.codes = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self, b"")

            def do_POST(self):
                outer.answer(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def answer(self, handler, body):
        path, _, query = handler.path.partition("?")
        pages = {
            "/.well-known/openid-configuration": self._discovery,
            "/keys": lambda: key_set("old", "good"),
            "/token": lambda: self._token(parse_qs(body.decode())),
            "/userinfo": lambda: self._userinfo(handler.headers["Authorization"]),
        }
        if path == "/authorize":
            handler.send_response(302)
            handler.send_header("Location", self.sign_in(f"/authorize?{query}"))
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        status, found = (200, pages[path]()) if self.answers else (503, {})
        if "error" in found:
            status = 400
        data = json.dumps(found).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _discovery(self):
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            **self.published,
        }

    def sign_in(self, address):
        """The person of now signs in at `address`; where their browser is sent back to, with a code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert {"openid", "email"} <= set(asked["scope"].split())
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def _token(self, form):
        asked = self.codes.pop(form["code"][0], None)
        if form.get("client_secret") != [SECRET] or asked is None:
            return {"error": "invalid_client"}
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
            return {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        return {
            "access_token": "open-sesame",
            "token_type": "Bearer",
            "id_token": signed({**claims, **self.person, **self.token}, **self.signing),
        }

    def _userinfo(self, authorization):
        return self.told if authorization == "Bearer open-sesame" else {"error": "invalid_token"}

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

"""An ID token is believed only when all of it holds."""

import time

import pytest

from people.domain.id_token import TokenRefused, verified
from tests.factories.oidc import CLIENT_ID, key_set, public, signed

ISSUER = "https://id.example"
HOUR = 3600


def claims(**other):
    now = int(time.time())
    made = {"iss": ISSUER, "aud": CLIENT_ID, "sub": "p-1", "iat": now, "exp": now + 300, "nonce": "n-1"}
    return {name: value for name, value in {**made, **other}.items() if value is not None}


def read(token, keys=None):
    return verified(
        token,
        key_set("good", "old") if keys is None else keys,
        issuer=ISSUER,
        audience=CLIENT_ID,
        nonce="n-1",
    )


def test_what_the_issuer_signed_for_us_is_believed():
    assert read(signed(claims()))["sub"] == "p-1"
    assert read(signed(claims(aud=[CLIENT_ID], azp=CLIENT_ID), name="old"))["sub"] == "p-1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://other.example"},
        {"aud": "another-client"},
        {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"},
        {"exp": -HOUR},
        {"iat": HOUR},
        {"nonce": "n-2"},
        {"nonce": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": 7},
        {"sub": None},
        {"exp": None},
    ],
    ids=lambda wrong: "-".join(wrong),
)
def test_a_claim_that_does_not_hold_refuses_the_token(wrong):
    # Times are from now on: what was the future as tests were gathered may be past.
    now = {name: time.time() for name in ("exp", "iat") if wrong.get(name)}
    token = signed(
        claims(**{name: int(value + now[name]) if name in now else value for name, value in wrong.items()})
    )
    with pytest.raises(TokenRefused) as refused:
        read(token)
    assert token not in str(refused.value)


def test_a_key_that_is_not_the_issuers_signs_nothing():
    for token in (
        signed(claims(), name="bad"),
        signed(claims(), name="bad", kid="good"),
        signed(claims(), secret="x" * 64, algorithm="HS256", kid="good"),
        signed(claims(), algorithm="none", kid="good"),
        "no.token.this",
        signed(claims())[:-8] + "AAAAAAAA",
    ):
        with pytest.raises(TokenRefused):
            read(token)


def test_a_secret_among_the_published_keys_signs_nothing():
    octets = {
        "kty": "oct",
        "k": "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg",
        "alg": "HS256",
        "kid": "shared",
    }
    token = signed(claims(), secret="x" * 32, algorithm="HS256", kid="shared")
    with pytest.raises(TokenRefused):
        read(token, {"keys": [octets, public("good")]})
    with pytest.raises(TokenRefused):
        read(signed(claims()), {})

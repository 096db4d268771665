"""An ID token of OpenID Connect, believed only when all of it holds (OpenID Connect Core 1.0, section 3.1.3.7)."""

import hmac
from collections.abc import Mapping
from typing import Any

import jwt

# Signed with the provider's private key. A symmetric one would be signed with the client's secret, "none" by nobody.
ALGORITHMS = frozenset(
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
)
CLOCK_SKEW_SECONDS = 60
LONGEST_SUBJECT = 255


class TokenRefused(Exception):
    """The token proves nothing; the reason is for the log, and holds nothing of the token."""


def verified(
    token: str, key_set: Mapping[str, Any], *, issuer: str, audience: str, nonce: str
) -> dict[str, Any]:
    """The claims of `token`, signed by a key of `key_set` (a JSON Web Key Set) for `audience`, by `issuer`, just now.

    `nonce` is what this sign-in was begun with. Raises TokenRefused.
    """
    try:
        key = _key_of(jwt.get_unverified_header(token), key_set)
        claims = jwt.decode(
            token,
            key=key,
            algorithms=[key.algorithm_name],
            audience=audience,
            issuer=issuer,
            leeway=CLOCK_SKEW_SECONDS,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.PyJWTError as error:
        raise TokenRefused(f"the ID token does not hold: {type(error).__name__}") from None
    if claims.get("azp", audience) != audience:
        raise TokenRefused("the ID token was made for another client (azp)")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise TokenRefused("the ID token answers another sign-in (nonce)")
    if not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
        raise TokenRefused("the ID token names nobody (sub)")
    return claims


def _key_of(header: Mapping[str, Any], key_set: Mapping[str, Any]) -> jwt.PyJWK:
    """The key that the token says it was signed with; without a name, the only one there is."""
    keys = [
        key
        for key in jwt.PyJWKSet.from_dict(dict(key_set)).keys
        if key.public_key_use in (None, "sig")
        and key.algorithm_name in ALGORITHMS
        and key.algorithm_name == header.get("alg")
    ]
    named = [key for key in keys if key.key_id == header.get("kid")] if "kid" in header else keys
    if len(named) != 1:
        raise TokenRefused("the ID token was signed by no key of the provider's")
    return named[0]

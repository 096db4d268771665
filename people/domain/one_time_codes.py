"""Codes of an authenticator app (RFC 6238: six digits, SHA-1, 30 seconds), and recovery codes."""

import hashlib
import secrets
from collections.abc import Iterator

import pyotp

STEP_SECONDS = 30
LATE_STEPS = 1
"""A clock may be so many steps off, either way."""
RECOVERY_CODES = 10
# Without those that look alike on paper.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """160 random bits in base 32, as apps take them."""
    return pyotp.random_base32(32)


def address_of(secret: str, *, name: str, issuer: str) -> str:
    """The otpauth:// address that a QR code holds."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=name, issuer_name=issuer)


def step_of(secret: str, code: str, *, now: float, after: int = -1) -> int | None:
    """The time step whose code this is, later than the step `after`; None where it is of none. `now` is Unix time."""
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    typed = "".join(code.split())
    if len(typed) != 6 or not (typed.isascii() and typed.isdecimal()):
        return None
    found = None
    for step in _steps(now):
        # All are compared, so that the time it takes says nothing.
        if secrets.compare_digest(totp.generate_otp(step), typed) and step > after and found is None:
            found = step
    return found


def _steps(now: float) -> Iterator[int]:
    here = int(now // STEP_SECONDS)
    yield from range(max(0, here - LATE_STEPS), here + LATE_STEPS + 1)


def new_recovery_codes() -> list[str]:
    """Ten of 49 random bits each, in two groups of five letters and digits: `k7m2p-x9qrt`."""
    return [
        "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(2))
        for _ in range(RECOVERY_CODES)
    ]


def digest_of(code: str, *, user_id: int) -> bytes:
    """What is kept of a recovery code: PBKDF2-SHA256 over what of it counts, salted by whose it is."""
    plain = "".join(letter for letter in code.lower() if letter in LETTERS)
    return hashlib.pbkdf2_hmac("sha256", plain.encode(), f"vouch recovery {user_id}".encode(), 50_000)

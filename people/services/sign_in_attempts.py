"""Attempts to sign in with a password, counted before it is looked at: too many in a row have to wait, ever longer.

Whether there is such an account makes no difference, neither to the count nor to what is answered.
"""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from people.models import SignInAttempts, User
from people.services import audit

FREE_AT_ACCOUNT = 5
FREE_FROM_ADDRESS = 50
"""Whole stores share an address."""
FIRST_WAIT_SECONDS = 15
LONGEST_WAIT_SECONDS = 900
FORGOTTEN_AFTER_SECONDS = 86_400

# One statement, so that of a hundred attempts at once each is counted before the next is looked at.
COUNT = """
INSERT INTO people_signinattempts AS held (digest, count, last_at, locked_until)
VALUES (%(digest)s, 1, clock_timestamp(), NULL)
ON CONFLICT (digest) DO UPDATE SET
    count = CASE WHEN held.last_at < %(forgotten)s THEN 1 ELSE held.count + 1 END,
    last_at = clock_timestamp(),
    locked_until = CASE WHEN held.last_at >= %(forgotten)s AND held.count + 1 >= %(free)s
        THEN clock_timestamp() + make_interval(
            secs => least(%(longest)s, %(first)s * 2.0 ^ least(held.count + 1 - %(free)s, 20))
        ) END
WHERE held.locked_until IS NULL OR held.locked_until <= clock_timestamp()
RETURNING count
"""


class TooManyAttempts(Exception):
    """Nothing was tried: come back in so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many attempts: wait {seconds} seconds.")
        self.seconds = seconds


def account(name: str) -> bytes:
    """What the attempts at an account are counted under, in whatever case its name is typed."""
    return _digest("account", name.casefold())


def address(remote: str) -> bytes:
    """What those from a network address are counted under: an IPv6 customer has a whole /64."""
    try:
        parsed = ip_address(remote)
    except ValueError:
        return _digest("address", remote)
    if isinstance(parsed, IPv6Address):
        return _digest("address", parsed.exploded[:19])
    return _digest("address", str(parsed))


def second_factor(user: User) -> bytes:
    """What the codes tried for a person are counted under."""
    return _digest("second factor", str(user.pk))


def _digest(kind: str, value: str) -> bytes:
    return salted_hmac(f"sign-in attempts {kind}", value, algorithm="sha256").digest()


def count(digest: bytes, *, free: int) -> None:
    """Count an attempt that is about to be made; from the `free`-th in a row on, the next one has to wait.

    Raises TooManyAttempts where this one has to.
    """
    terms: dict[str, Any] = {
        "digest": digest,
        "free": free,
        "first": FIRST_WAIT_SECONDS,
        "longest": LONGEST_WAIT_SECONDS,
        "forgotten": timezone.now() - timedelta(seconds=FORGOTTEN_AFTER_SECONDS),
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, terms)
        if cursor.fetchone() is not None:
            return
    until = SignInAttempts.objects.filter(digest=digest).values_list("locked_until", flat=True).first()
    left = (until - timezone.now()).total_seconds() if until else 0
    raise TooManyAttempts(max(1, round(left)))


def failed(digest: bytes, *, at: str, user: User | None) -> None:
    """Record on the audit log that an attempt that went wrong has made the next one wait."""
    held = SignInAttempts.objects.filter(digest=digest, locked_until__gt=timezone.now()).first()
    if held is None:
        return
    audit.record(
        actor=None,
        action="sign_in.held_off",
        target=user or at,
        detail={"at": at, "attempts": held.count, "until": held.locked_until.isoformat()},
    )


def succeeded(digest: bytes) -> None:
    """Forget what went wrong before."""
    SignInAttempts.objects.filter(digest=digest).delete()


@transaction.atomic
def take_back(digest: bytes) -> None:
    """An attempt that was counted has gone well: it is as if it had not been; those before it stand."""
    held = SignInAttempts.objects.select_for_update(no_key=True).filter(digest=digest).first()
    if held is None:
        return
    if held.count <= 1:
        held.delete()
        return
    held.count -= 1
    if held.count < FREE_FROM_ADDRESS:
        held.locked_until = None
    held.save(update_fields=["count", "locked_until"])


def forget_old() -> int:
    """Delete what was last tried a day ago; returns how many."""
    old = timezone.now() - timedelta(seconds=FORGOTTEN_AFTER_SECONDS)
    return SignInAttempts.objects.filter(last_at__lt=old).delete()[0]

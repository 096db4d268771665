"""A second factor beside the password: set up, asked, replaced by a recovery code, taken away."""

import time
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from people.domain import one_time_codes
from people.models import RecoveryCode, SecondFactor, User
from people.services import audit
from people.services import sign_in_attempts as attempts

FREE_CODES = 5


class WrongCode(ValueError):
    """It is neither the authenticator's code of this half minute nor a recovery code; or it was used before."""


def is_required(user: Any) -> bool:
    """Whether this installation asks for one of whoever has this user's roles; never on a phone signed in by a code."""
    roles = settings.SECOND_FACTOR_FOR
    if not roles or not user.is_authenticated or user.shift is not None:
        return False
    return user.is_staff or user.is_superuser or user.memberships.filter(role__in=roles).exists()


def factor_of(user: User) -> SecondFactor | None:
    """The user's second factor, if they have one."""
    return SecondFactor.objects.filter(user=user).first()


@transaction.atomic
def set_up(*, user: User, secret: str, code: str) -> list[str]:
    """The authenticator with this secret is the user's from now on; returns the recovery codes, shown once.

    Raises WrongCode unless `code` proves that the authenticator has it, or where the user has one already.
    """
    step = one_time_codes.step_of(secret, code, now=time.time())
    if step is None:
        raise WrongCode
    factor, is_new = SecondFactor.objects.get_or_create(
        user=user, defaults={"secret": secret, "last_step": step}
    )
    if not is_new:
        raise WrongCode
    codes = _new_codes(factor)
    audit.record(actor=user, action="second_factor.set_up", target=user)
    return codes


def check(*, user: User, code: str) -> None:
    """Take a code of the user's authenticator, or one of their recovery codes: each once.

    Raises WrongCode; and TooManyAttempts, with nothing looked at, after too many wrong ones.
    """
    counted = attempts.second_factor(user)
    attempts.count(counted, free=FREE_CODES)
    if not (_take_code(user, code) or _take_recovery_code(user, code)):
        audit.record(actor=user, action="second_factor.refused", target=user)
        attempts.failed(counted, at="a second factor", user=user)
        raise WrongCode
    attempts.succeeded(counted)


def _take_code(user: User, code: str) -> bool:
    factor = factor_of(user)
    if factor is None:
        return False
    step = one_time_codes.step_of(factor.secret, code, now=time.time(), after=factor.last_step)
    # Of two that send the same code at once, one moves the step.
    mine = SecondFactor.objects.filter(pk=factor.pk, secret=factor.secret, last_step__lt=step or 0)
    return step is not None and mine.update(last_step=step) == 1


@transaction.atomic
def _take_recovery_code(user: User, code: str) -> bool:
    digest = one_time_codes.digest_of(code, user_id=user.pk)
    unused = RecoveryCode.objects.filter(factor_id=user.pk, digest=digest, used_at=None)
    if unused.update(used_at=timezone.now()) != 1:
        return False
    audit.record(
        actor=user, action="second_factor.recovery_code_used", target=user, detail={"left": left(user)}
    )
    return True


def left(user: User) -> int:
    """How many recovery codes were not used yet."""
    return RecoveryCode.objects.filter(factor_id=user.pk, used_at=None).count()


@transaction.atomic
def renew_recovery_codes(*, user: User) -> list[str]:
    """New ones, shown once; those before are good for nothing any more."""
    factor = SecondFactor.objects.select_for_update().get(user=user)
    factor.recovery_codes.all().delete()
    audit.record(actor=user, action="second_factor.recovery_codes_renewed", target=user)
    return _new_codes(factor)


@transaction.atomic
def take_away(*, user: User, by: User | None) -> bool:
    """The user's password is enough again (`by` None: an administrator said so by command). False: there was none."""
    gone, _ = SecondFactor.objects.filter(user=user).delete()
    if not gone:
        return False
    attempts.succeeded(attempts.second_factor(user))
    audit.record(actor=by, action="second_factor.taken_away", target=user)
    return True


def _new_codes(factor: SecondFactor) -> list[str]:
    codes = one_time_codes.new_recovery_codes()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(factor=factor, digest=one_time_codes.digest_of(code, user_id=factor.pk))
        for code in codes
    )
    return codes

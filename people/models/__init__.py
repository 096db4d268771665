"""Users, the projects and sites they belong to, their tokens, and the record of what was done."""

from people.models.alarm import Alarm
from people.models.audit import AuditEvent, AuditSeal
from people.models.idempotency import IdempotencyKey
from people.models.identity import Identity
from people.models.membership import Membership
from people.models.project import Project
from people.models.push import PushSent, PushSubscription
from people.models.sign_in import RecoveryCode, SecondFactor, SignInAttempts
from people.models.sign_in_code import SignInCode
from people.models.site import Site
from people.models.token import Token
from people.models.user import User
from people.models.webhook import Delivery, Webhook

__all__ = [
    "Alarm",
    "AuditEvent",
    "AuditSeal",
    "Delivery",
    "IdempotencyKey",
    "Identity",
    "Membership",
    "Project",
    "PushSent",
    "PushSubscription",
    "RecoveryCode",
    "SecondFactor",
    "SignInAttempts",
    "SignInCode",
    "Site",
    "Token",
    "User",
    "Webhook",
]

"""The worker's housekeeping, letters and webhooks: thin, and each safe to run twice."""

from django.db import close_old_connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from people.services import (
    alarm_mail,
    alarms,
    delivering,
    idempotency,
    outbox,
    push,
    sealing,
    sign_in_attempts,
    sign_in_watch,
)

JOBS_KEPT_HOURS = 72


@app.periodic(cron="17 * * * *")
@app.task(name="people.forget_old_keys", queue="default", queueing_lock="forget old keys")
def forget_old_keys(timestamp: int) -> None:
    try:
        idempotency.forget_old()
    finally:
        close_old_connections()


@app.periodic(cron="* * * * *")
@app.task(name=outbox.JOB, queue="default")
def deliver_webhooks(timestamp: int = 0) -> None:
    """Send what waits in the outbox, and each minute what is to be tried again."""
    try:
        delivering.deliver_due()
    finally:
        close_old_connections()


@app.task(
    name=alarms.MAIL_JOB, queue="default", retry=RetryStrategy(max_attempts=8, wait=10, exponential_wait=5)
)
def mail_alarm(alarm_id: str) -> None:
    """Write to those who lead the project."""
    try:
        alarm_mail.mail(alarm_id=alarm_id)
    finally:
        close_old_connections()


@app.periodic(cron="27 * * * *")
@app.task(name="people.forget_old_deliveries", queue="default", queueing_lock="forget old deliveries")
def forget_old_deliveries(timestamp: int) -> None:
    try:
        delivering.forget_old()
    finally:
        close_old_connections()


@app.periodic(cron="47 * * * *")
@app.task(name="people.forget_old_jobs", queue="default", queueing_lock="forget old jobs")
async def forget_old_jobs(timestamp: int) -> None:
    """Jobs that ended stay to be looked at, those that failed too; the periodic ones are thousands a day."""
    await app.job_manager.delete_old_jobs(
        nb_hours=JOBS_KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )


@app.periodic(cron="27 * * * *")
@app.task(name="people.forget_told", queue="default", queueing_lock="forget told")
def forget_told(timestamp: int) -> None:
    """What phones were told days ago, and phones whose shift is over."""
    try:
        push.forget_old()
    finally:
        close_old_connections()


@app.periodic(cron="* * * * *")
@app.task(name="people.seal_audit_log", queue="default", queueing_lock="seal audit log")
def seal_audit_log(timestamp: int) -> None:
    """Add what was done since the last minute to the chain that `verify_audit` holds it against."""
    try:
        sealing.seal()
    finally:
        close_old_connections()


@app.periodic(cron="37 * * * *")
@app.task(name="people.forget_attempts", queue="default", queueing_lock="forget attempts")
def forget_attempts(timestamp: int) -> None:
    """Attempts to sign in of a day ago and longer."""
    try:
        sign_in_attempts.forget_old()
    finally:
        close_old_connections()


@app.periodic(cron="* * * * *")
@app.task(name="people.watch_sign_ins", queue="default", queueing_lock="watch sign-ins")
def watch_sign_ins(timestamp: int) -> None:
    """The alarm of many wrong passwords."""
    try:
        sign_in_watch.look()
    finally:
        close_old_connections()

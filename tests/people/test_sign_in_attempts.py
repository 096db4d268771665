"""Passwords tried too often: who waits, for how long, and what that tells of which accounts there are."""

from datetime import timedelta
from threading import Thread

import pytest
from django.contrib.auth import authenticate
from django.db import connection
from django.utils import timezone

from people.models import Alarm, AuditEvent, SignInAttempts
from people.services import sign_in_attempts as attempts
from people.services import sign_in_watch
from tests.factories.people import PASSWORD, ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db


def try_in(client, name, password="wrong", remote="192.0.2.1"):
    return client.post("/login/", {"username": name, "password": password}, REMOTE_ADDR=remote)


def wait_over(**which):
    SignInAttempts.objects.filter(**which).update(locked_until=timezone.now())


def test_the_sixth_attempt_has_to_wait_even_with_the_right_password(client):
    user = UserFactory()
    for _ in range(attempts.FREE_AT_ACCOUNT):
        assert try_in(client, user.username).status_code == 200
    held_off = try_in(client, user.username, PASSWORD)
    assert held_off.status_code == 429
    assert 1 <= int(held_off["Retry-After"]) <= attempts.FIRST_WAIT_SECONDS
    assert "Too many attempts" in held_off.content.decode()
    wait_over()
    assert try_in(client, user.username, PASSWORD).status_code == 302
    assert not SignInAttempts.objects.filter(digest=attempts.account(user.username)).exists()


def test_each_further_one_waits_twice_as_long_up_to_the_longest(client):
    user, waits = UserFactory(), []
    for _ in range(attempts.FREE_AT_ACCOUNT - 1):
        try_in(client, user.username)
    for _ in range(9):
        wait_over()
        try_in(client, user.username)
        waits.append(int(try_in(client, user.username)["Retry-After"]))
    assert waits == pytest.approx([15, 30, 60, 120, 240, 480, 900, 900, 900], abs=2)


def test_an_account_that_is_not_there_is_answered_alike(client):
    user, said = UserFactory(), {}
    for name in (user.username, "nobody-of-this-name"):
        answers = [try_in(client, name) for _ in range(attempts.FREE_AT_ACCOUNT + 1)]
        said[name] = [
            (one.status_code, one.get("Retry-After"), one.content.decode().count('role="alert"'))
            for one in answers
        ]
    assert said[user.username] == said["nobody-of-this-name"]
    assert said[user.username][-1][0] == 429


def test_capitals_make_no_second_account(client):
    user = UserFactory(username="anna")
    for name in ("anna", "Anna", "ANNA", "aNNa", "annA"):
        try_in(client, name)
    assert try_in(client, user.username, PASSWORD).status_code == 429


def test_many_accounts_from_one_address_wait_and_other_addresses_do_not(client, monkeypatch):
    monkeypatch.setattr(attempts, "FREE_FROM_ADDRESS", 4)
    for number in range(4):
        assert try_in(client, f"somebody-{number}").status_code == 200
    user = UserFactory()
    assert try_in(client, user.username, PASSWORD).status_code == 429
    assert try_in(client, user.username, PASSWORD, remote="192.0.2.2").status_code == 302


def test_who_signs_in_takes_no_others_wrong_tries_off_their_address(client):
    for number in range(3):
        try_in(client, f"somebody-{number}")
    try_in(client, UserFactory().username, PASSWORD)
    assert SignInAttempts.objects.get(digest=attempts.address("192.0.2.1")).count == 3


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("no address", "no address", True),
    ],
)
def test_an_ipv6_customer_is_one_address(one, other, alike):
    assert (attempts.address(one) == attempts.address(other)) is alike


def test_the_audit_log_says_that_somebody_is_held_off_and_keeps_no_name_that_was_typed(client):
    user = UserFactory()
    for name in (user.username, "my-password-by-mistake"):
        for _ in range(attempts.FREE_AT_ACCOUNT):
            try_in(client, name)
    known, unknown = AuditEvent.objects.filter(action="sign_in.held_off").order_by("number")
    assert (known.target, known.detail["attempts"]) == (f"User {user.pk}", attempts.FREE_AT_ACCOUNT)
    assert unknown.target == "an account"
    assert "mistake" not in str(unknown.detail)
    assert all(b"mistake" not in bytes(row.digest) for row in SignInAttempts.objects.all())


def test_a_day_later_nothing_is_held_against_anybody(client):
    user = UserFactory()
    for _ in range(attempts.FREE_AT_ACCOUNT):
        try_in(client, user.username)
    SignInAttempts.objects.update(
        last_at=timezone.now() - timedelta(seconds=attempts.FORGOTTEN_AFTER_SECONDS + 1), locked_until=None
    )
    assert try_in(client, user.username).status_code == 200
    assert SignInAttempts.objects.get(digest=attempts.account(user.username)).count == 1
    SignInAttempts.objects.update(last_at=timezone.now() - timedelta(days=2))
    assert attempts.forget_old() == 2


def test_a_machine_signs_in_to_no_page(client):
    machine = UserFactory(is_machine=True)
    assert try_in(client, machine.username, PASSWORD).status_code == 200
    assert authenticate(username=machine.username, password=PASSWORD) is None


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_are_looked_at_than_one_after_the_other():
    looked_at = []

    def attempt():
        try:
            attempts.count(attempts.account("somebody"), free=attempts.FREE_AT_ACCOUNT)
            looked_at.append(1)
        except attempts.TooManyAttempts:
            pass
        finally:
            connection.close()

    threads = [Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked_at) == attempts.FREE_AT_ACCOUNT


def held_off(count):
    SignInAttempts.objects.bulk_create(
        SignInAttempts(digest=number.to_bytes(32, "big"), count=attempts.FREE_AT_ACCOUNT)
        for number in range(count)
    )


def test_many_who_are_held_off_raise_an_alarm_in_every_project_until_few_are():
    projects = {ProjectFactory(), ProjectFactory()}
    held_off(sign_in_watch.MANY - 1)
    sign_in_watch.look()
    assert not Alarm.objects.exists()
    SignInAttempts.objects.all().delete()
    held_off(sign_in_watch.MANY)
    for _ in range(2):
        sign_in_watch.look()
    assert {(alarm.project, alarm.count) for alarm in Alarm.objects.all()} == {(one, 2) for one in projects}
    assert "20 accounts or addresses" in Alarm.objects.first().words
    SignInAttempts.objects.filter(pk__gte=(10).to_bytes(32, "big")).delete()
    sign_in_watch.look()
    assert Alarm.objects.filter(settled_at=None).count() == 2
    sign_in_watch.look(now=timezone.now() + sign_in_watch.WITHIN)
    assert not Alarm.objects.filter(settled_at=None).exists()

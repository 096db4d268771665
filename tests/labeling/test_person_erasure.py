"""Erasing a person: no way in and no name is left, what they said is the project's and stays under a pseudonym."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, InternalError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labeling.enums import ResolvedBy, Verdict
from labeling.models import Answer
from labeling.services.person_erasure import erase_person
from people.models import AuditEvent, IdempotencyKey, Identity, PushSubscription, SignInCode, Token, User
from people.services.anonymising import NotToErase
from tests.factories.labeling import AnswerFactory, GuidelineFlagFactory, ResolutionFactory, open_task
from tests.factories.people import PASSWORD, TokenFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(shop):
    """Somebody with every way in, who has said something in words."""
    person = shop.annotator
    User.objects.filter(pk=person.pk).update(
        username="anna.svensson", first_name="Anna", last_name="Svensson", email="anna@example.com"
    )
    person.refresh_from_db()
    TokenFactory(user=person, project=shop.project)
    Identity.objects.create(user=person, issuer="https://id.example", subject="anna")
    PushSubscription.objects.create(user=person, endpoint="https://push.example/1", p256dh="a", auth="b")
    SignInCode.objects.create(
        user=person,
        project=shop.project,
        site=shop.north,
        digest=b"d" * 32,
        ends_at=timezone.now() + timedelta(hours=1),
        made_by=shop.engineer,
    )
    person.browser = Client()
    assert person.browser.login(username="anna.svensson", password=PASSWORD)
    task = open_task(shop.queue("review"))
    person.answer = AnswerFactory(
        task=task, user=person, verdict=Verdict.NONE_OF_THESE.value, value=None, words="My own words."
    )
    person.resolution = ResolutionFactory(
        image=task.image, by=ResolvedBy.ADJUDICATION.value, reason="Because I say so."
    )
    person.resolution.answers.add(person.answer)
    person.flag = GuidelineFlagFactory(image=task.image, user=person, words="Ask Anna.")
    LogEntry.objects.create(
        user=shop.engineer,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(person.pk),
        object_repr="Anna Svensson",
        action_flag=CHANGE,
    )
    return person


@pytest.fixture
def root():
    return UserFactory(is_superuser=True)


def test_no_way_in_and_no_name_is_left(shop, anna, root):
    erased = erase_person(by=root, person=anna, blank_words=True)
    anna.refresh_from_db()
    assert anna.username == erased.account.pseudonym == f"erased-{anna.pk}"
    assert (anna.first_name, anna.last_name, anna.email, anna.last_login) == ("", "", "", None)
    assert not anna.is_active
    assert not anna.has_usable_password()
    for rows in (Token, Identity, PushSubscription, SignInCode, IdempotencyKey):
        assert not rows.objects.filter(user=anna).exists()
    assert not Session.objects.exists()
    assert not anna.memberships.exists()
    assert anna.browser.get(reverse("work", args=[shop.project.slug])).status_code == 302
    assert not Client().login(username=anna.username, password=PASSWORD)
    assert LogEntry.objects.get().object_repr == anna.username
    assert erased.account.removed["sessions"] == 1


def test_answers_stay_and_words_are_blanked_on_request(anna, root):
    erased = erase_person(by=root, person=anna, blank_words=False)
    anna.answer.refresh_from_db()
    assert (anna.answer.words, erased.words, erased.answers) == ("My own words.", {}, 1)
    again = erase_person(by=root, person=anna, blank_words=True)
    anna.answer.refresh_from_db()
    anna.resolution.refresh_from_db()
    anna.flag.refresh_from_db()
    assert (anna.answer.words, anna.resolution.reason, anna.flag.words) == ("", "", "")
    assert (anna.answer.user_id, anna.answer.verdict) == (anna.pk, "none_of_these")
    assert not again.account.is_new
    assert again.answers == 1
    assert again.words["words of answers"] == 1


def test_of_an_answer_nothing_but_its_words_can_be_blanked(anna):
    for changed in ({"words": "Others."}, {"words": "", "seconds": 9}, {"seconds": 9}):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            Answer.objects.filter(pk=anna.answer.pk).update(**changed)


def test_audit_says_who_did_it_and_nothing_of_whom(anna, root):
    erase_person(by=root, person=anna, blank_words=True)
    erase_person(by=root, person=anna, blank_words=True)
    event = AuditEvent.objects.get(action="person.erased")
    assert (event.actor, event.target) == (root, f"User {anna.pk}")
    assert "anna" not in str(event.detail).casefold()
    assert AuditEvent.objects.filter(action="person.words_blanked").count() == 1


def test_pseudonym_that_somebody_took_is_not_used_twice(anna, root):
    UserFactory(username=f"erased-{anna.pk}")
    erased = erase_person(by=root, person=anna, blank_words=False)
    assert erased.account.pseudonym.startswith(f"erased-{anna.pk}-")
    assert erase_person(by=root, person=anna, blank_words=False).account.pseudonym == erased.account.pseudonym


def test_nobody_erases_themselves(root):
    with pytest.raises(NotToErase):
        erase_person(by=root, person=root, blank_words=False)


@pytest.mark.parametrize("role", ["annotator", "associate", "qa_lead", "engineer", "stranger"])
def test_only_a_superuser_erases_people(shop, client, role):
    person = UserFactory(username="anna")
    by = getattr(shop, role)
    with pytest.raises(PermissionDenied):
        erase_person(by=by, person=person, blank_words=False)
    client.force_login(by)
    assert client.post(reverse("erase-person", args=[person.pk]), {"username": "anna"}).status_code == 403
    assert client.post(reverse("api-person-erasure", args=["anna"]), {}).status_code == 403
    assert client.get(reverse("erase-person", args=[person.pk])).status_code == 403
    person.refresh_from_db()
    assert person.is_active


def test_page_asks_for_the_username_typed_again(client, anna, root):
    client.force_login(root)
    address = reverse("erase-person", args=[anna.pk])
    assert "1 answer, under the pseudonym" in client.get(address).content.decode()
    assert client.post(address, {"username": "anna"}).status_code == 400
    answer = client.post(address, {"username": "anna.svensson", "blank_words": "on"}, follow=True)
    assert f"erased-{anna.pk}" in answer.content.decode()
    assert "Svensson" not in answer.content.decode()
    anna.answer.refresh_from_db()
    assert anna.answer.words == ""


def test_api_erases_for_who_is_signed_in_and_for_no_token(shop, client, anna, root):
    client.force_login(root)
    address = reverse("api-person-erasure", args=["anna.svensson"])
    assert shop.client(root, ["admin"]).post(address, {}).status_code == 403
    told = client.post(address, {"blank_words": True}, content_type="application/json")
    assert told.status_code == 200
    assert told.json()["pseudonym"] == f"erased-{anna.pk}"
    assert told.json()["answers"] == 1
    assert client.post(address, {}, content_type="application/json").status_code == 404


def test_command_erases_for_who_runs_the_installation(anna):
    out, err = StringIO(), StringIO()
    call_command("erase_person", "anna.svensson", "--blank-words", stdout=out, stderr=err)
    assert out.getvalue() == f"erased-{anna.pk}\n"
    assert "answers: 1 kept" in err.getvalue()
    with pytest.raises(CommandError, match="no user"):
        call_command("erase_person", "anna.svensson")

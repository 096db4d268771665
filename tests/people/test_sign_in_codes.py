"""Signing a phone in by a code: who may make one, what it opens, and when that ends."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from labeling.consumers import topics_for
from people.models import AuditEvent, Membership, SignInCode, User
from people.services import sign_in_codes as services
from people.services.announcements import queue_topic
from people.views.shifts import bounded
from tests.factories.labeling import open_task
from tests.factories.people import MembershipFactory, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(shop):
    return MembershipFactory(project=shop.project, role="associate", sites=[shop.north], manages=True).user


def made(shop, by=None, **terms):
    return services.make_code(
        user=by or shop.qa_lead,
        project=shop.project,
        site=shop.north,
        **({"person": shop.associate} | terms),
    )


def start(client, secret):
    return client.post(reverse("start-shift", args=[secret]))


def test_a_code_opens_the_alerts_after_one_press_and_not_by_being_looked_at(client, shop):
    code, secret = made(shop)
    page = client.get(reverse("start-shift", args=[secret]))
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "strict-origin"
    assert "no-store" in page["Cache-Control"]
    assert shop.associate.first_name in page.content.decode()
    assert client.get("/").status_code == 302
    assert "/login/" in client.get("/").url
    assert start(client, secret).url == "/"
    assert client.get("/").url == reverse("alerts", args=[shop.project.slug])
    code.refresh_from_db()
    assert code.uses == 1
    assert {"sign_in_code.made", "sign_in_code.used"} <= set(
        AuditEvent.objects.values_list("action", flat=True)
    )


def test_a_secret_is_not_stored(shop):
    code, secret = made(shop)
    assert secret.encode() not in bytes(code.digest)
    assert len(bytes(SignInCode.objects.get().digest)) == 32


def test_a_single_use_code_opens_once_and_one_until_a_time_again(client, shop):
    _, once = made(shop)
    _, several = made(shop, is_single_use=False)
    assert start(client, once).status_code == 302
    assert start(client, once).status_code == 410
    assert [start(client, several).status_code for _ in range(2)] == [302, 302]


def test_no_code_opens_after_its_shift_or_once_it_is_revoked(client, shop):
    code, secret = made(shop)
    services.revoke(user=shop.qa_lead, code=code)
    assert start(client, secret).status_code == 410
    code, secret = made(shop)
    SignInCode.objects.filter(pk=code.pk).update(ends_at=timezone.now())
    assert start(client, secret).status_code == 410
    assert start(client, "no-such-code").status_code == 410


def test_revoking_ends_the_session_at_once(client, shop):
    code, secret = made(shop)
    start(client, secret)
    assert client.get("/api/v1/queues/").status_code == 200
    services.revoke(user=shop.qa_lead, code=code)
    assert client.get("/api/v1/queues/").status_code == 401
    assert "/login/" in client.get("/").url


def test_a_session_ends_with_the_shift(client, shop):
    code, secret = made(shop, hours=1)
    start(client, secret)
    assert abs(client.session.get_expiry_date() - code.ends_at) < timedelta(seconds=1)
    SignInCode.objects.filter(pk=code.pk).update(ends_at=timezone.now())
    assert client.get("/api/v1/queues/").status_code == 401


def test_a_shift_is_of_one_site_also_for_who_has_two(client, shop):
    Membership.objects.get(user=shop.associate).sites.add(shop.south)
    here = open_task(shop.queue("alerts"), site_id=shop.north.pk)
    there = open_task(shop.queue("alerts"), site_id=shop.south.pk)
    _, secret = made(shop)
    start(client, secret)
    assert client.get(f"/api/v1/tasks/{here.pk}/").status_code == 200
    assert client.get(f"/api/v1/tasks/{there.pk}/").status_code == 404
    assert [site["key"] for site in client.get("/api/v1/sites/").json()["results"]] == [shop.north.key]
    client.logout()
    client.force_login(shop.associate)
    assert client.get(f"/api/v1/tasks/{there.pk}/").status_code == 200


def test_a_shift_follows_one_site_over_the_websocket(client, shop):
    Membership.objects.get(user=shop.associate).sites.add(shop.south)
    _, secret = made(shop)
    start(client, secret)
    user = bounded(client.session, User.objects.get(pk=shop.associate.pk))
    alerts = shop.queue("alerts")
    topics = topics_for(user, shop.project.slug)
    assert queue_topic(alerts.pk, shop.north.pk) in topics
    assert queue_topic(alerts.pk, shop.south.pk) not in topics


def test_who_becomes_more_than_an_associate_loses_the_shift(client, shop):
    _, secret = made(shop)
    start(client, secret)
    Membership.objects.filter(user=shop.associate).update(role="qa_lead")
    assert client.get("/api/v1/queues/").status_code == 401


@pytest.mark.parametrize("role", ["qa_lead", "engineer", "annotator", "other_associate"])
def test_a_code_is_for_associates_of_the_site_alone(shop, role):
    with pytest.raises(services.CodeRefused, match="no associate of this site"):
        made(shop, person=getattr(shop, role))


def test_no_code_signs_a_manager_in_as_one(client, shop, manager):
    with pytest.raises(services.CodeRefused):
        made(shop, person=manager)


def test_a_manager_makes_codes_for_their_own_site_alone(client, shop, manager):
    made(shop, by=manager)
    client.force_login(manager)
    path = reverse("sign-in-codes", args=[shop.project.slug])
    page = client.get(path).content.decode()
    assert shop.north.name in page
    assert shop.south.name not in page
    assert client.post(path, {"site": shop.south.key, "person": "new", "name": "Kim"}).status_code == 400
    theirs, _ = services.make_code(
        user=shop.qa_lead, project=shop.project, site=shop.south, person=shop.other_associate
    )
    assert client.post(reverse("revoke-sign-in-code", args=[shop.project.slug, theirs.pk])).status_code == 404
    with pytest.raises(services.rules.PermissionDenied):
        services.revoke(user=manager, code=theirs)


@pytest.mark.parametrize(("who", "status"), [("associate", 403), ("annotator", 403), ("stranger", 404)])
def test_the_page_is_for_who_manages(client, shop, who, status):
    client.force_login(getattr(shop, who))
    assert client.get(reverse("sign-in-codes", args=[shop.project.slug])).status_code == status


def test_the_page_makes_a_code_for_somebody_new_and_its_picture_opens_the_shift(client, shop, manager):
    client.force_login(manager)
    path = reverse("sign-in-codes", args=[shop.project.slug])
    page = client.post(path, {"site": shop.north.key, "person": "new", "name": "Kim Berg", "hours": "4,5"})
    assert page.status_code == 200
    assert "<svg" in page.content.decode()
    kim = User.objects.get(first_name="Kim Berg")
    assert not kim.has_usable_password()
    assert list(Membership.objects.get(user=kim).sites.all()) == [shop.north]
    code = SignInCode.objects.get(user=kim)
    assert timedelta(hours=4.4) < code.ends_at - timezone.now() <= timedelta(hours=4.5)
    assert re.search(r"Kim Berg", client.get(path).content.decode())


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"person": "new", "name": " "}, "name"),
        ({"person": "nobody"}, "person"),
        ({"person": "new", "name": "Kim", "hours": "25"}, "hours"),
        ({"person": "new", "name": "Kim", "hours": "long"}, "hours"),
    ],
)
def test_the_page_says_what_is_wrong(client, shop, sent, field):
    client.force_login(shop.qa_lead)
    path = reverse("sign-in-codes", args=[shop.project.slug])
    page = client.post(path, {"site": shop.north.key, "hours": "9"} | sent)
    assert page.status_code == 400
    assert f"{field}-error-{shop.north.key}" in page.content.decode()
    assert not SignInCode.objects.exists()


def test_handing_over_takes_one_press_and_leaves_nobody_signed_in(client, shop):
    _, secret = made(shop)
    start(client, secret)
    assert "Hand over this phone" in client.get(f"/p/{shop.project.slug}/alerts/").content.decode()
    assert client.get(reverse("hand-over")).status_code == 405
    page = client.post(reverse("hand-over"), follow=True)
    assert "Who is next?" in page.content.decode()
    assert client.get("/api/v1/queues/").status_code == 401


def test_the_next_code_replaces_who_held_the_phone(client, shop):
    _, first = made(shop)
    start(client, first)
    colleague = member(shop.project, "associate", shop.north)
    _, second = made(shop, person=colleague)
    start(client, second)
    assert client.session["_auth_user_id"] == str(colleague.pk)


def test_the_api_makes_lists_and_revokes(shop, client):
    api = shop.client(shop.engineer)
    path = f"/api/v1/projects/{shop.project.slug}/sign-in-codes/"
    answer = api.post(path, {"site": shop.north.key, "person": shop.associate.username}, format="json")
    assert answer.status_code == 201
    code = answer.json()
    assert code["picture"].startswith("<svg")
    assert client.get(code["url"]).status_code == 200
    (listed,) = api.get(path).json()["results"]
    assert "url" not in listed
    assert api.post(f"/api/v1/sign-in-codes/{code['id']}/revoke/").json()["revoked_at"]
    assert client.get(code["url"]).status_code == 410
    again = api.post(
        path, {"site": shop.north.key, "name": "Kim"}, format="json", headers={"Idempotency-Key": "k"}
    )
    assert again.status_code == 400
    assert "Idempotency-Key" in again.json()["errors"]

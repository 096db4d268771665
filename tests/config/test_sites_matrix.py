"""One store's alerts beside another store's associate: every address there is, walked, and every websocket group."""

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from labeling.consumers import topics_for
from labeling.models import Answer, Slot
from labeling.queries import images as image_addresses
from labeling.services import leases
from labeling.services.images import store
from people.models import Membership, User
from people.services import sign_in_codes
from people.services.announcements import members_topic, queue_topic
from tests.factories.inference import CaptureFactory
from tests.factories.labeling import open_task, picture
from tests.factories.people import SiteFactory, member

pytestmark = pytest.mark.django_db

ELSEWHERE = ("admin/", "api/v1/schema/", "api/v1/docs/", "<path:rest>", "^static", "media/")
OUTSIDERS = ("other_associate", "stranger", "nobody")


@pytest.fixture
def north(shop):
    """The northern store with an alert that waits, one that is held, and what belongs to them."""
    shop.image, _ = store(project=shop.project, data=picture(1), source=shop.camera)
    held, _ = store(project=shop.project, data=picture(2), source=shop.camera)
    alerts = shop.queue("alerts")
    shop.capture = CaptureFactory(project=shop.project, source=shop.camera, image=shop.image)
    shop.task = open_task(alerts, shop.image, site_id=shop.north.pk, capture_id=shop.capture.pk)
    shop.held = open_task(alerts, held, site_id=shop.north.pk)
    shop.lease = leases.claim_task(user=shop.associate, task=shop.held).token
    shop.unplaced = member(shop.project, "associate", SiteFactory())
    shop.nobody = None
    colleague = member(shop.project, "associate", shop.north)
    shop.code, _ = sign_in_codes.make_code(
        user=shop.qa_lead, project=shop.project, site=shop.north, person=colleague
    )
    shop.secrets = [
        *(str(one.pk) for one in (shop.task, shop.held, shop.image, held, shop.capture, shop.code)),
        *(shop.image.sha256, held.sha256, shop.lease, colleague.username),
    ]
    return shop


def patterns(resolver, before=""):
    for one in resolver.url_patterns:
        route = before + str(one.pattern)
        if any(part in route for part in ELSEWHERE):
            continue
        if isinstance(one, URLResolver):
            yield from patterns(one, route)
        elif isinstance(one, URLPattern):
            yield route, one


def paths(place):
    """Each address once, with what of the northern store could stand in it."""
    named = {
        "tasks/": place.task,
        "images/": place.image,
        "captures/": place.capture,
        "sign-in-codes/": place.code,
        "phones/": place.code,
        "queues/": place.queue("alerts"),
    }
    for route, one in patterns(get_resolver()):
        thing = next((thing for part, thing in named.items() if part in route), place.task)
        yield filled(route, place, str(thing.pk) if "pk" in one.pattern.converters else "")


def filled(route, place, pk):
    values = {"slug": place.project.slug, "pk": pk, "name": "alerts", "number": "1", "token": place.lease}
    path = route
    for kind in ("slug", "uuid", "str", "int", "path"):
        for name in ("slug", "pk", "name", "number", "token", "secret"):
            path = path.replace(f"<{kind}:{name}>", values.get(name, "x"))
    return "/" + path


def said_by(response):
    return b"" if response.streaming else response.content


@pytest.mark.parametrize("who", OUTSIDERS)
def test_no_address_tells_an_outsider_of_a_stores_alerts(client, north, who):
    user = getattr(north, who)
    if user is not None:
        client.force_login(user)
    told = []
    for path in sorted(set(paths(north))):
        for method in ("get", "post"):
            with transaction.atomic():
                response = getattr(client, method)(path, **({"data": {}} if method == "post" else {}))
                transaction.set_rollback(True)
            body = said_by(response).decode(errors="replace").replace(path, "")
            found = [secret for secret in north.secrets if secret in body]
            if found or (response.streaming and response.status_code == 200):
                told.append((who, method, path, response.status_code, found))
            assert response.status_code < 500, (method, path)
    assert told == []
    assert not Answer.objects.exists()
    assert Slot.objects.get(task=north.held).user == north.associate


def test_the_walk_finds_what_the_stores_own_associate_is_told(client, north):
    client.force_login(north.associate)
    assert str(north.task.pk) in client.get(f"/api/v1/tasks/{north.task.pk}/").content.decode()
    walked = sorted(set(paths(north)))
    assert f"/api/v1/tasks/{north.task.pk}/" in walked
    assert f"/images/{north.image.pk}/" in walked
    assert len(walked) > 100


@pytest.mark.parametrize("who", ["other_associate", "unplaced", "stranger"])
def test_no_outsider_follows_the_stores_group(north, who):
    user = User.objects.get(pk=getattr(north, who).pk)
    sites = Membership.sites.through.objects.filter(membership__user=user).values_list("site_id", flat=True)
    alerts = north.queue("alerts").pk
    allowed = {members_topic(north.project.pk), *(queue_topic(alerts, site) for site in sites)}
    assert set(topics_for(user, north.project.slug)) == (allowed if who != "stranger" else set())
    own = topics_for(User.objects.get(pk=north.associate.pk), north.project.slug)
    assert queue_topic(alerts, north.north.pk) in own


@pytest.mark.parametrize("who", ["other_associate", "unplaced", "stranger"])
def test_a_signed_address_is_one_persons_and_of_what_they_may_see(client, north, who):
    address = image_addresses.address(north.image, north.associate)
    kept = {"If-None-Match": f'"{north.image.sha256}"'}
    assert client.get(address, headers=kept).status_code == 304
    client.force_login(getattr(north, who))
    assert client.get(address).status_code == 404
    assert client.get(image_addresses.address(north.image, getattr(north, who))).status_code == 404
    assert client.get(f"/images/{north.image.pk}/").status_code == 404

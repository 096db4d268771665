"""A camera's region: set by who leads the project, on a page or over the API; alerts frame it and say its name."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from labeling.models import Region
from labeling.services import alert_push, images, regions
from tests.factories.labeling import open_task, picture

pytestmark = pytest.mark.django_db

BOX = [0.25, 0.5, 0.75, 1]


@pytest.fixture
def dairy(shop):
    return regions.set_region(user=shop.engineer, source=shop.camera, name=" Shelf 12,  dairy ", box=BOX)


def alert(shop, queue="alerts"):
    image, _ = images.store(project=shop.project, data=picture(1, size=(480, 360)), source=shop.camera)
    return open_task(shop.queue(queue), image, site_id=shop.north.pk if queue == "alerts" else None)


def test_an_alert_says_where_its_region_lies_in_pixels_and_no_other_task_does(shop, dairy):
    alert(shop)
    path = f"/api/v1/projects/{shop.project.slug}/open-alerts/"
    (listed,) = shop.client(shop.associate).get(path).json()["results"]
    assert listed["region"] == {"name": "Shelf 12, dairy", "box": [120, 180, 360, 360]}
    alert(shop, "review")
    for queue, user, region in (
        ("alerts", shop.associate, listed["region"]),
        ("review", shop.annotator, None),
    ):
        path = f"/api/v1/queues/{shop.queue(queue).pk}/claim/"
        (task,) = shop.client(user).post(path, {}, format="json").json()["tasks"]
        assert task["region"] == region


def test_a_notification_and_the_screen_say_its_name(shop, dairy, client):
    task = alert(shop)
    assert "Shelf 12, dairy" in alert_push.message(task, alert_push.RAISED).body
    client.force_login(shop.associate)
    assert "Shelf 12, dairy" in client.get(reverse("kiosk", args=[shop.project.slug])).content.decode()


@pytest.mark.parametrize(
    ("name", "box", "field"),
    [
        (" ", BOX, "name"),
        ("x" * 201, BOX, "name"),
        ("Shelf", [0.5, 0, 0.25, 1], "box"),
        ("Shelf", [0, 0, 1.01, 1], "box"),
        ("Shelf", [0, 0, float("nan"), 1], "box"),
        ("Shelf", [0, 0.5, 1, 0.505], "box"),
    ],
)
def test_what_is_no_region_is_refused(shop, name, box, field):
    with pytest.raises(regions.RegionRefused) as refused:
        regions.set_region(user=shop.engineer, source=shop.camera, name=name, box=box)
    assert refused.value.field == field
    assert not Region.objects.exists()


def test_the_database_keeps_it_within_the_picture(shop):
    for box in ([0, 0, 1.5, 1], [0.5, 0, 0.5, 1], [0, 0, 1]):
        with pytest.raises(IntegrityError), transaction.atomic():
            Region.objects.create(source=shop.camera, name="x", box=box)


def test_the_page_frames_one_and_takes_it_away(shop, client):
    client.force_login(shop.engineer)
    path = reverse("region", args=[shop.project.slug, shop.camera.key])
    assert "has sent no photograph yet" in client.get(path).content.decode()
    sent = {"name": "Shelf 12", "left": "25", "top": "50,5", "right": "75", "bottom": "100"}
    assert client.post(path, sent | {"right": "20"}).status_code == 400
    assert client.post(path, sent | {"left": "far"}).status_code == 400
    assert client.post(path, sent).status_code == 302
    assert Region.objects.get().box == [0.25, 0.505, 0.75, 1]
    cameras = client.get(reverse("cameras", args=[shop.project.slug])).content.decode()
    assert "Shelf 12" in cameras
    assert "the whole picture" in cameras
    assert client.post(path, {"whole": "1"}).status_code == 302
    assert not Region.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("associate", 403), ("annotator", 403), ("stranger", 404)])
def test_the_pages_are_for_who_leads_the_project(shop, client, who, status):
    client.force_login(getattr(shop, who))
    for path in (
        reverse("cameras", args=[shop.project.slug]),
        reverse("region", args=[shop.project.slug, shop.camera.key]),
    ):
        assert client.get(path).status_code == status
    if status == 403:
        with pytest.raises(PermissionDenied):
            regions.clear_region(user=getattr(shop, who), source=shop.camera)

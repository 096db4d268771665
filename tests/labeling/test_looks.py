"""Looks at images on the audit trail: of projects that ask for it, before the picture goes out, many in one write."""

import asyncio
import uuid

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError

from labeling.models import PrivacySettings
from labeling.queries.images import address, small_address
from labeling.services import images, looks
from people.models import AuditEvent
from tests.factories.labeling import open_task, picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(shop, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    made, _ = images.store(project=shop.project, data=picture(4, size=(900, 600)))
    open_task(shop.queue("review"), made)
    return made


def get(client, path, **headers):
    answer = client.get(path, headers=headers)
    if answer.streaming:
        async_to_sync(_read)(answer)
    return answer


async def _read(answer):
    return [chunk async for chunk in answer.streaming_content]


def seen():
    return AuditEvent.objects.filter(action="image.seen").order_by("pk")


def test_every_look_is_recorded_with_who_and_at_what_and_no_browser_keeps_it(shop, client, image):
    PrivacySettings.objects.create(project=shop.project, records_looks=True)
    client.force_login(shop.annotator)
    for path in (address(image, shop.annotator), small_address(image, shop.annotator)):
        answer = get(client, path)
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    # What a browser has and asks about is looked at, too.
    get(client, path, **{"If-None-Match": answer["ETag"]})
    assert [(event.actor, event.project_id, event.detail) for event in seen()] == [
        (shop.annotator, shop.project.pk, {"images": {str(image.pk): size}})
        for size in ("whole", "small", "small")
    ]


def test_who_may_not_look_is_not_recorded_nor_is_a_project_that_did_not_ask(shop, client, image):
    client.force_login(shop.annotator)
    assert "immutable" in get(client, address(image, shop.annotator))["Cache-Control"]
    PrivacySettings.objects.create(project=shop.project, records_looks=True)
    client.force_login(shop.stranger)
    assert client.get(address(image, shop.stranger)).status_code == 404
    assert not seen().exists()


def test_without_the_record_there_is_no_picture(shop, client, image, monkeypatch):
    def broken(_):
        raise OperationalError("the database is away")

    PrivacySettings.objects.create(project=shop.project, records_looks=True)
    client.force_login(shop.annotator)
    monkeypatch.setattr(looks, "write", broken)
    with pytest.raises(OperationalError):
        client.get(address(image, shop.annotator))


def test_page_of_pictures_is_one_write_and_one_event_a_person(shop, image, monkeypatch):
    def look(user, image_id, small=True):
        return looks.Look(user.pk, shop.project.pk, image_id, small)

    ids = [uuid.uuid4() for _ in range(50)]
    told = [look(shop.annotator, each) for each in ids] + [
        look(shop.qa_lead, ids[0]),
        look(shop.qa_lead, ids[0], False),
    ]
    written = []
    monkeypatch.setattr(looks, "write", written.append)

    async def all_at_once():
        await asyncio.gather(*(looks.record(each) for each in told))

    asyncio.run(all_at_once())
    assert written == [told]
    monkeypatch.undo()
    looks.write(told)
    first, second = seen()
    assert (first.actor, first.target, set(first.detail["images"])) == (
        shop.annotator,
        "50 images",
        {str(each) for each in ids},
    )
    assert (second.actor, second.detail["images"]) == (shop.qa_lead, {str(ids[0]): "whole"})


def test_one_who_goes_away_takes_nobodys_look_along(monkeypatch):
    written = []
    monkeypatch.setattr(looks, "write", written.append)
    told = [looks.Look(1, uuid.uuid4(), uuid.uuid4(), False) for _ in range(2)]

    async def first_goes():
        first, second = (asyncio.create_task(looks.record(each)) for each in told)
        await asyncio.sleep(0)
        first.cancel()
        await second

    asyncio.run(first_goes())
    assert written == [told]

"""Images are kept once, and served at a signed address to the one user who may see them."""

import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from asgiref.sync import async_to_sync
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.test import Client
from PIL import Image as Picture

from labeling.imagefile import ImageRefused
from labeling.models import Image
from labeling.queries.images import LIFETIME_SECONDS, address, bearer_of, small_address, visible_to
from labeling.services.images import read, store
from people.models import User
from people.services import sign_in_codes
from tests.factories.labeling import open_task, picture, project_with
from tests.factories.people import client_of
from tests.locks import until_somebody_waits_for_me


@pytest.fixture
def seen(shop):
    """A stored image in an alert at the northern store, and its address for the associate there."""
    shop.image, _ = store(project=shop.project, data=picture(1), filename="shelf.jpg", source=shop.camera)
    shop.task = open_task(shop.queue("alerts"), shop.image, site_id=shop.north.pk)
    shop.address = address(shop.image, shop.associate)
    return shop


def fetched(client, path):
    """The status, the bytes and the headers that a GET answers."""
    response = client.get(path)
    return response.status_code, async_to_sync(_joined)(response), response.headers


async def _joined(response):
    if not response.streaming:
        return response.content
    return b"".join([chunk async for chunk in response.streaming_content])


@pytest.mark.django_db
def test_bytes_are_kept_once_under_their_hash(shop):
    image, new = store(project=shop.project, data=picture(1), filename="a/b/first.jpg", context={"a": 1})
    again, renewed = store(project=shop.project, data=picture(1), filename="second.jpg", context={"a": 2})
    assert (new, renewed, again) == (True, False, image)
    assert (again.filename, again.context) == ("first.jpg", {"a": 1})
    assert image.key == f"images/{shop.project.pk}/{image.sha256[:2]}/{image.sha256}"
    assert read(image) == picture(1)
    other, new = store(project=project_with(), data=picture(1))
    assert new
    assert other.key != image.key


@pytest.mark.django_db(transaction=True)
def test_the_same_bytes_at_the_same_instant_are_one_image():
    project = project_with()

    def work(_):
        try:
            return store(project=project, data=picture(1))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(8)))
    assert sum(new for _, new in results) == 1
    assert len({image.pk for image, _ in results}) == Image.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_whoever_is_slower_gets_the_row_of_the_faster():
    project = project_with()

    def slower():
        try:
            return store(project=project, data=picture(1))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first, is_new = store(project=project, data=picture(1))
            waiting = pool.submit(slower)
            until_somebody_waits_for_me()
        second, is_new_too = waiting.result()
    assert (is_new, is_new_too) == (True, False)
    assert second == first == Image.objects.get()


@pytest.mark.django_db
def test_what_is_no_image_leaves_neither_row_nor_file(shop):
    with pytest.raises(ImageRefused):
        store(project=shop.project, data=b"no image")
    assert not Image.objects.exists()
    assert not default_storage.exists(f"images/{shop.project.pk}")


@pytest.mark.django_db
def test_the_address_serves_the_bytes_safely(seen, client):
    client.force_login(seen.associate)
    status, data, headers = fetched(client, seen.address)
    assert (status, data) == (200, picture(1))
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["Content-Length"] == str(len(picture(1)))
    assert headers["Content-Disposition"].startswith("inline")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Cache-Control"] == f"private, max-age={LIFETIME_SECONDS}, immutable"


@pytest.mark.django_db
def test_an_img_element_without_credentials_is_served(seen, client):
    assert fetched(client, seen.address)[:2] == (200, picture(1))


@pytest.mark.django_db
def test_bytes_that_the_storage_lost_are_a_404(seen, client):
    default_storage.delete(seen.image.key)
    assert client.get(seen.address).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["other_associate", "engineer", "stranger"])
def test_somebody_elses_address_is_no_address(seen, who):
    user = getattr(seen, who)
    client = Client()
    client.force_login(user)
    assert client.get(seen.address).status_code == 404
    assert client_of(user, seen.project, {"read"}).get(seen.address).status_code == 404


@pytest.mark.django_db
def test_an_address_for_who_may_not_see_the_image_serves_nothing(seen):
    client = Client()
    for user in (seen.other_associate, seen.annotator, seen.stranger):
        assert client.get(address(seen.image, user)).status_code == 404
    seen.associate.is_active = False
    seen.associate.save()
    assert client.get(seen.address).status_code == 404


@pytest.mark.django_db
def test_an_address_of_a_shift_ends_with_it_and_shows_its_store_alone(seen):
    seen.associate.memberships.get().sites.add(seen.south)
    code, _ = sign_in_codes.make_code(
        user=seen.qa_lead, project=seen.project, site=seen.north, person=seen.associate
    )
    elsewhere, _ = store(project=seen.project, data=picture(2), source=seen.other_camera)
    open_task(seen.queue("alerts"), elsewhere, site_id=seen.south.pk)
    on_shift = User.objects.get(pk=seen.associate.pk)
    on_shift.shift = code
    client = Client()
    assert fetched(client, address(elsewhere, seen.associate))[0] == 200
    assert client.get(address(elsewhere, on_shift)).status_code == 404
    assert fetched(client, address(seen.image, on_shift))[0] == 200
    sign_in_codes.revoke(user=seen.qa_lead, code=code)
    assert client.get(address(seen.image, on_shift)).status_code == 404
    assert fetched(client, seen.address)[0] == 200


@pytest.mark.django_db
def test_a_changed_or_expired_address_serves_nothing(seen, monkeypatch):
    path, signature = seen.address.split("?for=")
    other, _ = store(project=seen.project, data=picture(2))
    client = Client()
    for changed in (
        path,
        f"{path}?for=",
        f"{path}?for={signature[:-1]}",
        f"{path}?for={seen.engineer.pk}{signature[signature.index('.') :]}",
        f"/images/{other.pk}/?for={signature}",
        f"{path}?for=%00",
    ):
        assert client.get(changed).status_code == 404
    now = time.time()
    assert bearer_of(seen.image.pk, signature) == (seen.associate.pk, None)
    monkeypatch.setattr(time, "time", lambda: now + LIFETIME_SECONDS)
    assert bearer_of(seen.image.pk, signature) is None
    assert client.get(seen.address).status_code == 404


@pytest.mark.django_db
def test_a_token_of_its_user_and_project_may_fetch_it(seen):
    assert fetched(seen.client(seen.associate), seen.address)[0] == 200
    elsewhere = project_with()
    assert client_of(seen.associate, elsewhere, {"read"}).get(seen.address).status_code == 404


@pytest.mark.django_db
def test_the_address_of_a_claimed_task_is_absolute_and_works(seen):
    client = seen.client(seen.associate)
    claim = client.post(f"/api/v1/queues/{seen.queue('alerts').pk}/claim/", {}, format="json")
    url = urlsplit(claim.json()["tasks"][0]["image"]["url"])
    assert url.scheme == "http"
    assert fetched(client, f"{url.path}?{url.query}")[0] == 200


@pytest.mark.django_db
def test_leads_see_all_images_and_others_those_of_their_tasks(seen):
    store(project=seen.project, data=picture(2))
    seen_by = {
        name: visible_to(getattr(seen, name)).count()
        for name in ("engineer", "qa_lead", "associate", "other_associate", "annotator", "stranger")
    }
    assert seen_by == {
        "engineer": 2,
        "qa_lead": 2,
        "associate": 1,
        "other_associate": 0,
        "annotator": 0,
        "stranger": 0,
    }


@pytest.mark.django_db
def test_a_small_copy_is_upright_and_kept_for_whom_may_see_the_image(shop):
    turned = BytesIO()
    exif = Picture.Exif()
    exif[0x0112] = 6
    Picture.new("RGB", (1600, 800), "navy").save(turned, "JPEG", exif=exif)
    image, _ = store(project=shop.project, data=turned.getvalue(), source=shop.camera)
    open_task(shop.queue("alerts"), image, site_id=shop.north.pk)
    for _ in range(2):
        status, data, headers = fetched(Client(), small_address(image, shop.associate))
        assert (status, headers["Content-Type"], headers["Content-Length"]) == (
            200,
            "image/jpeg",
            str(len(data)),
        )
        assert Picture.open(BytesIO(data)).size == (240, 480)
    assert Client().get(small_address(image, shop.other_associate)).status_code == 404
    default_storage.delete(image.key)
    assert Client().get(address(image, shop.associate)).status_code == 404


@pytest.mark.django_db
def test_what_is_small_already_is_served_as_it_is(seen):
    small, whole = (fetched(Client(), path) for path in (f"{seen.address}&small=1", seen.address))
    assert small[:2] == whole[:2] == (200, picture(1))


@pytest.mark.django_db
def test_a_browser_that_has_the_bytes_is_sent_none_again(seen):
    _, _, headers = fetched(Client(), seen.address)
    again = Client().get(seen.address, headers={"If-None-Match": headers["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", headers["ETag"])
    stranger = address(seen.image, seen.other_associate)
    assert Client().get(stranger, headers={"If-None-Match": headers["ETag"]}).status_code == 404

"""Who may erase, what the pages and the API say of it, and for how long a project keeps what."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from feedback.services import erasing
from labeling.enums import ResolvedBy
from labeling.models import PrivacySettings
from labeling.queries.images import address, small_address
from labeling.services import erasure, images
from labeling.services.resolving import settle
from people.models import AuditEvent
from tests.factories.labeling import LABELS, open_task, picture
from tests.feedback.pages import in_words, url

pytestmark = pytest.mark.django_db

ROLES = ["stranger", "annotator", "associate", "qa_lead", "engineer"]


@pytest.fixture
def image(shop, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    made, _ = images.store(
        project=shop.project,
        data=picture(4, size=(900, 600)),
        filename="anna.jpg",
        context={"lighting": "glare"},
    )
    settle(image=made, value={"label": LABELS[0]}, by=ResolvedBy.IMPORTED)
    return made


def erase(shop, image):
    made, _ = erasure.erase(user=shop.qa_lead, image=image, reason="Anna asked for it.")
    erasing.carry_out()
    return made


@pytest.mark.parametrize(
    ("role", "status"), list(zip(ROLES, [404, 403, 403, 302, 302], strict=True)), ids=ROLES
)
def test_who_erases_on_the_page(shop, client, image, role, status):
    client.force_login(getattr(shop, role))
    answer = client.post(url(shop, "erase-image", image.pk), {"reason": "She asked."})
    assert answer.status_code == status
    image.refresh_from_db()
    assert (image.erased_at is not None) == (status == 302)


@pytest.mark.parametrize(
    ("role", "status"), list(zip(ROLES, [404, 404, 404, 201, 201], strict=True)), ids=ROLES
)
def test_who_erases_by_the_api(shop, image, role, status):
    path = reverse("api-image-erasure", args=[image.pk])
    if role in ("annotator", "associate"):
        client = shop.client(getattr(shop, role), ["answer", "read"])
        status = 403
    else:
        client = shop.client(getattr(shop, role), ["admin", "read"])
    answer = client.post(path, {"reason": "She asked."}, format="json")
    assert answer.status_code == status
    image.refresh_from_db()
    assert (image.erased_at is not None) == (status == 201)


@pytest.mark.parametrize(
    ("role", "status"), list(zip(ROLES, [404, 403, 403, 200, 200], strict=True)), ids=ROLES
)
@pytest.mark.parametrize("page", ["privacy", "erasure", "erase-image"])
def test_who_reads_the_pages(shop, client, image, page, role, status):
    if page != "erase-image":
        erase(shop, image)
    client.force_login(getattr(shop, role))
    args = [] if page == "privacy" else [image.pk]
    assert client.get(url(shop, page, *args)).status_code == status


def test_api_tells_the_certificate_and_again_is_the_same(shop, image):
    client = shop.client(shop.engineer, ["admin", "read"])
    path = reverse("api-image-erasure", args=[image.pk])
    assert client.get(path).status_code == 404
    first = client.post(path, {"reason": "She asked."}, format="json")
    erasing.carry_out()
    again = client.post(path, {"reason": "Another."}, format="json")
    assert (first.status_code, again.status_code) == (201, 200)
    told = client.get(path).json()
    assert told["id"] == first.json()["id"] == again.json()["id"]
    assert (told["reason"], told["by"], told["cause"]) == ("She asked.", shop.engineer.username, "person")
    assert [file["what"] for file in told["removed"]["files"]] == ["image"]
    assert "Backups made before" in told["backups"]
    assert told["learned"] == {"datasets": [], "models": []}
    listed = client.get(reverse("api-erasures", args=[shop.project.slug])).json()["results"]
    assert listed == [told]


def test_reason_is_asked_for_by_page_and_api(shop, client, image):
    client.force_login(shop.qa_lead)
    assert client.post(url(shop, "erase-image", image.pk), {"reason": " "}).status_code == 400
    path = reverse("api-image-erasure", args=[image.pk])
    answer = shop.client(shop.qa_lead).post(path, {"reason": ""}, format="json")
    assert answer.status_code == 400
    assert "reason" in answer.json()["errors"]


def test_every_page_says_erased_instead_of_a_broken_picture(shop, client, image):
    client.force_login(shop.qa_lead)
    large, small = address(image, shop.qa_lead), small_address(image, shop.qa_lead)
    erase(shop, image)
    for path in (large, small):
        answer = client.get(path, headers={"If-None-Match": f'"{image.sha256}"'})
        assert (answer.status_code, answer["Content-Type"]) == (410, "image/svg+xml")
        assert "Erased on" in answer.content.decode()
        assert answer["Cache-Control"] == "no-store"
    client.force_login(shop.stranger)
    assert client.get(address(image, shop.stranger)).status_code == 404


def test_image_page_leads_to_the_certificate(shop, client, image):
    client.force_login(shop.qa_lead)
    assert url(shop, "erase-image", image.pk) in in_words(client.get(url(shop, "image", image.pk)))
    erase(shop, image)
    page = in_words(client.get(url(shop, "image", image.pk)))
    assert url(shop, "erasure", image.pk) in page
    assert "anna.jpg" not in page
    assert "glare" not in page
    told = in_words(client.get(url(shop, "erasure", image.pk)))
    assert "Anna asked for it." in told
    assert image.sha256 in told
    assert "Backups made before" in told
    assert "No model learned from it." in told


def test_page_before_erasing_says_what_goes(shop, client, image):
    open_task(shop.queue("review"), image)
    client.force_login(shop.engineer)
    page = in_words(client.get(url(shop, "erase-image", image.pk)))
    assert "1 open task about it is closed." in page
    assert "No dataset holds it." in page
    erase(shop, image)
    assert client.get(url(shop, "erase-image", image.pk))["Location"] == url(shop, "erasure", image.pk)


@pytest.mark.parametrize(
    ("role", "status"), list(zip(ROLES, [404, 403, 403, 403, 302], strict=True)), ids=ROLES
)
def test_only_engineers_say_for_how_long(shop, client, role, status):
    client.force_login(getattr(shop, role))
    given = {"accepted_days": "30", "reviewed_days": "", "keeps_location": "on"}
    assert client.post(url(shop, "privacy"), given).status_code == status
    assert PrivacySettings.objects.exists() == (status == 302)


def test_days_tried_are_not_kept(shop, client):
    client.force_login(shop.engineer)
    given = {"accepted_days": "30", "reviewed_days": "365"}
    page = in_words(client.post(url(shop, "privacy"), {**given, "try": "1"}))
    assert "With these days tonight would erase <strong>0</strong> images that nobody was asked about" in page
    assert not PrivacySettings.objects.exists()
    client.post(url(shop, "privacy"), given)
    kept = PrivacySettings.objects.get()
    assert (kept.accepted_days, kept.reviewed_days, kept.keeps_location) == (30, 365, False)
    assert AuditEvent.objects.get(action="privacy.set").detail["after"]["accepted_days"] == 30


@pytest.mark.parametrize("days", ["0", "-1", "soon", "1e3", "36501", "9" * 30, "½"])
def test_days_that_are_none_are_refused(shop, client, days):
    client.force_login(shop.engineer)
    answer = client.post(url(shop, "privacy"), {"accepted_days": days, "reviewed_days": "7"})
    assert answer.status_code == 400
    assert "whole number of days" in in_words(answer)
    assert not PrivacySettings.objects.exists()


def test_api_sets_and_tells_how_many_would_go(shop):
    path = reverse("api-privacy", args=[shop.project.slug])
    engineer = shop.client(shop.engineer, ["admin", "read"])
    assert engineer.get(path).json()["would_erase"] == {}
    answer = engineer.put(path, {"accepted_days": 30}, format="json")
    assert answer.status_code == 200
    assert answer.json()["would_erase"] == {"accepted": 0}
    assert shop.client(shop.qa_lead).put(path, {"accepted_days": 3}, format="json").status_code == 403
    assert engineer.put(path, {"accepted_days": 0}, format="json").status_code == 400
    assert shop.client(shop.stranger).get(path).status_code == 404


def test_api_says_what_is_blurred_and_recorded_and_leaves_the_rest_as_it_was(shop):
    path = reverse("api-privacy", args=[shop.project.slug])
    engineer = shop.client(shop.engineer, ["admin", "read"])
    engineer.put(path, {"blurs_faces": True, "records_looks": True}, format="json")
    engineer.put(path, {"records_looks": False, "accepted_days": 3}, format="json")
    told = engineer.get(path).json()
    assert [told[name] for name in ("blurs_faces", "blurs_plates", "records_looks", "accepted_days")] == [
        True,
        False,
        False,
        3,
    ]


def test_page_says_what_is_blurred_and_an_unticked_box_ends_it(shop, client):
    client.force_login(shop.engineer)
    client.post(url(shop, "privacy"), {"blurs_faces": "on", "blurs_plates": "on"})
    kept = PrivacySettings.objects.get()
    assert (kept.blurs_faces, kept.blurs_plates, kept.records_looks) == (True, True, False)
    assert 'name="blurs_plates" checked' in in_words(client.get(url(shop, "privacy")))
    client.post(url(shop, "privacy"), {"blurs_faces": "on"})
    kept.refresh_from_db()
    assert (kept.blurs_faces, kept.blurs_plates) == (True, False)


def test_list_costs_the_same_for_any_number(shop, client, image, django_assert_num_queries):
    erase(shop, image)
    client.force_login(shop.engineer)
    client.get(url(shop, "privacy"))
    with CaptureQueriesContext(connection) as one:
        client.get(url(shop, "privacy"))
    for seed in range(20, 24):
        erase(shop, images.store(project=shop.project, data=picture(seed))[0])
    with django_assert_num_queries(len(one)):
        client.get(url(shop, "privacy"))

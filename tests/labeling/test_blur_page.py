"""The page on which somebody who leads a project fills a part of an image."""

import pytest
from django.urls import reverse

from labeling.models import Redaction
from labeling.services import erasure, images
from tests.factories.labeling import picture
from tests.feedback.pages import in_words

pytestmark = pytest.mark.django_db

BOX = {"left": "10", "top": "20,5", "right": "40", "bottom": "60"}


@pytest.fixture
def image(shop, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return images.store(project=shop.project, data=picture(4, size=(400, 200)))[0]


def at(shop, image):
    return reverse("blur-image", args=[shop.project.slug, image.pk])


@pytest.mark.parametrize(
    ("role", "status"),
    [("stranger", 404), ("annotator", 403), ("associate", 403), ("qa_lead", 302), ("engineer", 302)],
)
def test_who_fills_a_part(shop, client, image, role, status):
    client.force_login(getattr(shop, role))
    assert client.get(at(shop, image)).status_code == (200 if status == 302 else status)
    assert client.post(at(shop, image), BOX).status_code == status
    assert [made.areas for made in Redaction.objects.all()] == (
        [[[40, 41, 160, 120, "drawn"]]] if status == 302 else []
    )


@pytest.mark.parametrize(
    "wrong", [{"left": ""}, {"left": "x"}, {"right": "5"}, {"bottom": "101"}, {"top": "nan"}]
)
def test_what_is_no_part_is_refused_and_stays_typed(shop, client, image, wrong):
    client.force_login(shop.qa_lead)
    answer = client.post(at(shop, image), BOX | wrong)
    assert answer.status_code == 400
    assert 'role="alert"' in in_words(answer)
    assert 'value="40"' in in_words(answer) or "right" in wrong
    assert not Redaction.objects.exists()


def test_image_page_says_what_was_filled_and_by_whom(shop, client, image):
    client.force_login(shop.qa_lead)
    page = reverse("image", args=[shop.project.slug, image.pk])
    assert at(shop, image) in in_words(client.get(page))
    client.post(at(shop, image), BOX)
    assert f"1 part was filled by {shop.qa_lead}" in in_words(client.get(page))
    images.read(image.__class__.objects.get())
    erasure.erase(user=shop.qa_lead, image=image, reason="She asked.")
    assert client.get(at(shop, image))["Location"] == page
    assert client.get(reverse("blur-image", args=[shop.project.slug, shop.project.pk])).status_code == 404


def test_image_that_the_storage_lost_is_said(shop, client, image):
    client.force_login(shop.qa_lead)
    images.storages[image.storage].delete(image.key)
    answer = client.post(at(shop, image), BOX)
    assert answer.status_code == 400
    assert "lost this image" in in_words(answer)

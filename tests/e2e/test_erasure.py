"""A QA lead erases an image in a browser: what goes is said first, and afterwards every page says that it went."""

import os
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from feedback.services import datasets, erasing
from tests.e2e.conftest import check_accessible
from tests.factories.feedback import labelled
from tests.factories.inference import ModelVersionFactory
from tests.factories.labeling import LABELS

pytestmark = pytest.mark.django_db(transaction=True)


def shoot(page, name):
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder, name), full_page=True)


def test_lead_erases_an_image_and_its_picture_says_so(shop, new_page):
    for seed in range(12):
        image = labelled(shop.project, LABELS[seed % 2], seed, filename=f"anna-{seed}.jpg", split="train")
    dataset = datasets.freeze(datasets.request_dataset(user=None, project=shop.project).pk)
    ModelVersionFactory(project=shop.project, dataset_id=dataset.pk)
    page = new_page(shop.engineer)
    page.goto(reverse("image", args=[shop.project.slug, image.pk]))
    shoot(page, "before.png")
    page.get_by_role("link", name="Erase this image…").click()
    check_accessible(page)
    shoot(page, "erase.png")
    page.get_by_label("Why").fill("The customer in it asked for it.")
    page.get_by_role("button", name="Erase it for good").click()
    expect(page.get_by_role("heading", name="Certificate of erasure")).to_be_visible()
    erasing.carry_out()
    page.reload()
    expect(page.get_by_text("default: images/")).to_be_visible()
    check_accessible(page)
    shoot(page, "certificate.png")
    page.emulate_media(media="print")
    shoot(page, "print.png")
    page.emulate_media(media="screen")
    # The browser has kept the photograph that stood at this place before.
    with page.expect_response(lambda answer: answer.status == 410):
        page.get_by_role("link", name=str(image.pk)).click()
    picture = page.locator(".image-figure img")
    assert picture.evaluate("(img) => img.complete && img.naturalWidth") == image.width
    shoot(page, "after.png")
    page.goto(reverse("privacy", args=[shop.project.slug]))
    page.get_by_label("Captures that nobody was asked about, days").fill("30")
    page.get_by_role("button", name="What would go tonight?").click()
    expect(page.get_by_role("status").filter(has_text="tonight would erase 0 images")).to_be_visible()
    check_accessible(page)
    shoot(page, "privacy.png")
    if os.environ.get("SHOTS"):
        page.set_viewport_size({"width": 390, "height": 844})
        for name, at in (("privacy", "privacy"), ("erasure", "certificate")):
            args = [shop.project.slug] if name == "privacy" else [shop.project.slug, image.pk]
            page.goto(reverse(name, args=args))
            shoot(page, f"{at}-390.png")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

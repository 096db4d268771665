"""Where the model looked, laid over the photograph by a key, gone with the next one, absent where it is blind."""

import pytest
from playwright.sync_api import expect

from inference.services import attention
from people.enums import Role
from tests.e2e.conftest import check_accessible
from tests.factories.inference import PredictionFactory, capture_of, colour_project, coloured
from tests.factories.labeling import open_task
from tests.factories.people import member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project():
    return colour_project()


def asked(project, queue, seed):
    capture = capture_of(project, coloured("red", seed=seed, size=(320, 240)), state="predicted")
    prediction = PredictionFactory(
        capture=capture, project=project, model=project.models.get(), value={"label": "red"}
    )
    attention.look(str(prediction.pk))
    proposal = {"label": "red", "confidence": 0.9, "scores": {}, "model": "model 1"}
    open_task(project.queues.get(name=queue), capture.image, capture_id=capture.pk, proposal=proposal)
    return capture


def test_a_key_shows_where_it_looked_and_the_next_photograph_comes_without(project, new_page):
    for seed in range(2):
        asked(project, "review", seed)
    page = new_page(member(project, Role.ANNOTATOR))
    page.goto(f"/p/{project.slug}/work/review/")
    overlay = page.locator("[data-photo] [data-attention-picture]")
    button = page.get_by_role("button", name="Where it looked")
    expect(button).to_be_visible()
    page.keyboard.press("h")
    expect(overlay).to_be_visible()
    expect(page.get_by_text("The warmer a place")).to_be_visible()
    assert overlay.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") == 320
    check_accessible(page)
    page.keyboard.press("h")
    expect(overlay).to_have_count(0)
    page.keyboard.press("h")
    expect(overlay).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator("[data-answered]")).to_have_text("1")
    expect(overlay).to_have_count(0)
    expect(button).to_have_attribute("aria-pressed", "false")


def test_a_blind_queue_has_no_such_button(project, new_page):
    asked(project, "audit", 0)
    page = new_page(member(project, Role.ANNOTATOR))
    page.goto(f"/p/{project.slug}/work/audit/")
    expect(page.locator("[data-photo] img")).to_be_visible()
    expect(page.locator("[data-attention]")).to_have_count(0)


def test_an_images_page_shows_it_too(project, new_page):
    capture = asked(project, "review", 0)
    page = new_page(member(project, Role.QA_LEAD))
    page.goto(f"/p/{project.slug}/images/{capture.image_id}/")
    page.get_by_role("button", name="Where it looked").click()
    expect(page.locator("[data-attention-place] [data-attention-picture]")).to_be_visible()
    check_accessible(page)

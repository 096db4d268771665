"""A QA lead's way from a low α to an adjudicated image and a changed guideline, on a story planted in the answers."""

import re
from functools import cache

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.urls import reverse
from playwright.sync_api import expect

from demo.photographs.cameras import FRAME
from demo.photographs.photograph import photograph
from labeling.domain.agreement.filters import Filters
from labeling.models import GuidelineVersion, Image, Resolution, Task
from labeling.services import agreement
from labeling.services.guidelines import acknowledge
from labeling.services.projects import FIRST_QUEUES
from tests.e2e import pictures
from tests.e2e.conftest import check_accessible, check_contrast, eventually
from tests.factories.agreement_story import tell
from tests.factories.labeling import QueueFactory, picture
from tests.factories.people import member

DESK, PHONE = (1280, 900), (390, 844)
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00")


@pytest.fixture
def told(shop):
    """The planted story, a QA lead who has read the guideline, and photographs behind every image."""
    told = tell()
    told.lead = member(told.project, "qa_lead")
    acknowledge(user=told.lead, guideline=told.guidelines[-1])
    QueueFactory(project=told.project, name="adjudication", **FIRST_QUEUES["adjudication"])
    for label, colour in zip(told.project.labels.order_by("position"), COLOURS, strict=True):
        label.colour = colour
        label.save()
    for number, image in enumerate(Image.objects.filter(project=told.project).order_by("-pk")):
        image.filename = f"{image.source.key}-{number}.jpg"
        keep_bytes(image, number)
        image.save()
    return told


@cache
def drawn(number):
    """A synthetic photograph of a shelf."""
    return photograph(
        camera="dairy", label="low_stock", condition="morning", rng=np.random.default_rng(number)
    ).jpeg


def keep_bytes(image, number):
    """Noise for a photograph; a drawn one where pictures are taken for the documentation."""
    data = drawn(number % 40) if pictures.FOLDER else picture(number % 40, size=FRAME)
    image.width, image.height = FRAME
    if pictures.FOLDER:
        image.context = image.context | {"synthetic": True}
    image.bytes = len(data)
    storage = storages[image.storage]
    if not storage.exists(image.key):
        storage.save(image.key, ContentFile(data))


def loaded(page):
    """Wait until the photographs in view can be painted."""
    page.evaluate(
        "Promise.all([...document.querySelectorAll('article img')].slice(0, 6).map((one) => one.decode()))"
    )


def at(told, name, *more):
    return reverse(name, args=[told.project.slug, *more])


def test_from_a_low_alpha_to_an_adjudicated_image_and_a_changed_guideline(told, new_page):
    page = new_page(told.lead, size=DESK)
    page.goto(at(told, "quality"))
    page.get_by_role("link", name="Agreement").first.click()

    # The page names by itself what was planted.
    expect(
        page.get_by_role("heading", name=re.compile("Low and Empty cannot be trusted yet"))
    ).to_be_visible()
    report = page.locator("#report")
    expect(report).to_contain_text("It helped Low and Empty; no label is certain to be worse.")
    expect(report).to_contain_text(
        re.compile(r"Worst is (lighting night, source door|source door, lighting night)")
    )
    expect(report).to_contain_text(re.compile(r"Without Frank, α of everybody else would be 0\.\d\d higher"))
    pictures.keep(page, "agreement")
    check_accessible(page)
    page.get_by_role("heading", name="Which labels are taken for which").scroll_into_view_if_needed()
    pictures.keep(page, "agreement-confusion")
    page.get_by_role("heading", name="What guideline version 2 changed").scroll_into_view_if_needed()
    pictures.keep(page, "agreement-guideline")

    # Narrowed in place, and the address with it.
    page.get_by_label("Lighting").select_option("night")
    page.wait_for_url("**/agreement/?*context.lighting=night*")
    expect(report).to_contain_text(re.compile(r"of \d\d\d images"))
    page.get_by_role("link", name="Everything").click()

    # Through the heatmap to the images behind a cell.
    page.get_by_role("link", name=re.compile("^(Empty against Low|Low against Empty): ")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Low or Empty|Empty or Low"))
    check_accessible(page)
    loaded(page)
    pictures.keep(page, "agreement-pair")
    page.get_by_label("All of this page").uncheck()
    first = page.locator("article").first
    expect(first).to_contain_text("Low")
    expect(first).to_contain_text("Empty")
    first.get_by_role("checkbox").check()
    page.get_by_label("Why for the record").fill("A gap, or the back wall?")
    page.get_by_role("button", name="Send to adjudication").click()
    expect(page.get_by_text("1 image sent to adjudication")).to_be_visible()
    expect(page.get_by_text("in adjudication", exact=True)).to_have_count(1)
    task = Task.objects.get(queue__name="adjudication")

    # Decided on the work page, blind, with a reason.
    page.get_by_role("link", name="Decide them").click()
    expect(page.locator("[data-photo] img")).to_be_visible()
    expect(page.locator("[data-label='low']")).to_be_enabled()
    check_accessible(page)
    page.keyboard.press("w")
    page.keyboard.type("The back wall shows: empty.")
    page.keyboard.press("Enter")
    page.keyboard.press("3")
    eventually(page, lambda: Resolution.objects.filter(image=task.image).exists(), "the resolution")
    truth = Resolution.objects.get(image=task.image)
    assert (truth.by, truth.value, truth.reason) == (
        "adjudication",
        {"label": "empty"},
        "The back wall shows: empty.",
    )

    # Only now the image's page tells who said what, and why it was decided so.
    page.goto(at(told, "image", task.image.pk))
    expect(page.get_by_text("The back wall shows: empty.").first).to_be_visible()
    expect(page.get_by_role("region", name="Answers").locator("tbody tr")).to_have_count(
        task.image.tasks.exclude(pk=task.pk).get().answers.count() + 1
    )

    # It becomes an example of the next guideline, which is published.
    page.goto(f"{at(told, 'agreement-pair')}?a=low&b=empty")
    card = page.locator("article").filter(has_text=str(task.image))
    card.get_by_text("Make it an example").click()
    card.get_by_label("Of the label").select_option("empty")
    card.get_by_label("Why").fill("The back wall shows.")
    card.get_by_role("button", name="Add to the next guideline’s draft").click()
    expect(page.get_by_text("is an example of Empty in the draft")).to_be_visible()
    page.goto(at(told, "publish-guideline"))
    page.get_by_role("button", name=re.compile("Publish")).click()
    eventually(page, lambda: told.project.guidelines.filter(number=3).exists(), "version 3")
    example = GuidelineVersion.objects.get(project=told.project, number=3).examples.get()
    assert (example.image, example.label.key, example.why) == (task.image, "empty", "The back wall shows.")

    # Frozen, it can be made again.
    page.goto(at(told, "agreement"))
    page.get_by_role("button", name="Freeze it as it stands").click()
    expect(page.get_by_text("Frozen. It never changes")).to_be_visible()
    page.get_by_role("button", name="Make it again and compare").click()
    expect(page.get_by_text("the same to the last digit")).to_be_visible()
    check_accessible(page)
    page.goto(at(told, "agreement-reports"))
    check_accessible(page)


def test_on_desk_and_phone_in_light_and_dark_it_is_all_there(told, new_page):
    kept = agreement.freeze(user=told.lead, project=told.project, filters=Filters(), name="kept")
    page = new_page(told.lead, size=PHONE, scheme="dark")
    for address in (
        at(told, "agreement"),
        f"{at(told, 'agreement-pair')}?a=low&b=empty",
        at(told, "agreement-disputed"),
        at(told, "agreement-schedule"),
        at(told, "agreement-report", kept.pk),
    ):
        page.goto(address)
        expect(page.locator("h1")).to_have_count(1)
        for part in page.locator("details:not(.menu)").all():
            part.evaluate("one => one.open = true")
        for size in (PHONE, DESK):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.emulate_media(color_scheme="light")
            check_accessible(page)
            page.emulate_media(color_scheme="dark")
            check_contrast(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, size)

"""Guidelines in a browser: flagged by an annotator, turned into an example, published, read, answered under."""

import numpy as np
import pytest
from playwright.sync_api import expect

from demo.photographs import photograph as take
from labeling.domain.colours import colour
from labeling.models import Answer, GuidelineExample, GuidelineFlag, GuidelineVersion
from labeling.services import guidelines, images
from tests.e2e import pictures
from tests.e2e.conftest import check_accessible, eventually
from tests.factories.labeling import (
    GuidelineExampleFactory,
    GuidelineFactory,
    ResolutionFactory,
    open_task,
)

FIRST = """# Fill

A shelf is **low** when under a third of its front is filled. Count the front row alone.

# What hides the shelf

- A trolley or a person over half of the picture: *blocked*.
- Glare that hides the labels: can't tell.

# Prices

Tags and posters are no stock.
"""
SECOND = FIRST.replace("under a third", "under a quarter") + "\nAn empty box on a shelf is no stock.\n"


def photograph(shop, number, queue=None, label="low_stock"):
    """A photograph of the synthetic shop that truly shows the label."""
    taken = take(camera="dairy", label=label, condition="morning", rng=np.random.default_rng(number))
    image, _ = images.store(project=shop.project, data=taken.jpeg, filename=f"aisle-{number}.jpg")
    if queue:
        open_task(shop.queue(queue), image)
    return image


@pytest.fixture
def guided(shop):
    """The shop with version 1 in force, read by everybody, with a right and a wrong example of "Low stock"."""
    for label in shop.project.labels.all():
        label.colour = colour(label.position)
        label.save(update_fields=["colour"])
    low = shop.project.labels.get(key="low_stock")
    draft = GuidelineFactory(project=shop.project, number=None, published_at=None, body=FIRST)
    right = {"why": "Gaps, and something left.", "box": [60, 40, 300, 250]}
    GuidelineExampleFactory(guideline=draft, image=photograph(shop, 90), label=low, **right)
    wrong = {"why": "Full: only the rail shows.", "is_right": False}
    GuidelineExampleFactory(guideline=draft, image=photograph(shop, 91, label="in_stock"), label=low, **wrong)
    shop.v1 = guidelines.publish(user=shop.qa_lead, guideline=draft)
    for user in (shop.annotator, shop.engineer):
        guidelines.acknowledge(user=user, guideline=shop.v1)
    return shop


def at(shop, rest):
    return f"/p/{shop.project.slug}/{rest}"


def ready(page):
    expect(page.locator("[data-cant-tell]")).to_be_enabled()


def test_flagged_made_an_example_published_read_and_answered_under(guided, new_page):
    shop = guided
    first = photograph(shop, 1, "review", "out_of_stock")
    photograph(shop, 2, "review")
    desk = new_page(shop.annotator)
    desk.goto(at(shop, "work/review/"))
    ready(desk)
    desk.keyboard.press("q")
    check_accessible(desk)
    desk.keyboard.type("Is an empty box stock?")
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_role("status").filter(has_text="A QA lead has it now")).to_be_visible()
    ready(desk)
    desk.keyboard.press("1")
    expect(desk.locator("[data-answered]")).to_have_text("1")
    eventually(desk, lambda: Answer.objects.count() == 1, "the first answer")

    lead = new_page(shop.qa_lead)
    lead.goto(at(shop, "quality/"))
    expect(lead.get_by_role("link", name="1 not covered")).to_be_visible()
    lead.get_by_role("link", name="Guidelines 1").click()
    lead.get_by_role("link", name="Not covered").click()
    flag = lead.get_by_role("article", name="Is an empty box stock?")
    expect(flag).to_contain_text("under v1 · answered In stock")
    check_accessible(lead)
    pictures.keep(lead, "guideline-flags")
    flag.get_by_label("Example of").select_option("out_of_stock")
    flag.get_by_label("Why").fill("The box is empty: nothing to sell.")
    flag.get_by_role("button", name="Add to the draft").click()
    expect(lead.get_by_role("status").filter(has_text="a right example of Out of stock")).to_be_visible()
    example = GuidelineExample.objects.get(image=first)
    assert (example.label.key, example.is_right, example.guideline.published_at) == (
        "out_of_stock",
        True,
        None,
    )

    lead.get_by_role("link", name="Words and examples").click()
    lead.get_by_label("Words, in Markdown").fill(SECOND)
    expect(lead.locator("#preview")).to_contain_text("under a quarter")
    expect(lead.locator("#examples").get_by_role("img", name="aisle-1.jpg")).to_be_visible()
    pictures.keep(lead, "guideline-editor")
    lead.get_by_role("button", name="Publish…").click()
    expect(lead.get_by_text("4 other members of the project must read it")).to_be_visible()
    expect(lead.locator("del")).to_have_text(["third"])
    check_accessible(lead)
    pictures.keep(lead, "guideline-publish")
    lead.get_by_role("button", name="Publish v2").click()
    check_accessible(lead)

    desk.reload()
    dialog = desk.get_by_role("dialog", name="A new guideline is in force")
    expect(dialog.get_by_role("heading", name="what changed since version 1")).to_be_visible()
    expect(dialog.locator("ins")).to_have_text(
        ["quarter", "An empty box on a shelf is no stock.", "New example"]
    )
    expect(dialog.get_by_role("img", name="aisle-1.jpg")).to_be_visible()
    check_accessible(desk)
    pictures.keep(desk, "guideline-changes")
    desk.keyboard.press("1")
    dialog.get_by_role("button", name="I have read it").click()
    expect(desk.locator("[data-guideline]")).to_contain_text("under a quarter")
    ready(desk)
    desk.keyboard.press("2")
    eventually(desk, lambda: Answer.objects.count() == 2, "the second answer")
    assert [a.guideline.number for a in Answer.objects.order_by("id")] == [1, 2]

    lead.goto(at(shop, "guidelines/2/"))
    expect(lead.get_by_role("heading", name="What is different from v1")).to_be_visible()
    check_accessible(lead)


def test_the_guideline_is_found_in_and_labels_show_their_examples(guided, new_page):
    shop = guided
    photograph(shop, 3, "review")
    asked = []
    page = new_page(shop.annotator)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(at(shop, "work/review/"))
    ready(page)
    page.keyboard.press("g")
    page.keyboard.type("glare")
    words = page.locator("[data-guideline-words]")
    expect(page.locator("[data-guideline-found]")).to_have_text("1 place with “glare”")
    expect(words.get_by_role("heading", name="What hides the shelf")).to_be_visible()
    expect(words.get_by_text("Count the front row")).to_be_hidden()
    check_accessible(page)
    page.keyboard.press("Escape")
    expect(words.get_by_text("Count the front row")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-guideline-find]")).not_to_be_focused()

    examples = page.get_by_role("group", name="Examples of Low stock")
    button = page.locator("[data-label=low_stock]")
    button.hover()
    expect(examples.get_by_role("figure")).to_have_count(2)
    expect(examples).to_contain_text("✗ Wrong Full: only the rail shows.")
    stage, card = page.locator("[data-stage]").bounding_box(), examples.bounding_box()
    assert card["x"] >= stage["x"] + stage["width"]
    check_accessible(page)
    pictures.keep(page, "guideline-examples")
    examples.hover()
    expect(examples).to_be_visible()
    page.keyboard.press("Escape")
    expect(examples).to_be_hidden()
    page.mouse.move(300, 300)
    page.locator("[data-label=in_stock]").focus()
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    expect(examples).to_be_visible()
    page.keyboard.press("Tab")
    expect(examples).to_be_hidden()
    assert {url.split("/")[2] for url in asked if "://" in url} == {page.url.split("/")[2]}


def test_an_example_is_chosen_pointed_at_changed_and_taken_out(guided, new_page):
    shop = guided
    image = photograph(shop, 5)
    ResolutionFactory(image=image, value={"label": "blocked"})
    page = new_page(shop.qa_lead)
    page.goto(at(shop, "guidelines/"))
    page.get_by_role("link", name="Add an example").click()
    page.get_by_role("link", name="Blocked").click()
    check_accessible(page)
    # The page that it leads to shows the same photograph: nothing may be drawn on this one.
    with page.expect_navigation():
        page.get_by_role("img", name="aisle-5.jpg").click()
    edge = page.get_by_role("img", name="aisle-5.jpg").bounding_box()
    page.mouse.move(edge["x"] + edge["width"] / 4, edge["y"] + edge["height"] / 4)
    page.mouse.down()
    page.mouse.move(edge["x"] + edge["width"] / 2, edge["y"] + edge["height"] / 2)
    page.mouse.up()
    expect(page.get_by_label("Right", exact=True).last).to_have_value("240")
    page.get_by_label("Wrong").check()
    page.get_by_label("Why").fill("A poster, not a trolley.")
    check_accessible(page)
    page.get_by_role("button", name="Add to the draft").click()
    expect(page.get_by_role("status")).to_contain_text("a wrong example of Blocked")
    example = GuidelineExample.objects.get(image=image)
    assert (example.box, example.is_right) == ([120, 90, 240, 180], False)
    assert GuidelineVersion.objects.get(published_at=None).examples.count() == 3
    page.get_by_label("Change the example aisle-5.jpg of Blocked").click()
    page.get_by_role("button", name="Take out").locator("visible=true").click()
    expect(page.get_by_role("status")).to_contain_text("no example of Blocked any more")
    check_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_the_button_of_the_guideline_is_in_sight_and_an_alert_can_be_flagged(
    guided, new_page, scheme
):
    shop = guided
    longer = GuidelineFactory(project=shop.project, number=None, published_at=None, body=SECOND * 6)
    guidelines.publish(user=shop.qa_lead, guideline=longer)
    image = photograph(shop, 6)
    open_task(shop.queue("alerts"), image, site_id=shop.north.pk)
    page = new_page(shop.associate, size=(390, 844), scheme=scheme, touch=True)
    page.goto(at(shop, "alerts/"))
    button = page.get_by_role("button", name="I have read it")
    expect(button).to_be_in_viewport(ratio=1)
    check_accessible(page)
    button.click()
    page.get_by_role("button", name="Not covered… by the guideline").click()
    page.get_by_label("What is unclear?").fill("Whose pallet is it?")
    check_accessible(page)
    page.get_by_role("button", name="Send").click()
    eventually(page, lambda: GuidelineFlag.objects.filter(image=image).exists(), "the flag")

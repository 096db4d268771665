"""Rounds, gold and quizzes in a browser: a lead makes them, an annotator goes through them by the keys."""

import numpy as np
import pytest
from django.urls import reverse
from playwright.sync_api import expect

from demo.photographs.photograph import photograph
from labeling.domain.colours import colour
from labeling.models import Answer, Gold, Image, QuizAttempt, Round, Task
from labeling.services import images
from labeling.services.gold import make_gold
from labeling.services.quizzes import make_quiz
from tests.e2e.conftest import check_accessible, eventually, row_of
from tests.e2e.pictures import FOLDER, keep
from tests.factories.inference import PredictionFactory
from tests.factories.labeling import picture


@pytest.fixture
def stocked(shop):
    """The shop with six night photographs the model was unsure of, four by day, and three more for gold."""
    made = []
    for number in range(13):
        night = number < 6
        image, _ = images.store(
            project=shop.project,
            data=photo(number, night),
            filename=f"{'night' if night else 'day'}-{number}.jpg",
            source=shop.camera,
            context={"lighting": "night" if night else "day"},
        )
        PredictionFactory(
            capture__project=shop.project,
            capture__image=image,
            capture__source=shop.camera,
            value={"label": "out_of_stock"},
            confidence=0.5 if night else 0.95,
        )
        made.append(image)
    for label in shop.project.labels.all():
        label.colour = colour(label.position)
        label.save(update_fields=["colour"])
    shop.night, shop.day, shop.spare = made[:6], made[6:10], made[10:]
    return shop


def photo(number, night):
    """Something quick to tell apart; for the documentation, a shelf of the synthetic shop."""
    if not FOLDER:
        return picture(number, size=(480, 360))
    rng = np.random.default_rng(number)
    label = ("low_stock", "out_of_stock")[number % 2] if number < 10 else "in_stock"
    return photograph(camera="dairy", label=label, condition="evening" if night else "morning", rng=rng).jpeg


def at(shop, name, *more):
    return reverse(name, args=[shop.project.slug, *more])


def press(page, key):
    """Press a key once the photograph is there to judge."""
    expect(page.locator("[data-cant-tell]")).to_be_enabled()
    page.keyboard.press(key)


def answered(page, count):
    eventually(page, lambda: Answer.objects.count() == count, f"{count} answers")


def test_from_gold_over_a_quiz_to_a_round_that_is_closed(stocked, new_page):
    shop = stocked
    lead = new_page(shop.qa_lead)

    for image in shop.spare:
        lead.goto(at(shop, "image", image.pk))
        lead.get_by_text("Make it gold").first.click()
        lead.get_by_label("Known answer").select_option("in_stock")
        lead.get_by_label("Why").fill("Every facing is filled.")
        lead.get_by_role("button", name="Make it gold").click()
        expect(lead.locator("#gold-title + .badge")).to_have_text("gold")
    assert Gold.objects.count() == 3
    lead.goto(at(shop, "gold"))
    expect(lead.get_by_role("heading", name="3 known answers")).to_be_visible()
    lead.get_by_role("link", name="Make a quiz of them").click()
    lead.get_by_label("Name").fill("First steps")
    lead.get_by_label("To pass, percent right").fill("60")
    for box in lead.get_by_role("checkbox").all():
        box.check()
    keep(lead, "quiz")
    lead.get_by_role("button", name="Make the quiz").click()
    expect(row_of(lead, "First steps")).to_contain_text("new annotators")

    lead.goto(at(shop, "new-round"))
    expect(lead.locator("#chosen")).to_contain_text("13 photographs")
    lead.get_by_label("Name").fill("Night shelves")
    lead.get_by_label("Context").fill("lighting=night")
    lead.get_by_label("Model says").select_option("out_of_stock")
    lead.get_by_label("Confidence to").fill("0.6")
    lead.get_by_label("Confidence to").press("Tab")
    expect(lead.locator("#chosen")).to_contain_text("6 photographs")
    keep(lead, "new-round")
    lead.get_by_role("button", name="Make the round").click()
    expect(lead.get_by_role("heading", level=1)).to_contain_text("Night shelves")
    made = Round.objects.get()
    assert set(Task.objects.filter(queue=made.queue).values_list("image", flat=True)) == {
        image.pk for image in shop.night
    }

    annotator = new_page(shop.annotator)
    annotator.goto(at(shop, "work"))
    expect(annotator.get_by_role("heading", name="First steps")).to_be_visible()
    check_accessible(annotator)
    annotator.keyboard.press("Enter")
    for key in ("1", "2", "2"):
        press(annotator, key)
    # It stays, also when the page has looked for more and the quiz is over.
    with annotator.expect_response(lambda response: response.url.endswith("/claim/")):
        annotator.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(annotator.get_by_role("heading", name="That was the last question")).to_be_visible()
    annotator.get_by_role("link", name="See how it went").click()
    expect(annotator.get_by_role("heading", level=1)).to_contain_text("1 of 3 right")
    expect(annotator.locator(".marked li")).to_have_count(2)
    expect(annotator.locator(".marked li").first).to_contain_text("Every facing is filled.")
    check_accessible(annotator)
    keep(annotator, "quiz-result")
    annotator.get_by_role("button", name="Try again").click()
    for _ in range(3):
        press(annotator, "1")
    annotator.get_by_role("link", name="See how it went").click()
    expect(annotator.get_by_role("heading", level=1)).to_contain_text("passed")
    assert list(QuizAttempt.objects.order_by("id").values_list("right", "passed")) == [(1, False), (3, True)]
    annotator.get_by_role("link", name="Start labelling").click()
    expect(annotator.locator("[data-menu] summary").first).to_contain_text("Night shelves")
    answered(annotator, 6)
    for count, key in enumerate(("1", "1", "1", "4", "1"), start=1):
        press(annotator, key)
        answered(annotator, 6 + count)

    lead.goto(at(shop, "round", "night-shelves"))
    expect(lead.locator(".figures")).to_contain_text("5 of 6 photographs")
    expect(lead.locator(".figures")).to_contain_text("answers an hour, by 1 at work")
    expect(row_of(lead, str(shop.annotator))).to_contain_text("5")
    keep(lead, "round")
    lead.get_by_role("button", name="Pause").click()
    expect(lead.locator("h1 .badge")).to_have_text("paused")
    annotator.goto(at(shop, "work-queue", "night-shelves"))
    expect(annotator.locator("[data-empty]")).to_be_visible()
    lead.get_by_role("button", name="Resume").click()
    expect(lead.locator("h1 .badge")).to_have_text("under way")
    lead.get_by_role("link", name="Add photographs").click()
    expect(lead.locator("#chosen")).to_contain_text("13 photographs")
    lead.get_by_role("button", name="Add them").click()
    expect(lead.locator(".figures")).to_contain_text("5 of 13 photographs")
    lead.get_by_text("Close this round").click()
    lead.get_by_role("button", name="Close it for good").click()
    expect(lead.locator("h1 .badge")).to_have_text("closed")
    expect(lead.locator(".figures")).to_contain_text("8 withdrawn unanswered")
    assert Task.objects.filter(queue=made.queue, state="resolved").count() == 5


@pytest.mark.parametrize(("size", "scheme"), [((1280, 900), "light"), ((390, 844), "dark")])
def test_axe_finds_nothing_on_any_page(stocked, new_page, size, scheme):
    shop = stocked
    page = new_page(shop.qa_lead, size=size, scheme=scheme)
    names = ("rounds", "gold", "quizzes", "new-quiz")
    for address in [at(shop, name) for name in names]:
        page.goto(address)
        check_accessible(page)
    gold = [
        make_gold(
            user=shop.qa_lead, project=shop.project, image=image, value={"label": "in_stock"}, why="Full."
        )
        for image in Image.objects.filter(pk__in=[image.pk for image in shop.spare])
    ]
    quiz = make_quiz(user=shop.qa_lead, project=shop.project, name="First", pass_share=0.8, gold=gold)
    page.goto(at(shop, "new-round") + "?limit=3&pick=random&context=lighting")
    expect(page.locator("#chosen")).to_contain_text("is not key=value")
    check_accessible(page)
    page.goto(at(shop, "new-round") + "?limit=3&pick=random&seed=4")
    page.get_by_label("Name").fill("A round")
    page.locator("summary", has_text="Who may take part").click()
    page.get_by_label(str(shop.annotator)).check()
    check_accessible(page)
    page.get_by_role("button", name="Make the round").click()
    expect(page.get_by_role("heading", name="A round")).to_be_visible()
    addresses = [
        *(at(shop, name) for name in names),
        at(shop, "one-quiz", quiz.pk),
        at(shop, "image", gold[0].image_id),
        at(shop, "image", shop.day[0].pk),
        at(shop, "round", "a-round"),
        at(shop, "add-to-round", "a-round"),
    ]
    for address in addresses:
        page.goto(address)
        for hidden in page.locator("details:not(.menu)").all():
            hidden.evaluate("one => one.open = true")
        check_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    other = new_page(shop.annotator, size=size, scheme=scheme)
    other.goto(at(shop, "quiz"))
    check_accessible(other)

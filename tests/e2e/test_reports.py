"""The QA lead's and the engineer's pages in a browser: readable by all, alive, and acting on what is pressed."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from feedback.domain.weekly import week_at
from feedback.models import DatasetVersion
from feedback.queries.weekly import zone_of
from inference.models import TrainingRun
from labeling.models import GuidelineVersion
from tests.e2e.conftest import check_accessible, check_contrast, eventually, row_of
from tests.factories.labeling import project_with
from tests.factories.people import MembershipFactory
from tests.feedback import story

PLAIN = (
    *("quality", "answers", "guidelines", "queue-settings", "agreement"),
    *("overview", "captures", "models", "runs", "datasets", "routing", "weekly", "pipeline"),
)
SIZES = {"desk": (1280, 900), "phone": (390, 844)}


@pytest.fixture
def told(shop):
    shop.champion = story.tell(shop)
    shop.run = TrainingRun.objects.get(project=shop.project)
    shop.candidate = shop.project.models.get(number=3)
    shop.dataset = DatasetVersion.objects.get(project=shop.project, number=2)
    shop.image = shop.dataset.members.get().example.image
    return shop


def pages(shop):
    """The address of every page, the ones about one thing with the story's."""
    about = {
        "image": shop.image,
        "image-descent": shop.image,
        "person-descent": shop.annotator,
        "dataset-changes": shop.dataset,
        "model": shop.champion,
        "ancestry": shop.champion,
        "promote-model": shop.candidate,
        "model-worse": shop.candidate,
        "roll-back": shop.champion,
        "run": shop.run,
    }
    slug = shop.project.slug
    return [
        *(reverse(name, args=[slug]) for name in (*PLAIN, "publish-guideline")),
        *(reverse(name, args=[slug, thing.pk]) for name, thing in about.items()),
        reverse("guideline", args=[slug, 1]),
        f"{reverse('weekly', args=[slug])}?week={week_at(timezone.now(), zone_of(shop.project)).monday}",
    ]


def fits(page):
    """Whether nothing sticks out sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("size", "scheme"), [("desk", "light"), ("phone", "dark")])
def test_axe_finds_nothing_on_any_page(told, new_page, size, scheme):
    page = new_page(told.engineer, size=SIZES[size], scheme=scheme)
    for address in pages(told):
        page.goto(address)
        expect(page.locator("h1")).to_have_count(1)
        for hidden in page.locator("details:not(.menu)").all():
            hidden.evaluate("one => one.open = true")
        check_accessible(page)
        assert fits(page), address


def test_axe_finds_nothing_on_empty_pages(shop, new_page):
    project = project_with()
    page = new_page(MembershipFactory(project=project, role="engineer").user)
    for name in PLAIN:
        page.goto(reverse(name, args=[project.slug]))
        page.emulate_media(color_scheme="light")
        check_accessible(page)
        page.emulate_media(color_scheme="dark")
        check_contrast(page)


def test_the_guideline_is_seen_as_it_is_written_and_published_after_a_question(shop, new_page):
    page = new_page(shop.qa_lead)
    page.goto(reverse("guidelines", args=[shop.project.slug]))
    page.get_by_label("Words, in Markdown").press_sequentially("Look **closely**.", delay=5)
    expect(page.locator("#preview strong")).to_have_text("closely")
    page.get_by_role("button", name="Publish…").click()
    expect(page.get_by_role("heading", name="Publish v1?")).to_be_visible()
    page.get_by_role("button", name="Publish v1").click()
    expect(page.get_by_role("status")).to_contain_text("Version 1 is in force.")
    assert GuidelineVersion.objects.get(project=shop.project).body == "Look **closely**."


def test_from_a_label_to_its_answers_to_an_image(told, new_page):
    page = new_page(told.qa_lead)
    page.goto(reverse("quality", args=[told.project.slug]))
    page.get_by_role("link", name="Blocked").first.click()
    expect(page.get_by_label("Label", exact=True)).to_have_value("blocked")
    page.locator("a.photo").first.click()
    expect(page.get_by_role("heading", name="What the project holds true")).to_be_visible()
    expect(page.get_by_role("heading", name="Captures and predictions")).to_be_visible()


def test_a_run_goes_on_before_ones_eyes_and_what_was_opened_stays_open(told, new_page):
    TrainingRun.objects.filter(pk=told.run.pk).update(
        state="running", progress=0.2, model=None, finished_at=None
    )
    page = new_page(told.engineer)
    page.goto(reverse("run", args=[told.project.slug, told.run.pk]))
    expect(page.locator("#run-progress")).to_have_attribute("value", "0.200")
    page.get_by_text("These figures as a table").click()
    TrainingRun.objects.filter(pk=told.run.pk).update(progress=0.7)
    expect(page.locator("#run-progress")).to_have_attribute("value", "0.700")
    expect(page.get_by_role("region", name="Loss and accuracy, as a table")).to_be_visible()
    TrainingRun.objects.filter(pk=told.run.pk).update(state="succeeded", model=told.champion)
    expect(page.get_by_role("heading", name="What came of it")).to_be_visible()
    expect(page.locator("[hx-trigger='every 2s']")).to_have_count(0)


def test_one_press_trains_and_the_page_shows_how_it_goes(told, new_page):
    page = new_page(told.engineer)
    page.goto(reverse("overview", args=[told.project.slug]))
    page.get_by_role("button", name="Train on what people said").click()
    expect(page.locator("#training")).to_contain_text("Freezing dataset 3")
    dataset = DatasetVersion.objects.get(project=told.project, number=3)
    dataset.delete()
    run = TrainingRun.objects.create(
        project=told.project,
        dataset_id=told.run.dataset_id,
        manifest_key="m",
        state="running",
        progress=0.5,
        eta_seconds=30,
    )
    expect(page.locator("#training")).to_contain_text("50% · about 30 s left")
    TrainingRun.objects.filter(pk=run.pk).update(state="failed", error="Called off.")
    expect(page.get_by_role("button", name="Train on what people said")).to_be_visible()


def test_an_announcement_renews_the_page(told, new_page):
    page = new_page(told.engineer)
    page.goto(reverse("models", args=[told.project.slug]))
    expect(page.get_by_role("link", name="Model 3")).to_be_visible()
    told.project.models.filter(number=3).update(name="night shift")
    page.evaluate("document.dispatchEvent(new CustomEvent('vouch:models.changed', {detail: {ids: []}}))")
    expect(page.get_by_text("night shift")).to_be_visible()


def test_a_model_is_put_in_service_and_taken_out_again(told, new_page):
    told.candidate.evaluations.update(metrics=story.figures(0.97))
    page = new_page(told.engineer)
    page.goto(reverse("models", args=[told.project.slug]))
    row_of(page, "Model 3").get_by_role("link", name="Promote…").click()
    page.get_by_role("button", name="Promote model 3").click()
    expect(row_of(page, "Model 3")).to_contain_text("champion")
    page.get_by_role("link", name="Roll back…").click()
    page.get_by_role("button", name="Go back to model 2").click()
    expect(row_of(page, "Model 2")).to_contain_text("champion")


def test_nothing_breaks_the_content_security_policy(told, new_page):
    page = new_page(told.engineer)
    refused = []
    page.on(
        "console", lambda message: "Content Security Policy" in message.text and refused.append(message.text)
    )
    for address in pages(told):
        page.goto(address)
        eventually(page, lambda: page.evaluate("document.readyState") == "complete", "the whole page")
    assert refused == []

"""From a dataset to its suspects, to a round of them, to how many were errors indeed: pressed in a browser."""

import pytest
from playwright.sync_api import expect

from feedback.queries import label_errors as queries
from feedback.services import label_errors as service
from labeling.enums import Verdict
from labeling.models import Task
from labeling.services import answers
from tests.e2e.conftest import check_accessible
from tests.feedback.flipped import labelled_wrongly

pytestmark = pytest.mark.django_db(transaction=True)


def test_suspects_are_seen_sent_and_counted(shop, new_page):
    labelled_wrongly(shop, size=(320, 240))
    page = new_page(shop.qa_lead)
    page.goto(f"/p/{shop.project.slug}/datasets/")
    page.get_by_role("link", name="Label errors of dataset 1").click()
    page.get_by_role("button", name="Look for label errors").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    service.carry_out(queries.newest(shop.dataset).pk)
    page.reload()
    expect(page.get_by_text("4 are likely wrong")).to_be_visible()
    expect(page.get_by_label("Send the first")).to_have_value("4")
    check_accessible(page)
    page.get_by_role("button", name="Send to review").click()
    expect(page.get_by_text("None is reviewed yet.")).to_be_visible()
    for task in Task.objects.all():
        said = answers.Said(
            client_id=task.pk, verdict=Verdict.LABEL, value={"label": shop.truth[task.image_id]}, seconds=1
        )
        answers.record_answer(user=shop.annotator, task=task, lease=None, said=said)
    page.reload()
    expect(page.get_by_text("4 of 4 reviewed were errors indeed: 100%")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

"""A candidate looks on, is compared with the champion by what people verified, is promoted, and rolled back."""

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from feedback.models import RoutingDecision
from feedback.services import policies
from inference.models import Prediction
from inference.queries.models import champion
from tests.e2e.conftest import check_accessible
from tests.factories.feedback import DatasetVersionFactory, EvaluationFactory
from tests.factories.inference import colour_project
from tests.factories.labeling import ResolutionFactory
from tests.factories.people import member
from tests.factories.shadows import candidate, look_at, predicted

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_shadow_to_champion_and_back(new_page):
    project = colour_project()
    engineer = member(project, "engineer")
    review = project.queues.get(name="review")
    policies.set_policy(user=engineer, project=project, queue=review, threshold=1, audit_share=0.5)
    serving, model = champion(project), candidate(project, ("green", "red", "blue"))
    test_set = DatasetVersionFactory(project=project).test_hash
    for each, accuracy in ((serving, 0.7), (model, 0.9)):
        EvaluationFactory(model=each, accuracy=accuracy, test_hash=test_set)

    page = new_page(engineer)
    page.goto(f"/p/{project.slug}/models/{model.pk}/")
    page.get_by_label("Percent of the captures").fill("100")
    page.get_by_role("button", name="Run it in shadow").click()
    expect(page.get_by_text("It looks on from the next capture on.")).to_be_visible()

    look_at(project, predicted(project, 12))
    RoutingDecision.objects.filter(project_id=project.pk).update(burst="")
    swapped = {"red": "green", "green": "red", "blue": "blue"}
    for made in Prediction.objects.select_related("capture__image"):
        held = {"label": swapped[made.value["label"]]}
        ResolutionFactory(project=project, image=made.capture.image, value=held, by="one_answer")
    # The comparison is kept for a minute.
    cache.clear()
    page.reload()
    shown = page.get_by_role("region", name="In shadow")
    expect(shown).to_contain_text("4 of 12")
    expect(shown).to_contain_text("12of 300 that are enough")
    expect(shown).to_contain_text("it errs less than the champion")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        check_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    shown.get_by_role("link", name="Promote…").click()
    page.get_by_role("button", name=f"Promote model {model.number}").click()
    expect(page.get_by_text(f"Model {model.number} serves from now on.")).to_be_visible()
    page.goto(f"/p/{project.slug}/models/{model.pk}/")
    expect(shown).to_contain_text("serves since")
    page.get_by_role("link", name="Roll back…").click()
    page.get_by_role("button", name=f"Go back to model {serving.number}").click()
    expect(page.get_by_text(f"Model {serving.number} serves again.")).to_be_visible()

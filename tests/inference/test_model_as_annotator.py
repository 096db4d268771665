"""The model as one more annotator in a report on agreement."""

import pytest

from labeling.domain.agreement.filters import Filters
from labeling.services import agreement
from tests.factories.agreement_story import tell
from tests.factories.inference import CaptureFactory, ModelVersionFactory, PredictionFactory

pytestmark = pytest.mark.django_db


def test_a_model_is_compared_with_people_who_did_not_see_what_it_says():
    told = tell(images=60)
    old, model = (ModelVersionFactory(project=told.project) for _ in range(2))
    for number, image in enumerate(told.images[:50]):
        PredictionFactory(
            capture=CaptureFactory(project=told.project, image=image),
            model=old if number < 10 else model,
            value={"label": "full"},
        )
    found = agreement.report(project=told.project, filters=Filters())["model"]
    assert found["name"] == str(model)
    assert found["blind"] is True
    assert found["images"] == 40
    assert found["human_model"]["value"] < 0 < found["human_human"]["value"]
    assert found["difference"]["ci"][1] < 0
    frozen = agreement.freeze(user=None, project=told.project, filters=Filters(), name="without")
    assert "model" not in frozen.figures

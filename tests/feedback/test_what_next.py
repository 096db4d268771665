"""What to label next: ranked by the champion's doubt, on a page and over the API, and made a round in one press."""

import pytest

from inference.enums import Stage
from inference.models import Embedding
from labeling.domain.values import ValueRefused
from labeling.models import Round, Task
from labeling.services import rounds
from tests.factories.inference import ModelVersionFactory, PredictionFactory
from tests.factories.labeling import ImageFactory, ResolutionFactory, open_task
from tests.feedback.pages import text, url

pytestmark = pytest.mark.django_db

LABELS = ["in_stock", "low_stock", "blocked"]


@pytest.fixture
def predicted(shop):
    """`predicted(scores, vector)`: an image that the champion said that of."""
    shop.champion = ModelVersionFactory(project=shop.project, stage=Stage.CHAMPION, labels=LABELS)

    def make(*scores, vector=(1.0, 0.0), model=None):
        image = ImageFactory(project=shop.project)
        prediction = PredictionFactory(
            capture__project=shop.project,
            capture__image=image,
            capture__source=shop.camera,
            model=model or shop.champion,
            scores=dict(zip(LABELS, scores, strict=True)),
            confidence=max(scores),
        )
        Embedding.objects.create(prediction=prediction, vector=list(vector))
        return image

    return make


def api(shop, **query):
    address = f"/api/v1/projects/{shop.project.slug}/next-images/"
    return address + "?" + "&".join(f"{name}={value}" for name, value in query.items())


def test_the_closest_calls_that_nobody_was_asked_about_come_first(shop, client, predicted):
    sure, close, closest = predicted(0.9, 0.05, 0.05), predicted(0.5, 0.4, 0.1), predicted(0.4, 0.39, 0.21)
    told, waiting = predicted(0.4, 0.4, 0.2), predicted(0.4, 0.4, 0.2)
    ResolutionFactory(image=told)
    open_task(shop.queue("alerts"), waiting, site_id=shop.north.pk)
    predicted(0.4, 0.4, 0.2, model=ModelVersionFactory(project=shop.project, labels=LABELS))
    client.force_login(shop.qa_lead)
    found = client.get(api(shop, strategy="margin", limit=10)).json()
    assert found["strategy"] == "margin"
    assert [one["image"] for one in found["images"]] == [str(one.pk) for one in (closest, close, sure)]
    assert found["images"][0]["scores"]["in_stock"] == 0.4
    assert client.get(api(shop)).json()["strategy"] == "margin_random"
    like = predicted(0.98, 0.01, 0.01, vector=(0.0, 1.0))
    found = client.get(api(shop, strategy="like_these", limit=1, like=like.pk)).json()
    assert [one["image"] for one in found["images"]] == [str(like.pk)]


def test_one_press_makes_a_round_of_them(shop, client, predicted):
    images = [predicted(0.5 + 0.04 * n, 0.5 - 0.04 * n, 0) for n in range(8)]
    client.force_login(shop.qa_lead)
    page = text(client.get(url(shop, "what-next"), {"strategy": "margin", "limit": "3"}))
    assert "3 photographs" in page
    assert str(images[0].pk) in page
    assert str(images[5].pk) not in page
    pressed = client.post(url(shop, "what-next"), {"strategy": "margin", "limit": "3", "shown": "blind"})
    made = Round.objects.get()
    assert pressed.url == url(shop, "round", made.queue.name)
    assert made.queue.blind
    asked = set(Task.objects.filter(queue=made.queue).values_list("image", flat=True))
    assert asked == {image.pk for image in images[:3]}
    assert "which teach the model most: closest calls" in text(client.get(pressed.url))
    # Who is asked about already is not wanted again.
    page = text(client.get(url(shop, "what-next"), {"strategy": "margin", "limit": "3"}))
    assert str(images[3].pk) in page
    assert str(images[0].pk) not in page


def test_a_round_may_be_asked_for_by_strategy_over_the_api(shop, client, predicted):
    images = [predicted(0.5 + 0.04 * n, 0.5 - 0.04 * n, 0) for n in range(5)]
    client.force_login(shop.engineer)
    body = {"name": "next", "title": "Next", "filters": {"strategy": "entropy", "limit": 2}}
    made = client.post(f"/api/v1/projects/{shop.project.slug}/rounds/", body, content_type="application/json")
    assert made.status_code == 201
    asked = set(Task.objects.filter(queue__name="next").values_list("image", flat=True))
    assert asked == {images[0].pk, images[1].pk}


@pytest.mark.parametrize(
    ("filters", "reason"),
    [
        ({"strategy": "best"}, "must be one of margin_random"),
        ({"strategy": "bald"}, "disagrees with itself"),
        ({"strategy": "like_these"}, "the like of"),
        ({"strategy": "margin", "pick": "random"}, "left out with strategy"),
        ({"strategy": "like_these", "like": "x"}, "must be ids of images"),
    ],
)
def test_what_cannot_be_chosen_is_said(shop, client, predicted, filters, reason):
    predicted(0.5, 0.4, 0.1)
    with pytest.raises(ValueRefused) as refused:
        rounds.make_round(
            user=shop.qa_lead, project=shop.project, name="n", title="N", filters={**filters, "limit": 1}
        )
    assert reason in str(refused.value.errors)


def test_without_a_champion_and_to_others_it_says_so(shop, client):
    client.force_login(shop.qa_lead)
    assert "needs a model in service" in text(client.get(url(shop, "what-next")))
    response = client.get(api(shop))
    assert (response.status_code, "needs a model in service" in response.content.decode()) == (400, True)
    for user, status in ((shop.annotator, 403), (shop.associate, 403), (shop.stranger, 404)):
        client.force_login(user)
        assert client.get(url(shop, "what-next")).status_code == status
        assert client.get(api(shop)).status_code == status

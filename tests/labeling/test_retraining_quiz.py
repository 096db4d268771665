"""A quiz for one annotator of what they confuse: which settled images it asks about."""

import pytest

from labeling.domain.values import ValueRefused
from labeling.enums import ResolvedBy, Verdict
from labeling.models import Quiz
from labeling.services.retraining_quiz import make_retraining_quiz
from tests.factories.labeling import AnswerFactory, ImageFactory, ResolutionFactory, open_task
from tests.factories.people import member

pytestmark = pytest.mark.django_db


def settled(shop, label, by=ResolvedBy.CONSENSUS, votes=()):
    """An image held true as `label`, which these (user, label) voted on."""
    image = ImageFactory(project=shop.project)
    if votes:
        task = open_task(shop.queue("audit"), image)
        for user, said in votes:
            AnswerFactory(task=task, user=user, verdict=Verdict.LABEL, value={"label": said})
    ResolutionFactory(image=image, value={"label": label}, by=by, reason="So it is.")
    return image


def made(shop, pairs=(("in_stock", "low_stock"),), **terms):
    return make_retraining_quiz(
        user=shop.qa_lead, project=shop.project, annotator=shop.annotator, pairs=pairs, **terms
    )


def test_it_asks_of_each_label_in_turn_what_was_adjudicated_and_is_new_to_them_first(shop):
    other = member(shop.project, "annotator")
    seen = settled(shop, "in_stock", ResolvedBy.ADJUDICATION, [(shop.annotator, "low_stock")])
    split = settled(shop, "in_stock", votes=[(other, "low_stock")])
    adjudicated = settled(shop, "in_stock", ResolvedBy.ADJUDICATION)
    low = settled(shop, "low_stock")
    settled(shop, "in_stock", ResolvedBy.ONE_ANSWER)
    settled(shop, "blocked")
    quiz = made(shop, questions=3)
    assert quiz.for_user == shop.annotator
    assert {gold.image for gold in quiz.questions.all()} == {adjudicated, low, split}
    assert {gold.why for gold in quiz.questions.all()} == {"So it is."}
    assert seen in {gold.image for gold in made(shop, questions=4).questions.all()}


@pytest.mark.parametrize("pairs", [[], [("in_stock", "nonsense")], [("blocked", "in_stock")]])
def test_without_settled_images_or_labels_it_says_so_and_makes_nothing(shop, pairs):
    with pytest.raises(ValueRefused) as refused:
        made(shop, pairs)
    assert "pairs" in refused.value.errors
    assert not Quiz.objects.exists()


def test_over_the_api(shop):
    settled(shop, "in_stock")
    client, path = shop.client(shop.qa_lead), f"/api/v1/projects/{shop.project.slug}/retraining-quizzes/"
    sent = {"annotator": shop.annotator.username, "pairs": [["in_stock", "low_stock"]]}
    reply = client.post(path, sent, format="json")
    assert (reply.status_code, reply.json()["questions"]) == (201, 1)
    stranger = client.post(path, sent | {"annotator": shop.stranger.username}, format="json")
    assert stranger.json()["errors"] == {"annotator": ["is nobody of this project."]}

"""The page on which a lead chooses how answers settle an image, and what an image's page hides meanwhile."""

import pytest
from django.urls import reverse

from labeling.enums import Verdict
from labeling.services import adjudication
from tests.factories.labeling import AnswerFactory, open_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client, shop):
    client.force_login(shop.qa_lead)
    return client


def at(shop):
    return reverse("queue-settings", args=[shop.project.slug])


def test_leads_alone_open_it(client, shop):
    found = {}
    for who in ("qa_lead", "engineer", "annotator", "associate", "stranger"):
        client.force_login(getattr(shop, who))
        found[who] = client.get(at(shop)).status_code
    assert found == {"qa_lead": 200, "engineer": 200, "annotator": 403, "associate": 403, "stranger": 404}


def test_a_rule_is_chosen_and_kept(shop, lead):
    sent = {"queue": "review", "consensus": "dawid_skene", "quorum": "0", "posterior_floor": "95,5"}
    reply = lead.post(at(shop), sent, follow=True)
    assert "review settles by its new rule" in reply.content.decode()
    queue = shop.queue("review")
    assert (queue.consensus, queue.posterior_floor) == ("dawid_skene", 0.955)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"quorum": "many"}, "Give a whole number of answers, 0 to 20."),
        ({"quorum": "4"}, "can never be met: a task gets 1 answers"),
        ({"posterior_floor": "nan"}, "Give a percentage, 1 to 100."),
        ({"consensus": ""}, "Choose one of the rules."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(shop, lead, changed, words):
    sent = {"queue": "review", "consensus": "majority", "quorum": "0", "posterior_floor": "90"} | changed
    reply = lead.post(at(shop), sent)
    assert reply.status_code == 400
    assert words in reply.content.decode()
    assert shop.queue("review").consensus == "majority"


def test_a_queue_that_is_none_is_not_found(shop, lead):
    assert lead.post(at(shop), {"queue": "nowhere"}).status_code == 404


def test_who_said_what_is_out_of_sight_until_it_is_decided(shop, lead):
    task = open_task(shop.queue("audit"))
    AnswerFactory(task=task, user=shop.annotator, verdict=Verdict.LABEL, value={"label": "low_stock"})
    address = reverse("image", args=[shop.project.slug, task.image.pk])
    author = str(shop.annotator)
    assert author in lead.get(address).content.decode()
    adjudication.send(user=shop.qa_lead, project=shop.project, images=[task.image])
    hidden = lead.get(address).content.decode()
    assert author not in hidden
    assert "waits for adjudication" in hidden
    assert author in lead.get(f"{address}?answers=shown").content.decode()

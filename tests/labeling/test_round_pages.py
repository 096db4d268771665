"""The pages of rounds, gold and quizzes: who opens them, and what their forms refuse."""

import pytest
from django.urls import reverse

from labeling.models import Round
from labeling.services import rounds
from tests.factories.gold import quiz_of
from tests.factories.labeling import ImageFactory

pytestmark = pytest.mark.django_db

PAGES = ("rounds", "new-round", "preview-round", "gold", "quizzes", "new-quiz")


def at(shop, name, *more):
    return reverse(name, args=[shop.project.slug, *more])


def test_leads_see_them_others_are_told_and_strangers_find_nothing(client, shop):
    quiz = quiz_of(shop, 1)
    one = rounds.make_round(user=shop.qa_lead, project=shop.project, name="r", title="R", filters={})
    addresses = [
        *(at(shop, name) for name in PAGES),
        at(shop, "round", one.queue.name),
        at(shop, "add-to-round", one.queue.name),
        at(shop, "one-quiz", quiz.pk),
    ]
    for address in addresses:
        found = {}
        for who in ("qa_lead", "engineer", "annotator", "associate", "stranger"):
            client.force_login(getattr(shop, who))
            found[who] = client.get(address).status_code
        assert found == {"qa_lead": 200, "engineer": 200, "annotator": 403, "associate": 403, "stranger": 404}
    found = {}
    for who in ("qa_lead", "annotator", "associate", "stranger"):
        client.force_login(getattr(shop, who))
        found[who] = client.get(at(shop, "quiz")).status_code
    assert found == {"qa_lead": 403, "annotator": 200, "associate": 403, "stranger": 404}


def test_a_form_that_cannot_be_says_what_to_mend_and_makes_nothing(client, shop):
    ImageFactory(project=shop.project)
    client.force_login(shop.qa_lead)
    sent = {"title": " ", "answers_required": "x", "gold_share": "200", "due_at": "2026-13-01", "seed": "y"}
    page = client.post(at(shop, "new-round"), sent)
    assert page.status_code == 400
    assert set(page.context["errors"]) == {"title", "answers_required", "gold_share", "due_at"}
    past = client.post(at(shop, "new-round"), {"title": "T", "answers_required": "1", "due_at": "2020-01-01"})
    assert set(past.context["errors"]) == {"due_at"}
    assert not Round.objects.exists()
    good = {"title": "Night shelves", "answers_required": "2", "gold_share": "10"}
    for name in ("night-shelves", "night-shelves-2"):
        assert client.post(at(shop, "new-round"), good).url == at(shop, "round", name)
    assert client.post(at(shop, "change-round", "night-shelves"), {"act": "explode"}).status_code == 404
    assert client.post(at(shop, "new-quiz"), {"name": "Q", "pass_share": "x"}).status_code == 400

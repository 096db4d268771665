"""The pages of rounds, gold and quizzes: who opens them, and what their forms refuse."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from labeling.models import Round
from labeling.services import rounds
from labeling.views import rounds as round_pages
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
        at(shop, "change-round-terms", one.queue.name),
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


def round_called(shop, name, **terms):
    return rounds.make_round(
        user=shop.qa_lead, project=shop.project, name=name, title=name.title(), filters={}, **terms
    )


def test_a_round_under_way_gets_other_terms(client, shop):
    ImageFactory(project=shop.project)
    due = timezone.now() + timedelta(days=3)
    one = round_called(shop, "night", due_at=due)
    client.force_login(shop.qa_lead)
    address = at(shop, "change-round-terms", "night")
    form = client.get(address).context
    assert (form["given"]["title"], form["named"]) == ("Night", [])
    sent = {"title": "Night shelves", "gold_share": "2.5", "due_at": form["given"]["due_at"]}
    assert client.post(address, sent | {"members": [shop.annotator.username]}).url == at(
        shop, "round", "night"
    )
    one.refresh_from_db()
    one.queue.refresh_from_db()
    assert (one.title, one.queue.gold_share, one.due_at) == ("Night shelves", 0.025, due)
    assert list(one.queue.members.all()) == [shop.annotator]
    assert client.post(address, sent | {"due_at": ""}).status_code == 302
    one.refresh_from_db()
    assert (one.due_at, one.queue.members.count()) == (None, 0)
    refused = client.post(address, {"title": "Other", "gold_share": "-1", "due_at": "2020-01-01"})
    assert (refused.status_code, set(refused.context["errors"])) == (400, {"gold_share", "due_at"})
    assert set(client.post(address, sent | {"title": " "}).context["errors"]) == {"title"}
    one.refresh_from_db()
    assert one.title == "Night shelves"
    client.force_login(shop.annotator)
    assert client.post(address, sent).status_code == 403


def test_rounds_beyond_a_page_are_reached_from_it(client, shop, monkeypatch):
    monkeypatch.setattr(round_pages, "A_PAGE", 2)
    ImageFactory(project=shop.project)
    made = [round_called(shop, f"r{number}") for number in range(5)]
    client.force_login(shop.qa_lead)
    found, address = [], "?"
    while address:
        page = client.get(at(shop, "rounds") + address)
        found += [one for one, _ in page.context["under_way"]]
        address = page.context["under_way_page"].older
    assert found == made[::-1]
    for one in made[:3]:
        rounds.close(user=shop.qa_lead, which=one)
    first = client.get(at(shop, "rounds")).context
    assert [one for one, _ in first["closed"]] == [made[2], made[1]]
    last = client.get(at(shop, "rounds") + first["closed_page"].older)
    assert [one for one, _ in last.context["closed"]] == [made[0]]
    assert b"Newest" in last.content
    assert client.get(at(shop, "rounds") + "?closed_before=x").status_code == 404


def test_the_gold_a_queue_serves_is_set_beside_the_gold(client, shop):
    quiz_of(shop, 1)
    client.force_login(shop.qa_lead)
    names = [queue.name for queue in client.get(at(shop, "gold")).context["queues"]]
    assert "review" in names
    address = at(shop, "gold-share")
    assert client.post(address, {"queue": "review", "gold_share": "7.5"}).url == at(shop, "gold")
    assert shop.project.queues.get(name="review").gold_share == 0.075
    assert b'value="7.5"' in client.get(at(shop, "gold")).content
    said = client.post(address, {"queue": "review", "gold_share": "700"}, follow=True)
    assert b"Choose from 0 to 100 percent." in said.content
    assert shop.project.queues.get(name="review").gold_share == 0.075
    associates = shop.project.queues.filter(audience="associate").first()
    refused = client.post(address, {"queue": associates.name, "gold_share": "70"}, follow=True)
    assert f"Gold in {associates.name}: must be" in refused.content.decode()
    assert client.post(address, {"queue": "none", "gold_share": "1"}).status_code == 404
    client.force_login(shop.annotator)
    assert client.post(address, {"queue": "review", "gold_share": "1"}).status_code == 403

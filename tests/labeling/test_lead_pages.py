"""The QA lead's pages: who opens them, what they refuse, and what they ask of the database."""

from uuid import uuid4

import pytest
from django.urls import reverse

from labeling.models import GuidelineAcknowledgement, GuidelineVersion
from labeling.queries import said
from labeling.views.guidelines import LONGEST_BODY
from tests.factories.labeling import AnswerFactory, GuidelineFactory, ImageFactory, open_task, project_with

pytestmark = pytest.mark.django_db

PAGES = ("quality", "answers", "guidelines")


def at(shop, name, *more):
    return reverse(name, args=[shop.project.slug, *more])


@pytest.fixture
def lead(client, shop):
    client.force_login(shop.qa_lead)
    return client


def answered(shop, count, queue="review", **fields):
    return [
        AnswerFactory(task=open_task(shop.queue(queue)), user=shop.annotator, **fields) for _ in range(count)
    ]


@pytest.mark.parametrize("name", PAGES)
def test_leads_see_it_others_are_told_and_strangers_find_nothing(client, shop, name):
    found = {}
    for who in ("qa_lead", "engineer", "annotator", "associate", "stranger"):
        client.force_login(getattr(shop, who))
        found[who] = client.get(at(shop, name)).status_code
    assert found == {"qa_lead": 200, "engineer": 200, "annotator": 403, "associate": 403, "stranger": 404}
    client.logout()
    assert client.get(at(shop, name)).status_code == 302


def test_an_image_is_for_leads_of_its_own_project(client, shop, lead):
    image = open_task(shop.queue("review")).image
    assert lead.get(at(shop, "image", image.pk)).status_code == 200
    assert lead.get(at(shop, "image", ImageFactory(project=project_with()).pk)).status_code == 404
    client.force_login(shop.annotator)
    assert client.get(at(shop, "image", image.pk)).status_code == 403


@pytest.mark.parametrize(("name", "queries"), [("quality", 18), ("answers", 10)])
def test_more_answers_ask_no_more_of_the_database(shop, lead, name, queries, django_assert_num_queries):
    for more in (2, 6):
        answered(shop, more)
        with django_assert_num_queries(queries):
            lead.get(at(shop, name))


def test_answers_are_filtered_and_paged_without_a_gap(shop, lead, monkeypatch):
    monkeypatch.setattr(said, "PAGE_SIZE", 3)
    blocked = answered(shop, 1, value={"label": "blocked"})
    wanted = answered(shop, 7)
    seen, link = [], "?label=in_stock"
    while link:
        context = lead.get(at(shop, "answers") + link).context
        seen += [row.answer.pk for row in context["rows"]]
        link = context["older"]
    assert seen == [answer.pk for answer in reversed(wanted)]
    back = lead.get(at(shop, "answers") + f"?after={wanted[0].pk}").context
    assert [row.answer.pk for row in back["rows"]] == [answer.pk for answer in wanted[3:0:-1]]
    for query, found in (
        ("verdict=label", 3),
        ("person=nobody", 0),
        ("queue=audit", 0),
        ("label=blocked", 1),
    ):
        assert len(lead.get(f"{at(shop, 'answers')}?{query}").context["rows"]) == found
    assert lead.get(f"{at(shop, 'answers')}?before=x").status_code == 404
    assert lead.get(f"{at(shop, 'answers')}?after={blocked[0].pk}&person=\0").status_code == 200


def test_a_draft_is_kept_and_published_after_a_question(shop, lead):
    page = at(shop, "guidelines")
    assert lead.post(page, {"body": "# First\r\nLook."}).url == page
    assert GuidelineVersion.objects.get().body == "# First\nLook."
    assert lead.post(page, {"body": "# Better", "publish": "1"}).url == at(shop, "publish-guideline")
    draft = GuidelineVersion.objects.get()
    assert (draft.body, draft.published_at) == ("# Better", None)
    assert lead.post(at(shop, "publish-guideline")).url == page
    draft.refresh_from_db()
    assert (draft.number, draft.author) == (1, shop.qa_lead)
    assert GuidelineAcknowledgement.objects.get().user == shop.qa_lead
    assert lead.get(at(shop, "publish-guideline")).url == page


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("  \n", "Write something"),
        ("a\0b", "NUL byte"),
        ("x" * (LONGEST_BODY + 1), "100,000 is the most"),
    ],
)
def test_words_that_cannot_be_kept_are_refused_and_stay_in_the_editor(shop, lead, body, reason):
    response = lead.post(at(shop, "guidelines"), {"body": body})
    assert response.status_code == 400
    assert reason in response.content.decode()
    assert response.context["body"] == body
    assert not GuidelineVersion.objects.exists()


def test_the_preview_shows_markdown_and_no_script(shop, lead):
    shown = lead.post(at(shop, "preview-guideline"), {"body": "**Look** <script>x</script>"}).content.decode()
    assert "<strong>Look</strong>" in shown
    assert "<script>" not in shown
    assert lead.get(at(shop, "preview-guideline")).status_code == 405


def test_a_version_is_read_and_one_that_is_not_there_is_said(shop, lead):
    GuidelineFactory(project=shop.project, number=4, body="Fourth.")
    assert "Fourth." in lead.get(at(shop, "guideline", 4)).content.decode()
    assert "There is no version 9" in lead.get(at(shop, "guideline", 9), follow=True).content.decode()
    assert lead.get(at(shop, "image", uuid4())).status_code == 404

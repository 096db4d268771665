"""Rounds, known answers and quizzes over the API: all that their pages do."""

import uuid

import pytest

from labeling.models import Gold, Task
from labeling.services import rounds
from tests.factories.gold import known, quiz_of
from tests.factories.labeling import ImageFactory, open_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(shop):
    """`api(user, method, path, sent)`: the answer of that call by that user."""

    def call(user, method, path, sent=None):
        return getattr(shop.client(user), method)(f"/api/v1/{path}", sent, format="json")

    return call


def said(label="in_stock", **more):
    return {"client_id": str(uuid.uuid4()), "verdict": "label", "value": {"label": label}, **more}


def test_a_round_from_its_preview_to_its_end(shop, api):
    for number in range(5):
        ImageFactory(project=shop.project, context={"lighting": "night" if number < 3 else "day"})
    slug = shop.project.slug
    night = {"filters": {"context": {"lighting": "night"}}}
    chosen = api(shop.qa_lead, "post", f"projects/{slug}/rounds/preview/", night).json()
    assert (chosen["found"], len(chosen["images"])) == (3, 3)
    terms = {"name": "night", "title": "Night", "answers_required": 2, "members": [shop.annotator.username]}
    made = api(shop.qa_lead, "post", f"projects/{slug}/rounds/", night | terms)
    assert made.status_code == 201
    one = made.json()
    assert one["progress"] == {
        "asked": 3,
        "done": 0,
        "withdrawn": 0,
        "answers_left": 6,
        "coming": 0,
        "share": 0.0,
    }
    path = f"rounds/{one['id']}"
    assert (
        api(shop.qa_lead, "patch", f"{path}/", {"title": "At night", "gold_share": 0.1}).json()["gold_share"]
        == 0.1
    )
    claimed = api(shop.annotator, "post", f"queues/{one['id']}/claim/", {}).json()["tasks"][0]
    sent = said(lease=claimed["lease"]["token"])
    assert api(shop.annotator, "post", f"tasks/{claimed['id']}/answers/", sent).status_code == 201
    assert api(shop.qa_lead, "post", f"{path}/pause/").json()["paused_at"] is not None
    assert api(shop.annotator, "post", f"queues/{one['id']}/claim/", {}).json()["tasks"] == []
    assert api(shop.qa_lead, "post", f"{path}/resume/").json()["paused_at"] is None
    assert api(shop.qa_lead, "post", f"{path}/images/", {"filters": {}}).json()["progress"]["asked"] == 5
    seen = api(shop.qa_lead, "get", f"{path}/").json()
    assert seen["forecast"] is None
    assert [(person["name"], person["answers"]) for person in seen["people"]] == [(str(shop.annotator), 1)]
    assert [each["found"] for each in seen["additions"]] == [3, 2]
    closed = api(shop.qa_lead, "post", f"{path}/close/").json()
    assert (closed["progress"]["withdrawn"], closed["progress"]["answers_left"]) == (5, 0)
    late = api(shop.qa_lead, "post", f"{path}/images/", {"filters": {}})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/round-closed")
    listed = api(shop.qa_lead, "get", f"projects/{slug}/rounds/").json()["results"]
    assert [row["title"] for row in listed] == ["At night"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"title": "T", "filters": {}}, "name"),
        ({"name": "review", "title": "T", "filters": {}}, "name"),
        ({"name": "new", "title": "T", "filters": {}}, "name"),
        ({"name": "r", "title": "T", "filters": {"source": "gone"}}, "filters.source"),
        ({"name": "r", "title": "T", "filters": []}, "filters"),
        ({"name": "r", "title": "T", "filters": {}, "members": ["nobody"]}, "members"),
        ({"name": "r", "title": "T", "filters": {}, "answers_required": 0}, "answers_required"),
        ({"name": "r", "title": "T\0", "filters": {}}, "title"),
        ({"name": "r", "title": "T", "filters": {"context": {"a\0": 1}}}, "filters.context"),
    ],
)
def test_a_round_that_cannot_be_is_refused_by_field(shop, api, sent, field):
    ImageFactory(project=shop.project)
    refused = api(shop.qa_lead, "post", f"projects/{shop.project.slug}/rounds/", sent)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])
    assert not Task.objects.exists()


def test_more_rounds_ask_no_more_of_the_database(shop, django_assert_num_queries):
    ImageFactory(project=shop.project)
    client, path = shop.client(shop.qa_lead), f"/api/v1/projects/{shop.project.slug}/rounds/"
    for more in ("a", "b", "c"):
        rounds.make_round(user=shop.qa_lead, project=shop.project, name=more, title=more, filters={})
        with django_assert_num_queries(6):
            assert client.get(path).status_code == 200


def test_a_quiz_over_the_api_from_gold_to_its_marks(shop, api):
    slug, image = shop.project.slug, ImageFactory(project=shop.project)
    sent = {"image": str(image.pk), "value": {"label": "blocked"}, "why": "A trolley stands before it."}
    gold = api(shop.qa_lead, "post", f"projects/{slug}/gold/", sent)
    assert gold.status_code == 201
    quiz = api(
        shop.qa_lead,
        "post",
        f"projects/{slug}/quizzes/",
        {"name": "First", "gold": [gold.json()["id"]], "pass_share": 1},
    ).json()
    assert (quiz["questions"], quiz["for_user"]) == (1, None)
    task = open_task(shop.queue("review"))
    for path, body in (
        (f"queues/{shop.queue('review').pk}/claim/", {}),
        (f"tasks/{task.pk}/answers/", said()),
    ):
        first = api(shop.annotator, "post", path, body)
        assert (first.status_code, first.json()["type"]) == (409, "/problems/quiz-first")
        assert first.json()["quiz"] == {"id": quiz["id"], "name": "First"}
    begun = api(shop.annotator, "post", f"quizzes/{quiz['id']}/attempts/")
    assert begun.status_code == 201
    attempt = begun.json()
    waiting = api(shop.annotator, "get", "queues/").json()["results"]
    assert attempt["queue"] in {row["id"] for row in waiting}
    assert attempt["queue"] not in {
        row["id"] for row in api(shop.qa_lead, "get", "queues/").json()["results"]
    }
    assert api(shop.annotator, "get", f"quiz-attempts/{attempt['id']}/").json()["answers"] is None
    claimed = api(shop.annotator, "post", f"queues/{attempt['queue']}/claim/", {}).json()["tasks"][0]
    assert "gold" not in claimed
    reply = api(
        shop.annotator,
        "post",
        f"tasks/{claimed['id']}/answers/",
        said("in_stock", lease=claimed["lease"]["token"]),
    )
    assert reply.json()["resolution"] is None
    marked = api(shop.annotator, "get", f"quiz-attempts/{attempt['id']}/").json()
    assert (marked["right"], marked["passed"]) == (0, False)
    assert marked["answers"] == [
        {
            "image": str(image.pk),
            "said": {"label": "in_stock"},
            "known": {"label": "blocked"},
            "right": False,
            "why": "A trolley stands before it.",
        }
    ]
    others = api(shop.qa_lead, "get", f"quizzes/{quiz['id']}/attempts/").json()["results"]
    assert [row["user"] for row in others] == [shop.annotator.username]
    assert api(shop.qa_lead, "post", f"quizzes/{quiz['id']}/retire/").json()["retired_at"] is not None
    closed = api(shop.annotator, "post", f"quizzes/{quiz['id']}/attempts/")
    assert closed.status_code == 404
    assert api(shop.annotator, "post", f"queues/{shop.queue('review').pk}/claim/", {}).json()["tasks"] != []


def test_a_quiz_or_gold_that_cannot_be_is_refused_by_field(shop, api):
    slug = shop.project.slug
    (one,) = known(shop, 1)
    for path, sent, field in (
        ("gold", {"image": str(uuid.uuid4()), "value": {"label": "blocked"}}, "image"),
        ("gold", {"image": str(one.image_id), "value": {"label": "gone"}}, "value.label"),
        ("gold", {"image": str(one.image_id), "value": None}, "value"),
        ("quizzes", {"name": "Q", "gold": [str(uuid.uuid4())]}, "gold"),
        ("quizzes", {"name": "Q", "gold": [str(one.pk)], "pass_share": 2}, "pass_share"),
        ("quizzes", {"name": "Q", "gold": [str(one.pk)], "for_user": "nobody"}, "for_user"),
        ("quizzes", {"name": "Q", "gold": [str(one.pk)], "for_user": shop.qa_lead.username}, "for_user"),
    ):
        refused = api(shop.qa_lead, "post", f"projects/{slug}/{path}/", sent)
        assert (refused.status_code, list(refused.json()["errors"])) == (400, [field]), (sent, refused.json())
    assert Gold.objects.count() == 1
    quiz = quiz_of(shop, 1, for_user=shop.annotator)
    assert api(shop.qa_lead, "post", f"quizzes/{quiz.pk}/attempts/").status_code == 403
    assert api(shop.qa_lead, "post", f"gold/{one.pk}/retire/").json()["retired_at"] is not None
    assert api(shop.qa_lead, "get", f"projects/{slug}/gold-scores/").json() == {"scores": []}

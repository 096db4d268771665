"""Claiming, answering, renewing and releasing over the API, as a person's page or a script does it."""

import json
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.models import Answer, Resolution, Slot, Task
from tests.factories.labeling import GuidelineFactory, ImageFactory, open_task
from tests.factories.people import member

pytestmark = pytest.mark.django_db

PROPOSAL = {"label": "low_stock", "confidence": 0.41, "scores": {"low_stock": 0.41}, "model": "first"}


def body(lease, verdict="label", value=None, **more):
    given = {"lease": lease, "client_id": str(uuid.uuid4()), "verdict": verdict, "seconds": 1.5}
    return given | ({"value": value} if value is not None else {}) | more


def post(client, path, data=None, **headers):
    return client.post(f"/api/v1/{path}", data or {}, format="json", headers=headers)


def claimed(client, queue, **terms):
    (task,) = post(client, f"queues/{queue.pk}/claim/", terms).json()["tasks"]
    return task


def test_a_claim_gives_all_a_page_needs(shop):
    image = ImageFactory(project=shop.project, filename="shelf.jpg")
    capture = uuid.uuid4()
    task = open_task(shop.queue("review"), image, proposal=PROPOSAL, capture_id=capture)
    given = claimed(shop.client(shop.annotator), shop.queue("review"))
    assert given.keys() == {
        *(
            "id",
            "project",
            "queue",
            "state",
            "image",
            "capture",
            "proposal",
            "guideline",
            "due_at",
            "lease",
            "region",
        )
    }
    assert given["id"] == str(task.pk)
    assert given["project"] == shop.project.slug
    assert given["queue"] == str(shop.queue("review").pk)
    assert given["capture"] == str(capture)
    assert given["proposal"] == PROPOSAL
    assert given["guideline"] is None
    assert given["image"].keys() == {
        *("id", "sha256", "url", "width", "height", "filename", "source", "captured_at", "context")
    }
    assert given["image"]["sha256"] == image.sha256
    assert given["lease"].keys() == {"token", "expires_at", "renewable_until"}


def test_an_empty_queue_answers_an_empty_list_and_what_others_hold(shop):
    open_task(shop.queue("review"))
    claimed(shop.client(shop.annotator), shop.queue("review"))
    other = shop.client(member(shop.project, "annotator"))
    answer = post(other, f"queues/{shop.queue('review').pk}/claim/")
    assert answer.status_code == 200
    assert answer.json() == {"tasks": [], "waiting": 1}


def test_a_blind_task_shows_no_proposal_no_score_and_no_capture(shop):
    blind = shop.queue("audit")
    task = open_task(blind, proposal=PROPOSAL, capture_id=uuid.uuid4())
    client = shop.client(shop.annotator)
    given = claimed(client, blind)
    detail = client.get(f"/api/v1/tasks/{task.pk}/")
    for shown in (given, detail.json()):
        assert shown["proposal"] is None
        assert shown["capture"] is None
    assert b"0.41" not in detail.content


def test_count_takes_several_and_is_bounded(shop):
    for _ in range(3):
        open_task(shop.queue("review"))
    client = shop.client(shop.annotator)
    path = f"queues/{shop.queue('review').pk}/claim/"
    assert post(client, path, {"count": 21}).json()["errors"].keys() == {"count"}
    assert len(post(client, path, {"count": 20}).json()["tasks"]) == 3


def test_a_named_task_is_claimed_and_claiming_it_again_keeps_it(shop):
    queue = shop.queue("alerts")
    open_task(queue, site_id=shop.north.pk)
    wanted = open_task(queue, site_id=shop.north.pk)
    client = shop.client(shop.associate)
    first = claimed(client, queue, task=str(wanted.pk))
    assert first["id"] == str(wanted.pk)
    assert claimed(client, queue, task=str(wanted.pk))["lease"] == first["lease"]
    lead = post(shop.client(shop.qa_lead), f"queues/{queue.pk}/claim/", {"task": str(wanted.pk)})
    assert (lead.status_code, lead.json()["type"]) == (409, "/problems/lease-lost")


@pytest.mark.parametrize(
    ("verdict", "value", "kept"),
    [
        ("accept", None, {"label": "low_stock"}),
        ("accept", {"label": "low_stock"}, {"label": "low_stock"}),
        ("correct", {"label": "in_stock"}, {"label": "in_stock"}),
        ("cant_tell", None, None),
        ("none_of_these", None, None),
    ],
)
def test_every_verdict_is_recorded_and_resolves(shop, verdict, value, kept):
    task = open_task(shop.queue("review"), proposal=PROPOSAL)
    client = shop.client(shop.annotator)
    lease = claimed(client, shop.queue("review"))["lease"]["token"]
    words = {"words": "a cardboard display"} if verdict == "none_of_these" else {}
    answer = post(client, f"tasks/{task.pk}/answers/", body(lease, verdict, value, **words))
    assert answer.status_code == 201
    resolution = Resolution.objects.get(image=task.image)
    assert answer.json() == {
        "id": str(Answer.objects.get().pk),
        "task": str(task.pk),
        "verdict": verdict,
        "value": kept,
        "state": "counted",
        "resolution": str(resolution.pk),
        "supersedes": None,
    }
    assert resolution.value == kept
    assert Task.objects.get().state == "resolved"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"value": {"label": "lo_stock"}}, "value.label"),
        ({"value": {"label": None}}, "value.label"),
        ({"value": {"label": ["in_stock"]}}, "value.label"),
        ({"value": {"labels": ["in_stock"]}}, "value.labels"),
        ({"value": {"label": "in_stock", "box": []}}, "value.box"),
        ({"value": "in_stock"}, "value"),
        ({"value": None}, "value"),
        ({"verdict": "label", "value": {"label": "in_stock"}}, "verdict"),
        ({"verdict": "perhaps"}, "verdict"),
        ({"verdict": "cant_tell", "value": {"label": "in_stock"}}, "value"),
        ({"verdict": "none_of_these", "value": None}, "words"),
        ({"verdict": "accept", "value": {"label": "in_stock"}}, "value"),
        ({"client_id": "7"}, "client_id"),
        ({"seconds": -1}, "seconds"),
        ({"words": "a\0b"}, "words"),
        ({"shown": [1]}, "shown"),
        ({"shown": {"a": "\0"}}, "shown"),
    ],
)
def test_a_bad_answer_names_its_field_and_leaves_nothing(shop, given, field):
    task = open_task(shop.queue("review"), proposal=PROPOSAL)
    client = shop.client(shop.annotator)
    lease = claimed(client, shop.queue("review"))["lease"]["token"]
    sent = body(lease, "correct", {"label": "in_stock"}) | given
    answer = post(client, f"tasks/{task.pk}/answers/", sent)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert list(answer.json()["errors"]) == [field]
    assert not Answer.objects.exists()
    assert Slot.objects.get().answered_at is None


def test_half_a_surrogate_pair_is_refused_wherever_it_stands(shop):
    task = open_task(shop.queue("review"))
    client = shop.client(shop.annotator)
    for given in ('{"\\ud800": 1}', '{"label": "\\ud800"}'):
        sent = json.dumps(body(None, value={})).replace('"value": {}', f'"value": {given}')
        path = f"/api/v1/tasks/{task.pk}/answers/"
        for field in ("shown", "value"):
            text = sent.replace('"value"', f'"{field}"')
            answer = client.post(path, text, content_type="application/json")
            assert answer.status_code == 400
            assert next(iter(answer.json()["errors"])).startswith(field)
    sent = json.dumps(body(None)).replace('"label"', '"\\ud800"')
    assert client.post(path, sent, content_type="application/json").status_code == 400


def test_without_a_lease_a_free_task_is_claimed_and_answered_in_one_step(shop):
    task = open_task(shop.queue("review"))
    client = shop.client(shop.annotator)
    answer = post(client, f"tasks/{task.pk}/answers/", body(None, value={"label": "in_stock"}))
    assert (answer.status_code, answer.json()["state"]) == (201, "counted")


def test_an_answer_sent_twice_is_recorded_once_and_answered_alike(shop):
    task = open_task(shop.queue("review"))
    client = shop.client(shop.annotator)
    sent = body(claimed(client, shop.queue("review"))["lease"]["token"], value={"label": "in_stock"})
    first = post(client, f"tasks/{task.pk}/answers/", sent)
    again = post(client, f"tasks/{task.pk}/answers/", sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Answer.objects.count() == Resolution.objects.count() == 1


def test_a_first_answer_of_two_is_answered_alike_after_the_second(shop):
    queue = shop.queue("review")
    queue.answers_required = 2
    queue.save()
    task = open_task(queue)
    sent, answers = {}, {}
    for user in (shop.annotator, member(shop.project, "annotator")):
        client = shop.client(user)
        sent[client] = body(claimed(client, queue)["lease"]["token"], value={"label": "in_stock"})
        answers[client] = post(client, f"tasks/{task.pk}/answers/", sent[client]).json()
    first, second = answers.values()
    assert first["resolution"] is None
    assert second["resolution"] == str(Resolution.objects.get().pk)
    for client, data in sent.items():
        assert post(client, f"tasks/{task.pk}/answers/", data).json() == answers[client]


def test_an_expired_lease_is_claimable_again_and_the_late_answer_is_kept(shop):
    task = open_task(shop.queue("review"))
    late, quick = shop.client(shop.annotator), shop.client(member(shop.project, "annotator"))
    lost = claimed(late, shop.queue("review"))["lease"]["token"]
    Slot.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    held = claimed(quick, shop.queue("review"))["lease"]["token"]
    sent = body(lost, value={"label": "blocked"})
    refused = post(late, f"tasks/{task.pk}/answers/", sent)
    assert refused.status_code == 409
    assert refused["Content-Type"] == "application/problem+json"
    kept = Answer.objects.get()
    assert refused.json()["type"] == "/problems/lease-lost"
    assert (refused.json()["answer"], refused.json()["state"]) == (str(kept.pk), "late")
    assert kept.state == "late"
    assert post(late, f"tasks/{task.pk}/answers/", sent).json() == refused.json() | {
        "detail": "This answer came too late. Your answer is kept, and counts in nothing."
    }
    counted = post(quick, f"tasks/{task.pk}/answers/", body(held, value={"label": "in_stock"}))
    assert counted.status_code == 201
    assert Resolution.objects.get().value == {"label": "in_stock"}
    closed = post(late, f"tasks/{task.pk}/answers/", body(None, value={"label": "blocked"}))
    assert (closed.status_code, closed.json()["type"]) == (409, "/problems/task-closed")


def test_a_late_answer_survives_its_idempotency_key(shop):
    task = open_task(shop.queue("review"))
    client = shop.client(shop.annotator)
    lost = claimed(client, shop.queue("review"))["lease"]["token"]
    Slot.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    sent = body(lost, value={"label": "blocked"})
    first = post(client, f"tasks/{task.pk}/answers/", sent, **{"Idempotency-Key": "k"})
    again = post(client, f"tasks/{task.pk}/answers/", sent, **{"Idempotency-Key": "k"})
    assert first.status_code == again.status_code == 409
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert again["Content-Type"] == "application/problem+json"
    assert Answer.objects.get().state == "late"


def test_an_idempotency_key_replays_a_claim_and_refuses_another_body(shop):
    for _ in range(2):
        open_task(shop.queue("review"))
    client = shop.client(shop.annotator)
    path = f"queues/{shop.queue('review').pk}/claim/"
    first = post(client, path, {"count": 1}, **{"Idempotency-Key": "once"})
    again = post(client, path, {"count": 1}, **{"Idempotency-Key": "once"})
    assert again.json() == first.json()
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert Slot.objects.filter(user=shop.annotator).count() == 1
    conflict = post(client, path, {"count": 2}, **{"Idempotency-Key": "once"})
    assert (conflict.status_code, conflict.json()["type"]) == (409, "/problems/idempotency-conflict")


def test_a_new_guideline_stops_the_claim_until_it_is_read(shop):
    task = open_task(shop.queue("review"))
    guideline = GuidelineFactory(project=shop.project, number=3)
    client = shop.client(shop.annotator)
    path = f"queues/{shop.queue('review').pk}/claim/"
    stopped = post(client, path)
    assert (stopped.status_code, stopped.json()["type"]) == (409, "/problems/guideline-not-acknowledged")
    assert stopped.json()["guideline"] == {"id": str(guideline.pk), "number": 3}
    direct = post(client, f"tasks/{task.pk}/answers/", body(None, value={"label": "in_stock"}))
    assert direct.json()["type"] == "/problems/guideline-not-acknowledged"
    assert post(client, f"guidelines/{guideline.pk}/acknowledge/").status_code == 200
    given = claimed(client, shop.queue("review"))
    assert given["guideline"] == {"id": str(guideline.pk), "number": 3}
    GuidelineFactory(project=shop.project, number=4)
    post(client, f"tasks/{task.pk}/answers/", body(given["lease"]["token"], value={"label": "in_stock"}))
    assert Answer.objects.get().guideline == guideline


def test_a_lease_is_renewed_to_thirty_minutes_at_most_and_given_back(shop):
    open_task(shop.queue("review"))
    client = shop.client(shop.annotator)
    lease = claimed(client, shop.queue("review"))["lease"]
    now = timezone.now()
    Slot.objects.update(leased_at=now - timedelta(minutes=28), expires_at=now + timedelta(seconds=60))
    renewed = post(client, f"leases/{lease['token']}/renew/").json()
    assert renewed["expires_at"] == renewed["renewable_until"] < lease["renewable_until"]
    assert post(client, f"leases/{lease['token']}/release/").status_code == 204
    gone = post(client, f"leases/{lease['token']}/renew/")
    assert (gone.status_code, gone.json()["type"]) == (409, "/problems/lease-lost")
    assert claimed(shop.client(member(shop.project, "annotator")), shop.queue("review"))


@pytest.mark.parametrize("token", ["x", "1", "1.", ".x", "9" * 40 + ".x", "1.%00", "١.x", "-1.x"])
def test_a_token_that_is_no_lease_is_lost(shop, token):
    answer = post(shop.client(shop.annotator), f"leases/{token}/renew/")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/lease-lost")


def test_the_last_answer_is_undone_by_another(shop):
    task = open_task(shop.queue("review"))
    client = shop.client(shop.annotator)
    first = post(client, f"tasks/{task.pk}/answers/", body(None, value={"label": "in_stock"})).json()
    undo = body(None, value={"label": "blocked"}, supersedes=first["id"])
    second = post(client, f"tasks/{task.pk}/answers/", undo)
    assert second.status_code == 201
    assert second.json()["supersedes"] == first["id"]
    assert Resolution.objects.get(replaced_at=None).value == {"label": "blocked"}
    assert post(client, f"tasks/{task.pk}/answers/", undo).json() == second.json()
    twice = post(client, f"tasks/{task.pk}/answers/", undo | {"client_id": str(uuid.uuid4())})
    assert (twice.status_code, list(twice.json()["errors"])) == (400, ["supersedes"])
    other = shop.client(member(shop.project, "annotator"))
    theirs = undo | {"client_id": str(uuid.uuid4()), "supersedes": second.json()["id"]}
    assert post(other, f"tasks/{task.pk}/answers/", theirs).status_code == 400


def test_a_client_id_belongs_to_one_task(shop):
    client = shop.client(shop.annotator)
    sent = body(None, value={"label": "in_stock"})
    for status in (201, 409):
        task = open_task(shop.queue("review"))
        answer = post(client, f"tasks/{task.pk}/answers/", sent)
        assert answer.status_code == status
    assert answer.json()["type"] == "/problems/idempotency-conflict"

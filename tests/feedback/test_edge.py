"""What devices at the edge are given, what they send, and that it is decided here as it was there."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from random import Random
from types import SimpleNamespace
from uuid import UUID, uuid4

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image as Picture

from feedback.models import Certificate, EdgeCount, EdgeReport, RoutingDecision, RoutingPolicy
from inference.domain.edge import is_signed, sign
from inference.domain.routing import sticky_draw
from inference.edge.agent import Agent, Options
from inference.edge.centre import Centre
from inference.edge.champion import Store
from inference.edge.clock import Clock
from inference.edge.outbox import Outbox
from inference.edge.spool import Spool
from inference.edge.waiting import Worth
from inference.edge.watching import Folder
from inference.enums import Action
from inference.models import Calibration, Capture
from inference.services import predicting
from labeling.models import Task
from people.enums import Scope
from people.models import IdempotencyKey
from people.services.tokens import digest_of
from tests.factories.inference import ModelVersionFactory, colour_model, colour_project, coloured
from tests.factories.people import TokenFactory, client_of, member

pytestmark = pytest.mark.django_db
NONCE = "0123456789abcdef"
CAPTURES = "/api/v1/captures/"


@pytest.fixture
def project():
    made = colour_project(champion=False)
    content = colour_model()
    digest = hashlib.sha256(content).hexdigest()
    ModelVersionFactory(project=made, stage="champion", sha256=digest, bytes=len(content))
    return made


@pytest.fixture
def device(project):
    return client_of(member(project, "engineer"), project, scopes=[Scope.EDGE])


def said(project, **changed):
    policy = project.policies.latest("version")
    told = {
        "capture": str(uuid4()),
        "device": "till",
        "model": str(project.models.get().pk),
        "policy": str(policy.pk),
        "trust": str(UUID(int=0)),
        "raw_confidence": 0.8,
        **changed,
    }
    return {name: value for name, value in told.items() if value is not None}


def sent(project, confidence=0.97, seed=0, **changed):
    return {
        "project": project.slug,
        "source": project.sources.get().key,
        "image": SimpleUploadedFile("shelf.jpg", coloured("red", seed), "image/jpeg"),
        "prediction": json.dumps({"label": "red", "confidence": confidence}),
        "edge": json.dumps(said(project, **changed)),
    }


def predicted(project):
    with ThreadPoolExecutor(1) as workers:
        return predicting.predict(project_id=project.pk, served=None, workers=workers)


def test_the_manifest_says_by_what_to_decide_and_is_signed_for_its_token(project):
    user, secret = member(project, "engineer"), "s" * 43
    TokenFactory(user=user, project=project, scopes=["edge"], digest=digest_of(secret))
    client = client_of(user, project)
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    answer = client.get(f"/api/v1/projects/{project.slug}/edge/?nonce={NONCE}").json()
    assert is_signed(answer["signature"], digest_of(secret), NONCE, answer["manifest"])
    assert not is_signed(answer["signature"], digest_of("another"), NONCE, answer["manifest"])
    assert sign(digest_of(secret), "fedcba9876543210", answer["manifest"]) != answer["signature"]
    told, model = json.loads(answer["manifest"]), project.models.get()
    assert told["model"]["files"] == [{"sha256": model.sha256, "bytes": model.bytes}]
    policy = project.policies.get()
    assert (told["policy"]["draw_key"], told["policy"]["id"]) == (policy.draw_key, str(policy.pk))
    assert told["trust"] == {"newest": None, "cells": []}
    assert told["privacy"] == {"blurs": [], "face_detector": None}


@pytest.mark.parametrize(
    ("path", "status"),
    [("?nonce=short", 400), ("", 400), ("files/" + "0" * 64 + "/", 404), (f"?nonce={NONCE}", 200)],
)
def test_what_is_asked_wrongly_is_refused(project, device, path, status):
    assert device.get(f"/api/v1/projects/{project.slug}/edge/{path}").status_code == status


def test_a_project_without_a_model_has_none_to_give(device, project):
    project.models.update(stage="retired")
    assert device.get(f"/api/v1/projects/{project.slug}/edge/?nonce={NONCE}").status_code == 404


@pytest.mark.parametrize(
    ("role", "scope", "status"), [("qa_lead", "admin", 403), ("engineer", "ingest", 403)]
)
def test_the_draws_key_is_for_devices_of_engineers_alone(project, role, scope, status):
    client = client_of(member(project, role), project, scopes=[scope])
    assert client.get(f"/api/v1/projects/{project.slug}/edge/?nonce={NONCE}").status_code == status
    # A token that may send captures may not claim what was decided of them.
    if scope == "ingest":
        assert client.post(CAPTURES, sent(project), format="multipart").status_code == 403


def test_a_strangers_device_finds_nothing(project):
    other = colour_project()
    device = client_of(member(other, "engineer"), other, scopes=[Scope.EDGE])
    for path in (f"?nonce={NONCE}", "files/" + "0" * 64 + "/"):
        assert device.get(f"/api/v1/projects/{project.slug}/edge/{path}").status_code == 404
    assert device.post(f"/api/v1/projects/{project.slug}/edge/reports/", {}, format="json").status_code == 404


def test_what_a_device_decided_is_decided_so_here_under_its_own_model_and_policy(project, device):
    theirs = project.policies.get()
    RoutingPolicy.objects.filter(pk=theirs.pk).update(threshold=0.9, audit_share=0.5)
    ids = [str(uuid4()) for _ in range(12)]
    for seed, capture in enumerate(ids):
        form = sent(project, 0.97 if seed else 0.4, seed, capture=capture, policy=str(theirs.pk))
        assert device.post(CAPTURES, form, format="multipart").status_code == 202
    # A new policy is in force when they are predicted, under which all would go to people.
    RoutingPolicy.objects.create(
        project=project,
        version=2,
        threshold=1,
        audit_share=0,
        queue=theirs.queue,
        audit_queue=theirs.audit_queue,
    )
    predicted(project)
    theirs.refresh_from_db()
    key = theirs.draw_key.encode()
    for capture in Capture.objects.all():
        decision = RoutingDecision.objects.get(capture_id=capture.pk)
        draw = sticky_draw(key, capture.external["edge"]["capture"])
        sure = capture.prediction.confidence > 0.9
        expected = ("audit" if draw < 0.5 else "accept") if sure else "review"
        assert (decision.action, decision.policy_id, decision.draw) == (expected, theirs.pk, draw)
        assert capture.prediction.model == project.models.get()
        assert capture.prediction.raw_confidence == 0.8
    assert Task.objects.filter(queue=theirs.queue).count() == 1


def test_the_same_capture_years_later_is_the_one_it_was(project, device):
    form, headers = sent(project), {"HTTP_IDEMPOTENCY_KEY": "k"}
    first = device.post(CAPTURES, form, format="multipart", **headers)
    IdempotencyKey.objects.all().delete()
    form["image"].seek(0)
    again = device.post(CAPTURES, form, format="multipart", **headers)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert Capture.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"model": str(uuid4())}, "edge.model"),
        ({"policy": str(uuid4())}, "edge.policy"),
        ({"capture": None}, "edge.capture"),
        ({"raw_confidence": 2}, "edge.raw_confidence"),
    ],
)
def test_what_no_device_of_ours_would_say_is_refused_by_name(project, device, changed, field):
    answer = device.post(CAPTURES, sent(project, **changed), format="multipart")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not Capture.objects.exists()


class TestReports:
    # Of all of a test's reports the same one, also where another begins meanwhile.
    hour = timezone.now()

    def report(self, project, **changed):
        count = {
            "source": project.sources.get().key,
            "hour": self.hour.isoformat(),
            "model": str(project.models.get().pk),
            "policy": str(project.policies.get().pk),
            "label": "red",
            "bucket": 19,
            "captures": 30,
            **changed,
        }
        return {"report": str(uuid4()), "device": "till", "counts": [count], "lost": 2}

    def test_counts_add_up_and_a_repetition_adds_nothing(self, project, device):
        url = f"/api/v1/projects/{project.slug}/edge/reports/"
        first, second = self.report(project), self.report(project, captures=5)
        for report in (first, first, second):
            assert device.post(url, report, format="json").status_code == 201
        count = EdgeCount.objects.get()
        assert (count.captures, count.label, count.hour.minute) == (35, "red", 0)
        assert list(EdgeReport.objects.values_list("lost", flat=True)) == [2, 2]

    def test_leads_read_them_at_the_same_cost_however_many(self, project, device, django_assert_num_queries):
        url = f"/api/v1/projects/{project.slug}/edge/reports/"
        lead = client_of(member(project, "qa_lead"), project, scopes=[Scope.READ])
        for bucket in range(4):
            device.post(url, self.report(project, bucket=bucket), format="json")
        with django_assert_num_queries(3):
            found = lead.get(url).json()["results"]
        assert [row["bucket"] for row in found] == [3, 2, 1, 0]
        assert (found[0]["source"], found[0]["policy"]) == (project.sources.get().key, 1)
        annotator = client_of(member(project, "annotator"), project, scopes=[Scope.READ])
        assert annotator.get(url).status_code == 403

    def test_what_is_not_of_this_project_is_refused_whole(self, project, device):
        url = f"/api/v1/projects/{project.slug}/edge/reports/"
        wrong = self.report(project, model=str(uuid4()), label="violet")
        answer = device.post(url, wrong, format="json")
        assert answer.status_code == 400
        assert set(answer.json()["errors"]) == {"counts.0.model", "counts.0.label"}
        assert not EdgeReport.objects.exists()


class TestADeviceAndThisCentre:
    """The agent's own code against the API, with no network between."""

    @pytest.fixture
    def run(self, project, tmp_path, monkeypatch):
        # The same draws in every run: they go by the policy's key and the capture's id.
        project.policies.update(draw_key="key")
        chance = Random(2)
        named = SimpleNamespace(uuid4=lambda: UUID(int=chance.getrandbits(128), version=4))
        monkeypatch.setattr("inference.edge.agent.uuid", named)
        secret = "s" * 43
        user = member(project, "engineer")
        TokenFactory(user=user, project=project, scopes=["edge"], digest=digest_of(secret))
        incoming, clock = tmp_path / "in", Clock()
        incoming.mkdir()

        def run(*pictures):
            """What the device decided of each picture, once all was sent."""
            for number, data in enumerate(pictures):
                (incoming / f"{number:02}.jpg").write_bytes(data)
            spool = Spool(tmp_path / "spool.sqlite3", most_bytes=1 << 24)
            transport = httpx.MockTransport(through)
            url = {"url": "http://testserver", "project": project.slug, "token": secret}
            outbox = Outbox(
                spool=lambda: spool,
                centre=Centre(**url, clock=clock, transport=transport),
                store=Store(tmp_path / "champion", token=secret),
                clock=clock,
                device="till",
                poll_seconds=30,
            )
            outbox.poll()
            source = project.sources.get().key
            folders = [Folder(source, incoming, settle_seconds=0)]
            agent = Agent(spool=spool, outbox=outbox, folders=folders, options=Options(device="till"))
            agent.step()
            rows = spool._database.execute("SELECT id, worth FROM captures")
            kept = {capture: Worth(worth) for capture, worth in rows}
            outbox.round(spool, report_now=True)
            assert (spool.waiting(), spool.refused()) == (0, 0)
            spool.close()
            return kept

        return run

    def decided_here(self, project):
        predicted(project)
        captures = Capture.objects.in_bulk(RoutingDecision.objects.values_list("capture_id", flat=True))
        here = {Action.REVIEW: Worth.UNSURE, Action.AUDIT: Worth.AUDIT, Action.ACCEPT: Worth.CERTAIN}
        return {
            captures[decision.capture_id].external["edge"]["capture"]: here[Action(decision.action)]
            for decision in RoutingDecision.objects.all()
        }

    @pytest.mark.parametrize("budget", [None, 0.1])
    def test_both_decide_alike(self, project, run, budget):
        policy = project.policies.get()
        RoutingPolicy.objects.filter(pk=policy.pk).update(
            threshold=0.99, audit_share=0.5, error_budget=budget, slice_by="source" if budget else ""
        )
        model = project.models.get()
        Calibration.objects.create(model=model, temperature=0.8, answers=100)
        if budget:
            Certificate.objects.create(
                project=project,
                policy=policy,
                model=model,
                slice=project.sources.get().key,
                state="ok",
                threshold=0.991,
                bound=0.05,
                answers=300,
            )
        pictures = [coloured(colour, seed) for seed in range(6) for colour in ("red", "green", "blue")]
        there = run(*pictures, mixed())
        if budget:
            # Taken back before what the device sent is looked at: it is decided as it was there.
            Certificate.objects.create(
                project=project,
                policy=policy,
                model=model,
                slice=project.sources.get().key,
                state="stop",
                answers=300,
                reason="harm",
            )
        assert self.decided_here(project) == there
        assert set(there.values()) == {Worth.UNSURE, Worth.AUDIT}
        accepted = sum(EdgeCount.objects.values_list("captures", flat=True))
        assert (len(there) + accepted, accepted > 0) == (19, True)

    def test_nothing_certified_goes_to_people_however_sure_it_is(self, project, run):
        RoutingPolicy.objects.update(threshold=0, error_budget=0.1)
        there = run(coloured("red"), coloured("blue"))
        assert list(there.values()) == [Worth.UNSURE] * 2
        policy, model = project.policies.get(), project.models.get()
        Certificate.objects.create(
            project=project, policy=policy, model=model, state="ok", threshold=0.1, bound=0.05, answers=300
        )
        assert self.decided_here(project) == there


def mixed():
    """A picture of no colour more than another."""
    out = BytesIO()
    Picture.new("RGB", (64, 48), (128, 128, 128)).save(out, "JPEG")
    return out.getvalue()


def through(request):
    """The API's answer to what a device asks, without a network."""
    request.read()
    headers = {name: value for name, value in request.headers.items() if name.lower() != "content-type"}
    kind = request.headers.get("Content-Type", "")
    path = request.url.raw_path.decode()
    answer = Client().generic(request.method, path, request.content, content_type=kind, headers=headers)

    async def whole():
        return b"".join([chunk async for chunk in answer.streaming_content])

    content = async_to_sync(whole)() if answer.streaming else answer.content
    return httpx.Response(
        answer.status_code, content=content, headers={"Content-Type": answer["Content-Type"]}
    )

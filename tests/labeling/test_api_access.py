"""Who may reach what: every labeling endpoint, walked by everybody who might try."""

import uuid
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.urls import get_resolver
from django.utils import timezone

from labeling.domain.agreement.filters import Filters
from labeling.models import Answer, LabelImport
from labeling.services import agreement, leases, quizzes, regions, rounds
from labeling.services.guidelines import acknowledge
from labeling.services.images import store
from people.enums import Scope
from tests.factories.gold import quiz_of
from tests.factories.labeling import (
    GuidelineExampleFactory,
    GuidelineFactory,
    GuidelineFlagFactory,
    ResolutionFactory,
    open_task,
    picture,
    project_with,
)
from tests.factories.people import client_of, member

pytestmark = pytest.mark.django_db

ALL = "associate other_associate annotator qa_lead engineer stranger elsewhere"
SITE = {"key": "new", "name": "New", "timezone": "UTC"}
PROJECT = {
    "slug": "new",
    "name": "New",
    "task_type": "classification",
    "labels": [{"key": "a", "name": "A"}],
}
UNKNOWN = uuid.UUID(int=0)
ROUND = {"name": "more", "title": "More", "filters": {}}
ANSWER = {"lease": None, "verdict": "label", "value": {"label": "in_stock"}, "seconds": 1}

# name of the address, method, what is sent, the scopes of which one is enough, and the status each role gets.
ENDPOINTS = [
    ("api-projects", "get", None, "read", "200 200 200 200 200 200 200"),
    ("api-projects", "post", PROJECT, "admin", "403 403 403 403 201 403 201"),
    ("api-project", "get", None, "read answer", "200 200 200 200 200 404 404"),
    ("api-sources", "get", None, "read", "200 200 200 200 200 404 404"),
    (
        "api-sources",
        "post",
        {"key": "new", "name": "New", "kind": "import"},
        "admin",
        "403 403 403 201 201 404 404",
    ),
    ("api-region", "get", None, "read", "200 200 200 200 200 404 404"),
    (
        "api-region",
        "put",
        {"name": "Shelf 12, dairy", "box": [0.1, 0.2, 0.5, 0.9]},
        "admin",
        "403 403 403 200 200 404 404",
    ),
    ("api-region", "delete", None, "admin", "403 403 403 204 204 404 404"),
    ("api-project-queues", "get", None, "read", "200 200 200 200 200 404 404"),
    (
        "api-project-queues",
        "post",
        {"name": "new", "audience": "annotator"},
        "admin",
        "403 403 403 201 201 404 404",
    ),
    ("api-guidelines", "get", None, "read answer", "200 200 200 200 200 404 404"),
    ("api-guidelines", "post", {"body": "# Words"}, "admin", "403 403 403 201 201 404 404"),
    ("api-guideline-current", "get", None, "read answer", "200 200 200 200 200 404 404"),
    ("api-guideline-publish", "post", {}, "admin", "404 404 404 200 200 404 404"),
    ("api-guideline-acknowledge", "post", {}, "answer", "200 200 200 200 200 404 404"),
    ("api-guideline-changes", "get", None, "read answer", "200 200 200 200 200 404 404"),
    ("api-guideline-examples", "get", None, "read answer", "200 200 200 200 200 404 404"),
    ("api-guideline-examples", "post", {}, "admin", "403 403 403 400 400 404 404"),
    ("api-guideline-example", "patch", {"why": "x"}, "admin", "404 404 404 200 200 404 404"),
    ("api-guideline-example", "delete", None, "admin", "404 404 404 204 204 404 404"),
    ("api-task-flag", "post", {"words": "x"}, "answer", "201 404 404 201 201 404 404"),
    ("api-flags", "get", None, "read", "200 200 200 200 200 404 404"),
    ("api-flag-settle", "post", {"state": "dismissed"}, "admin", "404 404 404 200 200 404 404"),
    ("api-images", "post", None, "ingest admin", "403 403 403 400 400 404 404"),
    ("api-labels-import", "get", None, "ingest admin", "403 403 403 200 200 404 404"),
    ("api-labels-import", "post", None, "ingest admin", "403 403 403 400 400 404 404"),
    ("api-labels-import-state", "get", None, "ingest admin", "404 404 404 200 200 404 404"),
    ("api-answers", "get", None, "read", "200 200 200 200 200 404 404"),
    ("api-own-answers", "get", None, "read answer", "200 200 200 200 200 200 200"),
    ("api-resolutions", "get", None, "read", "403 403 403 200 200 404 404"),
    ("api-verification", "get", None, "read", "403 403 403 200 200 404 404"),
    ("api-my-week", "get", None, "read answer", "200 200 200 200 200 404 404"),
    ("api-queues", "get", None, "read answer", "200 200 200 200 200 200 200"),
    ("api-queue", "get", None, "read", "200 200 200 200 200 404 404"),
    ("api-queue", "patch", {"quorum": 1}, "admin", "403 403 403 200 200 404 404"),
    ("api-adjudications", "post", {"images": [str(UNKNOWN)]}, "admin", "403 403 403 400 400 404 404"),
    ("api-more-answers", "post", {"tasks": [str(UNKNOWN)]}, "admin", "403 403 403 400 400 404 404"),
    ("api-agreement", "get", None, "read", "403 403 403 200 200 404 404"),
    ("api-agreement-images", "get", None, "read", "403 403 403 200 200 404 404"),
    ("api-agreement-reports", "get", None, "read", "403 403 403 200 200 404 404"),
    ("api-agreement-reports", "post", {"name": "now"}, "admin", "403 403 403 201 201 404 404"),
    ("api-agreement-report", "get", None, "read", "404 404 404 200 200 404 404"),
    ("api-agreement-report-checks", "get", None, "read", "404 404 404 200 200 404 404"),
    ("api-agreement-report-checks", "post", None, "admin", "404 404 404 201 201 404 404"),
    ("api-agreement-schedule", "get", None, "read", "403 403 403 200 200 404 404"),
    ("api-agreement-schedule", "patch", {"floor": 0.5}, "admin", "403 403 403 200 200 404 404"),
    ("api-context-ranges", "get", None, "read", "403 403 403 200 200 404 404"),
    ("api-context-ranges", "patch", {"ranges": {"lux": [9]}}, "admin", "403 403 403 200 200 404 404"),
    ("api-retraining-quizzes", "post", {}, "admin", "403 403 403 400 400 404 404"),
    ("api-rounds", "get", None, "read", "403 403 403 200 200 404 404"),
    ("api-rounds", "post", ROUND, "admin", "403 403 403 201 201 404 404"),
    ("api-round-preview", "post", {"filters": {}}, "read", "403 403 403 200 200 404 404"),
    ("api-round", "get", None, "read", "404 404 404 200 200 404 404"),
    ("api-round", "patch", {"title": "Else"}, "admin", "404 404 404 200 200 404 404"),
    ("api-round-images", "post", {"filters": {}}, "admin", "404 404 404 400 400 404 404"),
    ("api-round-pause", "post", {}, "admin", "404 404 404 200 200 404 404"),
    ("api-round-resume", "post", {}, "admin", "404 404 404 200 200 404 404"),
    ("api-round-close", "post", {}, "admin", "404 404 404 200 200 404 404"),
    ("api-gold", "get", None, "read", "403 403 403 200 200 404 404"),
    ("api-gold", "post", {"image": str(UNKNOWN), "value": {}}, "admin", "403 403 403 400 400 404 404"),
    ("api-gold-scores", "get", None, "read", "403 403 403 200 200 404 404"),
    ("api-gold-retire", "post", {}, "admin", "404 404 404 200 200 404 404"),
    ("api-quizzes", "get", None, "read answer", "403 403 200 200 200 404 404"),
    ("api-quizzes", "post", {"name": "Q", "gold": []}, "admin", "403 403 403 400 400 404 404"),
    ("api-quiz-retire", "post", {}, "admin", "404 404 403 200 200 404 404"),
    ("api-quiz-attempts", "get", None, "read answer", "404 404 200 200 200 404 404"),
    ("api-quiz-attempts", "post", {}, "answer", "404 404 201 403 403 404 404"),
    ("api-quiz-attempt", "get", None, "read answer", "404 404 200 200 200 404 404"),
    ("api-open-alerts", "get", None, "read answer", "200 200 403 200 200 404 404"),
    ("api-alerts-today", "get", None, "read answer", "200 200 403 200 200 404 404"),
    # Superusers alone, signed in: a token is one project's, a person is not.
    ("api-person-erasure", "post", {}, "admin", "403 403 403 403 403 403 403"),
    ("api-image-redactions", "get", None, "read", "404 404 404 200 200 404 404"),
    ("api-image-redactions", "post", {"box": [0, 0, 0.5, 0.5]}, "admin", "404 404 404 201 201 404 404"),
    ("api-claim", "post", {}, "answer", "200 200 403 200 200 404 404"),
    ("api-task", "get", None, "read answer", "200 404 404 200 200 404 404"),
    ("api-task-answers", "post", ANSWER, "answer", "201 404 404 201 201 404 404"),
    ("api-lease-renew", "post", {}, "answer", "409 409 409 409 409 409 409"),
    ("api-lease-release", "post", {}, "answer", "409 409 409 409 409 409 409"),
]


@pytest.fixture
def place(shop):
    """The shop with one alert at the northern store, a guideline and its draft, and an engineer of another project."""
    shop.image, _ = store(project=shop.project, data=picture(1), source=shop.camera)
    shop.task = open_task(shop.queue("alerts"), shop.image, site_id=shop.north.pk)
    shop.guideline = GuidelineFactory(project=shop.project, number=1)
    shop.draft = GuidelineFactory(project=shop.project, number=None, published_at=None)
    shop.holder = member(shop.project, "associate", shop.north)
    for user in (
        shop.associate,
        shop.other_associate,
        shop.annotator,
        shop.qa_lead,
        shop.engineer,
        shop.holder,
    ):
        acknowledge(user=user, guideline=shop.guideline)
    shop.quiz = quiz_of(shop, 1)
    shop.attempt = quizzes.start(user=shop.annotator, quiz=shop.quiz)
    shop.round = rounds.make_round(
        user=shop.qa_lead, project=shop.project, name="all", title="All", filters={}
    )
    shop.report = agreement.freeze(user=None, project=shop.project, filters=Filters(), name="then")
    shop.example = GuidelineExampleFactory(guideline=shop.draft, image=shop.image)
    shop.labels_import = LabelImport.objects.create(project=shop.project, name="labels.csv")
    shop.flag = GuidelineFlagFactory(image=shop.image, user=shop.holder)
    regions.set_region(user=shop.engineer, source=shop.camera, name="Shelf 1", box=[0, 0, 1, 0.5])
    shop.other_project = project_with()
    shop.elsewhere = member(shop.other_project, "engineer")
    return shop


@contextmanager
def undone():
    """What happens inside is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def path_of(place, name):
    alerts = place.queue("alerts")
    by_kind = {
        "api-queue": f"/api/v1/queues/{alerts.pk}/",
        "api-claim": f"/api/v1/queues/{alerts.pk}/claim/",
        "api-round-preview": f"/api/v1/projects/{place.project.slug}/rounds/preview/",
        "api-round": f"/api/v1/rounds/{place.round.pk}/",
        "api-agreement-images": f"/api/v1/projects/{place.project.slug}/agreement-images/?a=in_stock&b=low_stock",
        "api-agreement-report": f"/api/v1/agreement-reports/{place.report.pk}/",
        "api-agreement-report-checks": f"/api/v1/agreement-reports/{place.report.pk}/checks/",
        "api-gold-retire": f"/api/v1/gold/{place.quiz.questions.get().pk}/retire/",
        "api-quiz-retire": f"/api/v1/quizzes/{place.quiz.pk}/retire/",
        "api-quiz-attempts": f"/api/v1/quizzes/{place.quiz.pk}/attempts/",
        "api-quiz-attempt": f"/api/v1/quiz-attempts/{place.attempt.pk}/",
        "api-task": f"/api/v1/tasks/{place.task.pk}/",
        "api-task-answers": f"/api/v1/tasks/{place.task.pk}/answers/",
        "api-guideline-publish": f"/api/v1/guidelines/{place.draft.pk}/publish/",
        "api-guideline-acknowledge": f"/api/v1/guidelines/{place.guideline.pk}/acknowledge/",
        "api-guideline-changes": f"/api/v1/guidelines/{place.guideline.pk}/changes/",
        "api-guideline-examples": f"/api/v1/guidelines/{place.guideline.pk}/examples/",
        "api-guideline-example": f"/api/v1/guideline-examples/{place.example.pk}/",
        "api-task-flag": f"/api/v1/tasks/{place.task.pk}/flag/",
        "api-flag-settle": f"/api/v1/flags/{place.flag.pk}/settle/",
        "api-region": f"/api/v1/projects/{place.project.slug}/sources/{place.camera.key}/region/",
        "api-projects": "/api/v1/projects/",
        "api-project": f"/api/v1/projects/{place.project.slug}/",
        "api-guideline-current": f"/api/v1/projects/{place.project.slug}/guidelines/current/",
        "api-labels-import-state": f"/api/v1/labels-imports/{place.labels_import.pk}/",
        "api-queues": "/api/v1/queues/",
        "api-own-answers": "/api/v1/answers/mine/",
        "api-image-redactions": f"/api/v1/images/{place.image.pk}/redactions/",
        "api-person-erasure": f"/api/v1/people/{place.annotator.username}/erasure/",
    }
    if name.startswith("api-lease"):
        # Somebody else's lease, of another alert of the same store.
        open_task(alerts, site_id=place.north.pk)
        lease = leases.claim(user=place.holder, queue=alerts)[0][1].token
        return f"/api/v1/leases/{lease}/{name.removeprefix('api-lease-')}/"
    if name.startswith("api-round-") and name not in by_kind:
        return f"/api/v1/rounds/{place.round.pk}/{name.removeprefix('api-round-')}/"
    last = name.removeprefix("api-").removeprefix("project-")
    return by_kind.get(name, f"/api/v1/projects/{place.project.slug}/{last}/")


def ask(client, method, path, sent):
    if sent is not None and path.endswith("answers/"):
        sent = sent | {"client_id": str(uuid.uuid4())}
    files = path.endswith(("images/", "labels-import/")) and "/rounds/" not in path
    return getattr(client, method)(path, sent, format="multipart" if files else "json")


@pytest.mark.parametrize(("name", "method", "sent", "scopes", "statuses"), ENDPOINTS)
def test_everybody_gets_what_is_theirs(place, name, method, sent, scopes, statuses):
    path, scope = path_of(place, name), Scope(scopes.split()[0])
    for who, status in zip(ALL.split(), map(int, statuses.split()), strict=True):
        own = place.other_project if who == "elsewhere" else place.project
        with undone():
            response = ask(client_of(getattr(place, who), own, {scope}), method, path, sent)
            assert response.status_code == status, (who, response.content)
            if status >= 400:
                assert response["Content-Type"] == "application/problem+json"
                assert response.json()["detail"]
            if status in (403, 404):
                assert not Answer.objects.exists()


def test_a_token_needs_the_scope(place):
    for name, method, sent, scopes, _ in ENDPOINTS:
        for scope in set(map(str, Scope)) - set(scopes.split()):
            with undone():
                client = client_of(place.engineer, place.project, {scope})
                response = ask(client, method, path_of(place, name), sent)
            assert (response.status_code, response.json()["type"]) == (403, "/problems/forbidden"), name
            assert "scope" in response.json()["detail"]


def test_a_token_is_of_one_project(place):
    """An engineer of both projects, with a token of the other one: the wall stands."""
    both = member(place.project, "engineer")
    both.memberships.create(project=place.other_project, role="engineer")
    for name, method, sent, *_ in ENDPOINTS:
        with undone():
            client = client_of(both, place.other_project, set(Scope))
            elsewhere = ask(client, method, path_of(place, name), sent)
        if name in ("api-projects", "api-queues", "api-own-answers"):
            assert place.project.slug not in elsewhere.content.decode(), name
        elif name == "api-person-erasure":
            assert elsewhere.status_code == 403
        else:
            assert elsewhere.status_code == (409 if name.startswith("api-lease") else 404), name


def test_nobody_gets_nothing(place, client):
    for name, method, sent, *_ in ENDPOINTS:
        path, token = path_of(place, name), {"Authorization": "Token nonsense"}
        with undone():
            response = getattr(client, method)(path, sent or {}, content_type="application/json")
        assert (response.status_code, response.json()["type"]) == (401, "/problems/not-authenticated"), name
        assert response["WWW-Authenticate"] == "Token"
        with undone():
            again = getattr(client, method)(path, sent or {}, content_type="application/json", headers=token)
        assert again.status_code == 401, name


def test_the_walk_leaves_out_no_address_of_labeling():
    api = next(r for r in get_resolver().url_patterns if str(r.pattern) == "api/v1/")
    labeling = next(
        r for r in api.url_patterns if getattr(r, "urlconf_name", None).__name__ == "labeling.api.urls"
    )
    assert {pattern.name for pattern in labeling.url_patterns} == {row[0] for row in ENDPOINTS}


def test_a_session_needs_its_csrf_token_to_write(place, client):
    strict = type(client)(enforce_csrf_checks=True)
    strict.force_login(place.annotator)
    assert strict.get("/api/v1/queues/").status_code == 200
    path = f"/api/v1/queues/{place.queue('review').pk}/claim/"
    assert strict.post(path, {}, content_type="application/json").status_code == 403


def test_an_expired_revoked_or_sleeping_token_is_none(place):
    client = client_of(place.annotator, place.project)
    assert client.get("/api/v1/queues/").status_code == 200
    for changed in ({"expires_at": timezone.now()}, {"revoked_at": timezone.now()}):
        place.annotator.tokens.update(**changed)
        assert client.get("/api/v1/queues/").status_code == 401
        place.annotator.tokens.update(expires_at=None, revoked_at=None)
    type(place.annotator).objects.filter(pk=place.annotator.pk).update(is_active=False)
    assert client.get("/api/v1/queues/").status_code == 401


def test_an_associate_claims_at_their_own_sites_alone(place):
    queue = place.queue("alerts")
    there = open_task(queue, site_id=place.south.pk)
    for user, task in ((place.associate, place.task), (place.other_associate, there)):
        (claimed,) = (
            place.client(user)
            .post(f"/api/v1/queues/{queue.pk}/claim/", {"count": 20}, format="json")
            .json()["tasks"]
        )
        assert claimed["id"] == str(task.pk)
    other = {"task": str(place.task.pk)}
    path = f"/api/v1/queues/{queue.pk}/claim/"
    assert place.client(place.other_associate).post(path, other, format="json").status_code == 404


def test_an_annotator_reads_their_own_answers_alone(place):
    quizzes.retire_quiz(user=place.qa_lead, quiz=place.quiz)
    client = place.client(place.annotator)
    task = open_task(place.queue("review"))
    mine = ask(client, "post", f"/api/v1/tasks/{task.pk}/answers/", ANSWER).json()["id"]
    ask(place.client(place.associate), "post", f"/api/v1/tasks/{place.task.pk}/answers/", ANSWER)
    path = f"/api/v1/projects/{place.project.slug}/answers/"
    assert [row["id"] for row in client.get(path).json()["results"]] == [mine]
    assert len(place.client(place.qa_lead).get(path).json()["results"]) == 2


def test_lists_hold_nothing_of_another_project(place):
    ResolutionFactory(image__project=place.other_project)
    client = place.client(place.engineer)
    path = f"/api/v1/projects/{place.project.slug}/resolutions/"
    assert client.get(path).json()["results"] == []

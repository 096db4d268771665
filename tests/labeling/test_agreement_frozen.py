"""Frozen reports and the API: made again to the digit, as JSON and CSV, for leads alone."""

import csv
import io
import uuid

import psycopg
import pytest
from django.db import connection

from labeling.domain.agreement.exported import as_csv
from labeling.domain.agreement.filters import Filters
from labeling.models import AgreementStatistics, Answer, Task
from labeling.services import agreement
from people.models import AuditEvent, Membership
from tests.factories.agreement_story import tell
from tests.factories.labeling import AnswerFactory, GuidelineFactory, ImageFactory, LabelFactory, project_with
from tests.factories.people import UserFactory, client_of, member

pytestmark = pytest.mark.django_db
BOX = [10, 10, 30, 30]


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker):
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        story = tell(images=240)
        story.lead = member(story.project, "qa_lead")
        yield story
        transaction.set_rollback(True)


def later(told):
    """All that may happen after a report was frozen."""
    answer = Answer.objects.filter(project=told.project).order_by("id").first()
    AnswerFactory(task=answer.task, user=answer.user, value={"label": "blocked"}, supersedes=answer)
    AnswerFactory(task=answer.task, value={"label": "low"})
    LabelFactory(project=told.project, key="another", position=0)
    told.people["ben"].username = f"zoe-{uuid.uuid4()}"
    told.people["ben"].save()


@pytest.mark.parametrize(
    "filters", [Filters(), Filters(annotator="", label="low", context=(("lighting", "night"),))]
)
def test_a_frozen_report_is_made_again_to_the_digit(told, filters):
    made = agreement.freeze(user=told.lead, project=told.project, filters=filters, name="Before the audit")
    made.refresh_from_db()
    later(told)
    assert agreement.reproduce(made) == made.figures
    assert made.figures["data_hash"] == made.data_hash
    # Frozen before reports had that figure.
    del made.figures["to_ask"]
    assert agreement.reproduce(made) == made.figures
    now = agreement.freeze(user=None, project=told.project, filters=filters, name="After")
    assert now.data_hash != made.data_hash
    event = AuditEvent.objects.get(action="agreement.frozen", actor=told.lead)
    assert event.detail["data_hash"] == made.data_hash
    for known in (made, now):
        told.project.refresh_from_db()
        assert known.answers == known.figures["annotations"]


@pytest.fixture
def somebody_writing(told):
    """Another connection, in the middle of a transaction that is writing votes."""
    given = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    with psycopg.connect(**{name: given[name] for name in names if given.get(name)}) as other:
        other.execute("LOCK TABLE labeling_vote IN ROW EXCLUSIVE MODE")
        yield
        other.rollback()


def test_nothing_is_frozen_while_answers_may_still_come_to_light(told, somebody_writing):
    with pytest.raises(agreement.StillWriting, match="try again in a minute"):
        agreement.freeze(user=told.lead, project=told.project, filters=Filters(), name="x")
    answer = client_of(told.lead, told.project).post(
        address(told, "agreement-reports"), {"name": "x"}, format="json"
    )
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/overloaded")
    assert answer["Retry-After"] == "60"
    figures = agreement.report(project=told.project, filters=Filters(queue="review"))
    assert figures["items"] == 240
    assert not AgreementStatistics.objects.filter(project=told.project).exists()


def address(told, name):
    return f"/api/v1/projects/{told.project.slug}/{name}/"


def test_the_api_gives_the_report_as_json_and_csv(told):
    client = client_of(told.lead, told.project)
    figures = client.get(address(told, "agreement"), {"context.lighting": "night"}).json()
    assert figures["filters"] == {"context.lighting": "night"}
    found = client.get(address(told, "agreement"), {"context.lighting": "night", "format": "csv"})
    assert found["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(found.content.decode())))
    (alpha,) = [
        row for row in rows if row["section"] == "coefficient" and row["figure"] == "krippendorff_alpha"
    ]
    assert float(alpha["value"]) == figures["coefficients"]["krippendorff_alpha"]["value"]
    assert {row["section"] for row in rows} >= {"filter", "label", "confusion", "week", "annotator", "pair"}


def test_reports_are_frozen_listed_and_read_over_the_api(told):
    client = client_of(told.lead, told.project)
    made = client.post(
        address(told, "agreement-reports"),
        {"name": "Night", "filters": {"context.lighting": "night"}},
        format="json",
    )
    assert made.status_code == 201, made.json()
    listed = client.get(address(told, "agreement-reports")).json()["results"]
    assert listed[0]["id"] == made.json()["id"]
    assert "figures" not in listed[0]
    one = f"/api/v1/agreement-reports/{made.json()['id']}/"
    assert client.get(one).json() == made.json()
    assert client.get(one, {"format": "csv"}).content.startswith(b"section,of,and,")


@pytest.mark.parametrize(
    ("query", "field"),
    [({"colour": "red"}, "colour"), ({"since": "x"}, "since"), ({"guideline": "v2"}, "guideline")],
)
def test_what_is_no_filter_is_refused_by_name(told, query, field):
    client = client_of(told.lead, told.project)
    assert list(client.get(address(told, "agreement"), query).json()["errors"]) == [field]
    found = client.get(address(told, "agreement"), query | {"format": "csv"})
    assert found.status_code == 400
    assert list(found.json()["errors"]) == [field]
    made = client.post(address(told, "agreement-reports"), {"name": "x", "filters": query}, format="json")
    assert list(made.json()["errors"]) == [f"filters.{field}"]


@pytest.mark.parametrize(
    ("role", "status"), [("qa_lead", 200), ("engineer", 200), ("annotator", 403), (None, 404)]
)
def test_reports_are_for_those_who_lead(told, role, status):
    user = member(told.project, role) if role else UserFactory()
    client = client_of(user, told.project)
    if role is None:
        client = client_of(
            Membership.objects.create(user=user, project=project_with(), role="qa_lead").user, project_with()
        )
    kept = agreement.freeze(user=None, project=told.project, filters=Filters(), name="kept")
    assert client.get(address(told, "agreement")).status_code == status
    assert client.get(address(told, "agreement-reports")).status_code == status
    one = client.get(f"/api/v1/agreement-reports/{kept.pk}/")
    assert one.status_code == (200 if status == 200 else 404)


def test_text_that_a_spreadsheet_would_run_is_made_harmless(told):
    figures = agreement.report(project=told.project, filters=Filters())
    card = next(iter(figures["annotators"].values()))
    figures = figures | {"annotators": {"=cmd()": card}, "pairs": []}
    assert "annotator,'=cmd()" in as_csv(figures)


@pytest.fixture
def boxes():
    """A detection project of five images and three people who draw; who draws nothing says so."""
    project = project_with(labels=("can", "box"), task_type="detection")
    queue = project.queues.get(name="review")
    guideline = GuidelineFactory(project=project)
    people = [UserFactory(username=name) for name in ("ann", "bob", "cid")]
    for number in range(5):
        image = ImageFactory(project=project)
        task = Task.objects.create(
            project=project,
            queue=queue,
            image=image,
            state="resolved",
            closed_at=image.created_at or "2026-01-01T00:00Z",
        )
        for place, person in enumerate(people):
            label = "box" if (number, place) == (1, 2) else "can"
            regions = [{"id": "1", "label": label, "box": BOX}]
            if (number, place) == (0, 0):
                regions = []
            if (number, place) == (2, 1):
                regions.append({"id": "2", "label": "box", "box": [40, 5, 60, 20]})
            AnswerFactory(task=task, user=person, value={"regions": regions}, guideline=guideline, seconds=3)
    return project


def test_boxes_are_brought_together_and_reported_like_labels(boxes):
    found = agreement.report(project=boxes, filters=Filters())
    assert (found["boxes"]["matcher"], found["boxes"]["iou"]) == ("greedy", 0.5)
    assert (found["boxes"]["images"], found["boxes"]["of"], found["boxes"]["things"]) == (5, 5, 6)
    assert found["boxes"]["disagreement"]["class"] > 0
    assert found["boxes"]["disagreement"]["existence"] > 0
    assert found["coefficients"]["krippendorff_alpha"] == found["boxes"]["alpha"]
    assert list(found["labels"]) == ["can", "box", "nothing here"]
    assert found["annotators"]["bob"]["answers"] == 6
    assert found["seconds"] == 3.0
    pairs = {(pair["a"], pair["b"]): pair["count"] for pair in found["confusion"]}
    assert pairs == {
        ("can", "can"): 11, ("can", "box"): 2, ("can", "nothing here"): 2, ("box", "nothing here"): 2,
        ("nothing here", "nothing here"): 1,
    }  # fmt: skip
    assert agreement.report(project=boxes, filters=Filters(label="box"))["boxes"]["images"] == 2


def test_a_frozen_report_on_boxes_is_made_again(boxes):
    made = agreement.freeze(user=None, project=boxes, filters=Filters(), name="boxes")
    made.refresh_from_db()
    first = Answer.objects.filter(project=boxes).order_by("id").first()
    AnswerFactory(task=first.task, user=first.user, value={"regions": []}, supersedes=first)
    assert agreement.reproduce(made) == made.figures


def test_the_page_shows_a_project_of_boxes(boxes, client):
    client.force_login(member(boxes, "qa_lead"))
    page = client.get(f"/p/{boxes.slug}/agreement/")
    assert page.status_code == 200
    assert "matched by greedy at IoU 0.5" in page.content.decode()

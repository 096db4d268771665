"""What lies behind a cell of confusion between boxes: the images of those things, and the boxes they are."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from labeling.domain.agreement.boxes import NOTHING
from labeling.domain.agreement.filters import Filters
from labeling.queries.boxes_side_by_side import behind_boxes
from labeling.queries.side_by_side import A_PAGE
from labeling.services import agreement
from tests.factories.labeling import AnswerFactory, GuidelineFactory, ImageFactory, open_task, project_with
from tests.factories.people import UserFactory, client_of, member

pytestmark = pytest.mark.django_db
LEFT, LEFT_MOVED, RIGHT = [2, 2, 20, 20], [3, 2, 21, 20], [30, 2, 50, 30]


def drew(*boxes):
    return {"regions": [{"id": f"{n}", "label": label, "box": box} for n, (label, box) in enumerate(boxes)]}


@pytest.fixture
def shelf(client):
    """A cup and a jar, drawn by two; on `confused` the cup is a jar to the other, on `left_out` nothing."""
    project = project_with(
        task_type="detection", labels=("cup", "jar", "lid"), queues=("review", "adjudication")
    )
    project.people = [UserFactory(first_name=name) for name in ("Ada", "Ben")]
    guideline = GuidelineFactory(project=project, number=1)

    def said(first, second):
        task = open_task(project.queues.get(name="review"), ImageFactory(project=project))
        for user, value in zip(project.people, (first, second), strict=True):
            AnswerFactory(task=task, user=user, value=value, guideline=guideline, seconds=4)
        return task.image

    project.said = said
    both = drew(("cup", LEFT), ("jar", RIGHT))
    project.alike = said(both, drew(("jar", RIGHT), ("cup", LEFT_MOVED)))
    project.confused = said(both, drew(("jar", RIGHT), ("jar", LEFT_MOVED)))
    project.left_out = said(both, drew(("jar", RIGHT)))
    project.empty = said(drew(), drew())
    client.force_login(member(project, "qa_lead"))
    return project


def found(project, a, b, **filters):
    return [one.image for one in behind_boxes(project, Filters(**filters), a, b)[0]]


def test_every_cell_of_the_report_has_its_images_and_no_other(shelf):
    assert found(shelf, "cup", "jar") == found(shelf, "jar", "cup") == [shelf.confused]
    assert found(shelf, "cup", NOTHING) == [shelf.left_out]
    assert found(shelf, "cup", "cup") == [shelf.alike]
    assert found(shelf, "jar", "jar") == [shelf.left_out, shelf.confused, shelf.alike]
    assert found(shelf, NOTHING, NOTHING) == [shelf.empty]
    assert found(shelf, "jar", NOTHING) == found(shelf, "lid", "cup") == []
    cells = {
        (cell["a"], cell["b"]) for cell in agreement.report(project=shelf, filters=Filters())["confusion"]
    }
    labels = ("cup", "jar", "lid", NOTHING)
    assert cells == {(a, b) for n, a in enumerate(labels) for b in labels[n:] if found(shelf, a, b)}


def test_the_boxes_in_question_are_told_from_the_others(shelf):
    (one,), _ = behind_boxes(shelf, Filters(), "cup", "jar")
    ada, ben = shelf.people
    assert one.about == {(ada.pk, "0"), (ben.pk, "1")}
    assert [(said.user, said.guideline, said.seconds) for said in one.said] == [(ada, 1, 4), (ben, 1, 4)]


def test_filters_and_what_was_taken_back_change_what_is_there(shelf):
    assert found(shelf, "cup", "jar", guideline="2") == []
    answer = shelf.confused.tasks.get().answers.get(user=shelf.people[1])
    AnswerFactory(
        task=answer.task, user=answer.user, value=drew(("cup", LEFT), ("jar", RIGHT)), supersedes=answer
    )
    assert found(shelf, "cup", "jar") == []
    assert found(shelf, "cup", "cup") == [shelf.confused, shelf.alike]


def test_pages_follow_one_another_without_gap_or_repeat(shelf):
    more = [shelf.said(drew(("lid", LEFT)), drew(("cup", LEFT))) for _ in range(A_PAGE + 2)]
    page, before = behind_boxes(shelf, Filters(), "lid", "cup")
    rest, end = behind_boxes(shelf, Filters(), "lid", "cup", before=before)
    assert [one.image for one in [*page, *rest]] == more[::-1]
    assert (len(rest), end) == (2, None)
    api = client_of(member(shelf, "qa_lead"), shelf)
    first = api.get(address(shelf), {"a": "lid", "b": "cup"}).json()
    last = api.get(first["next"]).json()
    assert [one["image"]["id"] for one in [*first["results"], *last["results"]]] == [
        str(image.pk) for image in more[::-1]
    ]
    assert (first["previous"], last["next"]) == (None, None)


def address(project):
    return f"/api/v1/projects/{project.slug}/agreement-images/"


def test_the_api_says_who_drew_what_until_the_image_waits_to_be_decided(shelf):
    api = client_of(member(shelf, "qa_lead"), shelf)
    (one,) = api.get(address(shelf), {"a": "cup", "b": "jar"}).json()["results"]
    assert (one["image"]["id"], one["waits_for_adjudication"]) == (str(shelf.confused.pk), False)
    ada, ben = one["said"]
    assert [said["annotator"] for said in (ada, ben)] == [user.username for user in shelf.people]
    assert [region["asked"] for said in (ada, ben) for region in said["regions"]] == [
        True,
        False,
        False,
        True,
    ]
    assert (ada["label"], ada["guideline"], ada["seconds"]) == (None, 1, 4)
    open_task(shelf.queues.get(name="adjudication"), shelf.confused)
    (one,) = api.get(address(shelf), {"a": "cup", "b": "jar"}).json()["results"]
    assert (one["waits_for_adjudication"], one["said"]) == (True, None)
    refused = api.get(address(shelf), {"a": "cup", "b": "mug"})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["b"])


def test_a_retired_label_that_was_drawn_stays_in_the_report(shelf):
    shelf.labels.filter(key__in=["cup", "lid"]).update(retired_at=timezone.now())
    assert agreement.report(project=shelf, filters=Filters())["label_order"] == ["cup", "jar", NOTHING]
    assert found(shelf, "cup", "jar") == [shelf.confused]


def test_the_page_leads_from_every_cell_to_its_images(shelf, client):
    page = client.get(reverse("agreement", args=[shelf.slug])).content.decode()
    cells = set(re.findall(r'href="([^"]+/pair/\?[^"]+)"', page))
    assert len(cells) >= 5
    for address in cells:
        shown = client.get(address.replace("&amp;", "&"))
        assert shown.context["rows"], address
    behind = reverse("agreement-pair", args=[shelf.slug])
    said = client.get(behind, {"a": "cup", "b": "jar"}).content.decode()
    assert said.count('<g class="asked">') == 2
    assert "Its boxes are the thick ones." in said
    assert client.get(behind, {"a": "cup", "b": "plate"}).status_code == 404
    for query, title in {
        ("cup", NOTHING): "or nothing?",
        (NOTHING, NOTHING): "Both drew nothing there",
    }.items():
        shown = client.get(behind, dict(zip("ab", query, strict=True)))
        assert title in shown.content.decode()


def test_nothing_here_is_no_label_where_no_boxes_are_drawn(client):
    project = project_with(labels=("a", "b"))
    client.force_login(member(project, "qa_lead"))
    behind = reverse("agreement-pair", args=[project.slug])
    assert client.get(behind, {"a": "a", "b": NOTHING}).status_code == 404

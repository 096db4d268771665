"""The agreement page on a planted story: what it finds by itself, who reads it, and what its buttons do."""

import re
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from labeling.domain.agreement.filters import Filters
from labeling.models import AgreementReport, Answer, GuidelineExample, Image, Quiz, Task
from labeling.queries.side_by_side import behind
from labeling.services import agreement
from people.models import AuditEvent
from tests.factories.agreement_story import tell
from tests.factories.labeling import (
    AnswerFactory,
    ImageFactory,
    LabelFactory,
    QueueFactory,
    ResolutionFactory,
    open_task,
    project_with,
)
from tests.factories.people import UserFactory, member

pytestmark = pytest.mark.django_db


def told_to_a_lead(client, images):
    told = tell(images=images)
    QueueFactory(project=told.project, name="adjudication", audience="qa_lead", blind=True)
    client.force_login(member(told.project, "qa_lead"))
    return told


@pytest.fixture
def told(client):
    """The story in full; a QA lead of its project is signed in."""
    return told_to_a_lead(client, 600)


@pytest.fixture
def few(client):
    """As much of it as there need be to act upon."""
    return told_to_a_lead(client, 90)


@pytest.fixture
def crowd(client):
    """200 people over 60 labels, each with 21 answers, three to an image; `.project`, its lead signed in."""
    labels = [f"kind-{number}" for number in range(60)]
    project = project_with(labels=(), queues=("review",))
    for position, key in enumerate(labels):
        LabelFactory(project=project, key=key, position=position)
    queue = project.queues.get()
    people = [UserFactory(first_name=f"Person {number}x") for number in range(200)]
    images = Image.objects.bulk_create(ImageFactory.build(project=project) for _ in range(1400))
    tasks = Task.objects.bulk_create(
        Task(project=project, queue=queue, image=image, state="resolved", closed_at=timezone.now())
        for image in images
    )
    Answer.objects.bulk_create(
        AnswerFactory.build(
            project=project,
            task=task,
            user=people[(3 * number + turn) % 200],
            value={"label": labels[(number * 7 + (turn == 2 and number % 3 == 0)) % 60]},
        )
        for number, task in enumerate(tasks)
        for turn in range(3)
    )
    client.force_login(member(project, "qa_lead"))
    return SimpleNamespace(project=project, client=client)


def at(told, name="agreement", *more, **query):
    address = reverse(name, args=[told.project.slug, *more])
    return f"{address}?{urlencode(query)}" if query else address


def text(reply):
    """What the page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", reply.content.decode()))


def test_it_finds_what_was_planted_by_itself(told, client):
    said = text(client.get(at(told)))
    assert re.search(
        r"These labels can be trusted for .*Blocked.*\. Low and Empty cannot be trusted yet", said
    )
    assert "Low and Empty are taken for each other most" in said
    assert "It helped Low and Empty; no label is certain to be worse." in said
    assert re.search(r"Worst is (lighting night, source door|source door, lighting night)", said)
    assert re.search(r"Without Frank, α of everybody else would be 0\.\d\d higher", said)
    assert re.search(r"Agreement rose in the week of 2026-01-\d\d", said)


def test_the_address_narrows_it_and_htmx_gets_the_report_alone(told, client):
    whole = client.get(at(told))
    night = client.get(
        at(told, **{"context.lighting": "night", "source": told.camera}), headers={"HX-Request": "true"}
    )
    assert "<html" in whole.content.decode()
    assert "<html" not in night.content.decode()
    assert "Low and Empty cannot be trusted yet" not in text(night)
    assert (
        "pair/?a=low&amp;b=empty&amp;source=door&amp;context.lighting=night"
        in night.content.decode().replace("a=empty&amp;b=low", "a=low&amp;b=empty")
    )
    nobody = client.get(at(told, since="2030-01-01"))
    assert "No answer passes these filters" in text(nobody)


@pytest.mark.parametrize("query", [{"colour": "red"}, {"since": "yesterday"}, {"guideline": "latest"}])
def test_a_filter_that_is_none_is_said_in_words(few, client, query):
    reply = client.get(at(few, **query))
    assert reply.status_code == 400
    assert next(iter(query)) in text(reply)


PAGES = ("agreement", "agreement-disputed", "agreement-reports", "agreement-schedule", "queue-settings")


def test_leads_alone_read_and_act(shop, client):
    kept = agreement.freeze(user=None, project=shop.project, filters=Filters(), name="kept")
    for who, status in {"engineer": 200, "annotator": 403, "associate": 403, "stranger": 404}.items():
        client.force_login(getattr(shop, who))
        for name in PAGES:
            assert client.get(reverse(name, args=[shop.project.slug])).status_code == status, (who, name)
        pair = reverse("agreement-pair", args=[shop.project.slug]) + "?a=in_stock&b=low_stock"
        assert client.get(pair).status_code == status
        acted = client.post(reverse("agreement-act", args=[shop.project.slug]), {"act": "adjudicate"})
        assert acted.status_code == (302 if status == 200 else status)
        one = reverse("agreement-report", args=[shop.project.slug, kept.pk])
        assert client.get(one).status_code == status
        for address, sent in {
            one: {},
            reverse("agreement-reports", args=[shop.project.slug]): {"name": "x"},
        }.items():
            assert client.post(address, sent).status_code == (302 if status == 200 else status), (
                who,
                address,
            )
    assert AgreementReport.objects.filter(project=shop.project).count() == 2


def test_behind_a_cell_are_its_images_with_both_answers(told, client):
    labels = {label.key: label for label in told.project.labels.all()}
    counted = {}
    for answer in Answer.objects.filter(project=told.project).select_related("task").order_by("id"):
        counted.setdefault(answer.task.image_id, set()).add(answer.value["label"])
    wanted = {image for image, said in counted.items() if {"low", "empty"} <= said}
    found, before = [], None
    while True:
        page, before = behind(told.project, Filters(), labels["low"], labels["empty"], before=before)
        found += [one.image.pk for one in page]
        if before is None:
            break
    assert len(found) == len(set(found))
    assert set(found) == wanted
    said = text(client.get(at(told, "agreement-pair", a="low", b="empty")))
    assert "Low or Empty?" in said
    assert re.search(r"Low v[12] \d\.\d s", said)
    assert client.get(at(told, "agreement-pair", a="low", b="nonsense")).status_code == 404


def test_an_answer_taken_back_is_behind_no_cell(few):
    labels = {label.key: label for label in few.project.labels.all()}
    both = labels["low"], labels["empty"]
    (first, *_), _ = behind(few.project, Filters(), *both)
    for answer in Answer.objects.filter(task__image=first.image, value__label="low"):
        AnswerFactory(task=answer.task, user=answer.user, value={"label": "empty"}, supersedes=answer)
    assert first.image.pk not in [one.image.pk for one in behind(few.project, Filters(), *both)[0]]


def test_the_most_undecided_are_sent_to_adjudication_ranked(few, client):
    reply = client.post(at(few, "agreement-act"), {"act": "adjudicate", "count": "10"}, follow=True)
    assert "10 images sent to adjudication" in text(reply)
    tasks = Task.objects.filter(queue__name="adjudication")
    ranked = list(tasks.order_by("slots__position").values_list("priority", flat=True))
    assert len(ranked) == 10
    assert ranked == sorted(ranked, reverse=True)
    assert ranked[0] > ranked[-1]
    again = client.post(at(few, "agreement-act"), {"act": "adjudicate", "count": "10"}, follow=True)
    assert "0 images sent to adjudication; 10 waited there already" in text(again)
    assert AuditEvent.objects.filter(action="adjudication.sent").count() == 2


def test_one_more_person_is_asked_about_those_chosen(few, client):
    image = few.images[0]
    reply = client.post(at(few, "agreement-act"), {"act": "ask-again", "image": str(image.pk)}, follow=True)
    assert "1 image waits for one more answer" in text(reply)
    assert Task.objects.get(image=image).extra_answers == 1


def test_a_disputed_image_becomes_an_example_of_the_next_draft(few, client):
    sent = {"act": "example", "image": str(few.images[0].pk), "label": "low", "right": "no", "why": "A gap."}
    reply = client.post(at(few, "agreement-act"), sent, follow=True)
    assert "is a wrong example of Low in the draft" in text(reply)
    example = GuidelineExample.objects.get()
    assert (example.label.key, example.is_right, example.why) == ("low", False, "A gap.")
    assert example.guideline.published_at is None


def test_a_quiz_is_made_of_what_somebody_confuses(few, client):
    frank = few.people[few.careless]
    sent = {"act": "quiz", "annotator": frank.username, "pair": ["low/empty"]}
    assert "adjudicate some first" in text(client.post(at(few, "agreement-act"), sent, follow=True))
    ResolutionFactory(image=few.images[0], value={"label": "low"}, by="adjudication")
    reply = client.post(at(few, "agreement-act"), sent, follow=True)
    assert "Frank takes a quiz of 1 question before their next task." in text(reply)
    assert Quiz.objects.get().for_user == frank


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"act": "adjudicate"}, "No image is chosen."),
        ({"act": "adjudicate", "image": "12"}, "something that is no id"),
        ({"act": "adjudicate", "count": "0"}, "Say how many images"),
        ({"act": "adjudicate", "count": "5", "filter.colour": "red"}, "Is not a filter"),
        ({"act": "example", "image": "00000000-0000-0000-0000-000000000000"}, "Choose an image"),
        ({"act": "quiz", "annotator": "nobody"}, "nobody of this project"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is(few, client, sent, words):
    reply = client.post(at(few, "agreement-act"), sent, follow=True)
    assert reply.status_code == 200
    assert words in text(reply)
    assert not Task.objects.filter(queue__name="adjudication").exists()


def test_an_act_that_is_none_is_not_found(few, client):
    assert client.post(at(few, "agreement-act"), {"act": "forget"}).status_code == 404
    assert client.get(at(few, "agreement-act")).status_code == 405


def test_it_is_frozen_read_again_and_made_again_to_the_digit(few, client):
    sent = {"name": "Night at the door", "filter.source": "door", "filter.context.lighting": "night"}
    reply = client.post(at(few, "agreement-reports"), sent, follow=True)
    report = AgreementReport.objects.get()
    assert report.filters == {"source": "door", "context.lighting": "night"}
    assert report.data_hash in text(reply)
    AnswerFactory(task=Task.objects.first(), user=UserFactory(), value={"label": "low"})
    again = client.post(at(few, "agreement-report", report.pk), follow=True)
    assert "Made again from the answers" in text(again)
    assert "the same to the last digit." in text(again)
    assert "Night at the door" in text(client.get(at(few, "agreement-reports")))


def test_sixty_labels_and_two_hundred_people_stay_readable_and_small(crowd):
    page = crowd.client.get(at(crowd))
    assert len(page.content) < 1_000_000
    said = text(page)
    assert "Show all 60 labels" in said
    assert "188 more: choose another order, or find somebody by name." in said
    everything = crowd.client.get(at(crowd, all="1"))
    assert len(everything.content) < 1_000_000
    assert "Show all 60 labels" not in text(everything)
    found = text(crowd.client.get(at(crowd, find="Person 77x")))
    assert "Person 77x" in found
    assert "more: choose another order" not in found


def test_of_boxes_it_names_the_matcher_the_overlap_and_what_the_disagreement_is_about(client):
    project = project_with(task_type="detection", labels=("cup", "jar"), queues=("review",))
    people = [UserFactory(first_name=name) for name in ("Ada", "Ben")]

    def drew(*boxes):
        return {
            "regions": [{"id": f"{n}", "label": label, "box": box} for n, (label, box) in enumerate(boxes)]
        }

    for number in range(12):
        task = open_task(project.queues.get(), ImageFactory(project=project))
        AnswerFactory(
            task=task, user=people[0], value=drew(("cup", [2, 2, 20, 20]), ("jar", [30, 2, 50, 30]))
        )
        other = drew(
            ("jar" if number % 3 else "cup", [2, 2, 20, 21]), *[("jar", [30, 3, 50, 30])] * (number % 2)
        )
        AnswerFactory(task=task, user=people[1], value=other)
    client.force_login(member(project, "qa_lead"))
    said = text(client.get(reverse("agreement", args=[project.slug])))
    assert "matched by greedy at IoU 0.5" in said
    assert "Both drew it, and called it differently" in said
    assert "Ada and Ben" in said
    disputed = client.get(reverse("agreement-disputed", args=[project.slug]))
    assert re.search("Ada Cup ?, Jar none", text(disputed))
    [one, *_] = re.findall(r'<svg class="drawn".*?</svg>', disputed.content.decode())
    assert re.findall(r'<g class="by-(\d)">', one) == ["1", "2"]
    assert '<rect class="over" x="30" y="2" width="20" height="28"><title>1: ' in one
    sent = {"act": "adjudicate", "count": "3"}
    assert "has no queue for QA leads" in text(
        client.post(reverse("agreement-act", args=[project.slug]), sent, follow=True)
    )


def test_what_an_annotator_confuses_is_named_the_same_when_read_again(client):
    told = tell(images=150)
    client.force_login(member(told.project, "qa_lead"))
    address = f"/p/{told.project.slug}/agreement/"
    first, again = (client.get(address).context["cards"] for _ in range(2))
    assert [card.confuses for card in first] == [card.confuses for card in again]
    assert any(card.confuses for card in first)

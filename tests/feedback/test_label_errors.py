"""Looking for label errors in a frozen dataset: found by a worker, shown, sent to review, and judged by people."""

import json
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from feedback.domain.weekly import week_at
from feedback.enums import SuspectKind
from feedback.models import DatasetVersion, LabelErrorSearch, LabelSuspect
from feedback.queries import label_errors as queries
from feedback.queries import weekly
from feedback.services import label_errors as service
from feedback.services import seeing
from feedback.services.label_review import send_to_review
from inference.enums import Stage
from inference.models import TrainingRun
from inference.queries.learned import embeddings_of
from labeling.domain.values import ValueRefused
from labeling.enums import ResolvedBy, TaskState, Verdict
from labeling.models import Image, Round, Task
from labeling.services import answers, images, rounds
from labeling.services.answers import Said
from labeling.services.resolving import settle
from tests.factories.feedback import DatasetVersionFactory
from tests.factories.inference import ModelVersionFactory
from tests.factories.people import ProjectFactory, client_of
from tests.feedback.flipped import EACH, WRONG, copy_of, freeze, labelled_wrongly
from tests.feedback.pages import in_words, url
from tests.labeling.test_promises import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def colours(shop):
    return labelled_wrongly(shop)


def searched(shop, user=None):
    search = service.request_search(user=user, dataset=shop.dataset)
    service.carry_out(search.pk)
    search.refresh_from_db()
    return search


def answer(user, task, label):
    said = Said(client_id=task.pk, verdict=Verdict.LABEL, value={"label": label}, seconds=1)
    return answers.record_answer(user=user, task=task, lease=None, said=said)


def test_a_search_finds_the_flipped_labels_and_what_they_should_be(colours):
    search = searched(colours, colours.qa_lead)
    assert (search.state, search.progress, search.error) == ("succeeded", 1.0, "")
    assert search.found["judged"] == 3 * EACH
    assert (search.found["flagged"], search.found["unreadable"], search.found["left_out"]) == (4, 0, {})
    first = list(queries.suspects(search, SuspectKind.LABEL).order_by("pk")[:4])
    assert {suspect.image_id for suspect in first} == colours.wrong
    assert [suspect.rank for suspect in first] == [1, 2, 3, 4]
    for suspect in first:
        assert suspect.suggested == colours.truth[suspect.image_id]
        assert suspect.given != suspect.suggested
        assert suspect.given_probability < suspect.suggested_probability
    week = week_at(search.finished_at, ZoneInfo("UTC"))
    # The list may go on after those that are likely wrong, which alone are counted.
    assert queries.counts(search)[SuspectKind.LABEL] == 4
    LabelErrorSearch.objects.filter(pk=search.pk).update(found={**search.found, "flagged": 3})
    assert [one.suspects for one in weekly.searches(colours.project, week)] == [3]


def test_pressed_twice_it_is_one_search_and_done_twice_it_is_found_once(colours):
    one = service.request_search(user=colours.engineer, dataset=colours.dataset)
    assert service.request_search(user=colours.qa_lead, dataset=colours.dataset).pk == one.pk
    # A worker that died in the middle: another begins again.
    LabelErrorSearch.objects.filter(pk=one.pk).update(state="running", progress=0.4)
    service.carry_out(one.pk)
    listed = LabelSuspect.objects.filter(search=one).count()
    service.carry_out(one.pk)
    service.fail(search_id=one.pk, error="too late")
    one.refresh_from_db()
    assert (LabelSuspect.objects.filter(search=one).count(), one.state, one.error) == (
        listed,
        "succeeded",
        "",
    )
    assert service.request_search(user=colours.qa_lead, dataset=colours.dataset).pk != one.pk


def test_near_duplicates_with_different_labels_stand_beside(colours):
    first = Image.objects.get(filename="blue-5.png")
    twin, _ = images.store(project=colours.project, data=copy_of("blue-5"), filename="twin.png")
    settle(image=twin, value={"label": "green"}, by=ResolvedBy.IMPORTED)
    colours.dataset = freeze(colours.project)
    search = searched(colours)
    found = list(queries.suspects(search, SuspectKind.DUPLICATE).order_by("pk"))
    assert {(one.image_id, one.like_id) for one in found} == {(first.pk, twin.pk), (twin.pk, first.pk)}
    assert {one.given for one in found} == {"blue", "green"}
    # Of one group, neither vouches for the other: the wrong one of the two is found by the rest.
    labels = queries.suspects(search, SuspectKind.LABEL).order_by("pk")[: search.found["flagged"]]
    assert twin.pk in {one.image_id for one in labels}


def test_the_first_are_sent_blind_in_one_press_and_never_twice(colours, client):
    search = searched(colours)
    client.force_login(colours.qa_lead)
    address = url(colours, "review-label-errors", search.pk)
    pressed = client.post(address, {"kind": "label", "count": "2", "answers_required": "1"})
    assert pressed.status_code == 302
    made = Round.objects.get()
    assert made.queue.blind
    asked = list(Task.objects.filter(queue=made.queue).values_list("image", flat=True))
    ranked = list(queries.suspects(search, SuspectKind.LABEL).order_by("pk").values_list("image", flat=True))
    assert set(asked) == set(ranked[:2])
    second = send_to_review(
        user=colours.engineer, search=search, kind=SuspectKind.LABEL, count=9, answers_required=2
    )
    assert second.queue.answers_required == 2
    asked = set(Task.objects.filter(queue=second.queue).values_list("image", flat=True))
    assert asked == set(ranked[2:])
    # What was withdrawn may be sent again.
    rounds.close(user=colours.qa_lead, which=second)
    assert queries.review(search, SuspectKind.LABEL).sent == 2


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_send_different_suspects(colours):
    search = searched(colours)

    def press(number):
        return send_to_review(user=colours.qa_lead, search=search, kind=SuspectKind.LABEL, count=2)

    made = in_threads(2, press)
    asked = [set(Task.objects.filter(queue=one.queue).values_list("image", flat=True)) for one in made]
    assert [len(each) for each in asked] == [2, 2]
    assert set.union(*asked) == colours.wrong


def test_the_report_says_how_many_were_errors_indeed(colours, client):
    search = searched(colours)
    assert queries.review(search, SuspectKind.LABEL) == queries.Review()
    made = send_to_review(user=colours.qa_lead, search=search, kind=SuspectKind.LABEL, count=4)
    tasks = list(Task.objects.filter(queue=made.queue, state=TaskState.OPEN).order_by("pk"))
    given = dict(queries.suspects(search, SuspectKind.LABEL).values_list("image", "given"))
    for task in tasks[:2]:
        answer(colours.annotator, task, colours.truth[task.image_id])
    # Somebody thinks that this one was right.
    answer(colours.annotator, tasks[2], given[tasks[2].image_id])
    review = queries.review(search, SuspectKind.LABEL)
    assert (review.sent, review.waiting, review.reviewed) == (4, 1, 3)
    assert (review.errors, review.as_suggested, review.unsettled) == (2, 2, 0)
    assert review.share == pytest.approx(2 / 3)
    assert review.interval == pytest.approx((0.2077, 0.9385), abs=1e-3)
    client.force_login(colours.qa_lead)
    page = in_words(client.get(url(colours, "label-errors", colours.dataset.pk)))
    assert "2 of 3 reviewed were errors indeed: 67% (21–94%)." in page
    assert "The label suggested was the right one for 2 of them." in page
    told = (
        client_of(colours.qa_lead, colours.project).get(reverse("api-label-errors", args=[search.pk])).json()
    )
    assert told["reviews"]["label"]["errors"] == 2
    assert told["reviews"]["outlier"]["interval"] is None
    # What is in the dataset stays as it was frozen; the next freeze has what people said.
    assert freeze(colours.project).card["labels"] != colours.dataset.card["labels"]


def test_who_does_not_overrule_settles_nothing_and_an_import_is_no_review(colours):
    search = searched(colours)
    chosen = queries.suspects(search, SuspectKind.LABEL).order_by("pk").first().image
    settle(image=chosen, value={"label": "green"}, by=ResolvedBy.ADJUDICATION)
    made = send_to_review(user=colours.qa_lead, search=search, kind=SuspectKind.LABEL, count=2)
    for task in Task.objects.filter(queue=made.queue, image=chosen):
        answer(colours.annotator, task, "red")
    review = queries.review(search, SuspectKind.LABEL)
    assert (review.sent, review.waiting, review.reviewed, review.unsettled) == (2, 1, 0, 1)


def test_a_model_that_learned_from_the_photographs_is_not_asked(colours):
    rows = service.read_manifest(colours.dataset.manifest_key).rows
    assert seeing.impartial(colours.project, rows) is None
    model = ModelVersionFactory(project=colours.project, stage=Stage.CHAMPION.value)
    assert seeing.impartial(colours.project, rows) == model
    search = searched(colours)
    assert search.found["model"] == str(model)
    assert search.found["flagged"] == 4
    TrainingRun.objects.create(
        project=colours.project,
        dataset_id=colours.dataset.pk,
        manifest_key=colours.dataset.manifest_key,
        model=model,
    )
    assert seeing.impartial(colours.project, rows) is None
    assert searched(colours).found["model"] == ""


def test_embeddings_come_from_serving_where_it_made_them(colours):
    model = ModelVersionFactory(project=colours.project, stage=Stage.CHAMPION.value)
    assert embeddings_of(model, ["0" * 64]) == {}
    rows = service.read_manifest(colours.dataset.manifest_key).rows
    embed = seeing.embedder(model, rows)
    read = service.images_by_hash(colours.project.pk, {row.sha256: row.key for row in rows})
    contents = [read(rows[number].sha256) for number in (3, 5)]
    assert embed([3, 5], contents).shape == (2, 3)


def test_a_dataset_that_cannot_be_searched_says_why(colours, client, monkeypatch):
    client.force_login(colours.qa_lead)
    api = client_of(colours.qa_lead, colours.project)
    building = DatasetVersionFactory(
        number=50, project=colours.project, state="building", hash="", manifest_key="", frozen_at=None
    )
    refused = client.post(url(colours, "look-for-label-errors", building.pk))
    assert (refused.status_code, "this one is building" in in_words(refused)) == (400, True)
    monkeypatch.setattr(service, "MOST_IMAGES", 5)
    answered = api.post(reverse("api-dataset-label-errors", args=[colours.dataset.pk]))
    assert (answered.status_code, "At most 5 images" in answered.json()["detail"]) == (409, True)
    colours.project.task_type = "detection"
    colours.project.save()
    page = in_words(client.get(url(colours, "label-errors", colours.dataset.pk)))
    assert "this project draws boxes" in page
    assert "Look for label errors</button>" not in page
    answered = api.post(reverse("api-dataset-label-errors", args=[colours.dataset.pk]))
    assert (answered.status_code, "draws boxes" in answered.json()["detail"]) == (409, True)
    assert not LabelErrorSearch.objects.exists()


def test_a_search_that_comes_to_nothing_says_why(colours, client):
    DatasetVersion.objects.filter(pk=colours.dataset.pk).update(manifest_key="datasets/gone.ndjson")
    colours.dataset.refresh_from_db()
    search = searched(colours)
    assert (search.state, "gone from the storage" in search.error) == ("failed", True)
    client.force_login(colours.engineer)
    assert "The search came to nothing." in in_words(
        client.get(url(colours, "label-errors", colours.dataset.pk))
    )


def test_the_page_from_first_press_to_the_list(colours, client, django_assert_max_num_queries):
    client.force_login(colours.engineer)
    address = url(colours, "label-errors", colours.dataset.pk)
    assert address in in_words(client.get(url(colours, "datasets")))
    assert "Look for label errors" in in_words(client.get(address))
    assert client.post(url(colours, "look-for-label-errors", colours.dataset.pk)).url == address
    assert "Waiting for a worker" in in_words(client.get(address))
    service.carry_out(queries.newest(colours.dataset).pk)
    with django_assert_max_num_queries(25):
        page = in_words(client.get(address))
    assert "4 are likely wrong" in page
    assert page.count('<li class="question">') == 4
    assert 'value="4"' in page
    assert client.get(address + "?kind=outlier&after=x").status_code == 200
    assert "question-grid" not in in_words(client.get(address + "?after=4"))
    nobody = in_words(client.get(address + "?kind=duplicate"))
    assert "No two near-duplicates carry different labels." in nobody


@pytest.mark.parametrize("count", ["0", "-1", "many", "1001", ""])
def test_a_number_that_is_none_is_refused(colours, client, count):
    search = searched(colours)
    client.force_login(colours.qa_lead)
    refused = client.post(url(colours, "review-label-errors", search.pk), {"kind": "label", "count": count})
    assert (refused.status_code, "must be a whole number from 1 to" in in_words(refused)) == (400, True)
    assert not Round.objects.exists()


def test_over_the_api_from_the_search_to_a_round(colours):
    api = client_of(colours.engineer, colours.project)
    made = api.post(reverse("api-dataset-label-errors", args=[colours.dataset.pk]))
    assert (made.status_code, made.json()["state"], made.json()["found"]) == (202, "queued", {})
    service.carry_out(made.json()["id"])
    listed = api.get(reverse("api-dataset-label-errors", args=[colours.dataset.pk])).json()["results"]
    assert [one["state"] for one in listed] == ["succeeded"]
    address = reverse("api-label-suspects", args=[made.json()["id"]]) + "?page_size=3"
    ranks = []
    while address:
        page = api.get(address).json()
        ranks += [one["rank"] for one in page["results"]]
        address = page["next"]
    assert ranks == [1, 2, 3, 4]
    wrong = api.get(reverse("api-label-suspects", args=[made.json()["id"]]) + "?kind=all")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["kind"])
    body = {
        "name": "errors",
        "title": "Errors",
        "blind": True,
        "filters": {"label_errors": made.json()["id"], "limit": 4},
    }
    round_made = api.post(
        f"/api/v1/projects/{colours.project.slug}/rounds/", body, content_type="application/json"
    )
    assert round_made.status_code == 201
    asked = set(Task.objects.filter(queue__name="errors").values_list("image", flat=True))
    assert asked == colours.wrong


@pytest.mark.parametrize(
    ("filters", "reason"),
    [
        (
            {"label_errors": "00000000-0000-7000-8000-000000000000"},
            "no search for label errors of this project",
        ),
        ({"label_errors": "x"}, "must be an id"),
        ({"suspected_as": "label"}, "means nothing without label_errors"),
        (
            {"label_errors": "00000000-0000-7000-8000-000000000000", "pick": "random"},
            "left out with label_errors",
        ),
    ],
)
def test_filters_that_name_no_suspects_are_refused(colours, filters, reason):
    with pytest.raises(ValueRefused) as refused:
        rounds.make_round(user=colours.qa_lead, project=colours.project, name="n", title="N", filters=filters)
    assert reason in str(refused.value.errors)


def test_leads_alone_look_and_send(colours, client):
    search = searched(colours)
    reads = [
        url(colours, "label-errors", colours.dataset.pk),
        reverse("api-dataset-label-errors", args=[colours.dataset.pk]),
        reverse("api-label-errors", args=[search.pk]),
        reverse("api-label-suspects", args=[search.pk]),
    ]
    writes = [
        url(colours, "look-for-label-errors", colours.dataset.pk),
        url(colours, "review-label-errors", search.pk),
        reverse("api-dataset-label-errors", args=[colours.dataset.pk]),
    ]
    for user, status in ((colours.annotator, 403), (colours.associate, 403), (colours.stranger, 404)):
        client.force_login(user)
        for address in reads:
            expected = 404 if "/api/" in address else status
            assert client.get(address).status_code == expected, address
        for address in writes:
            expected = 404 if "/api/" in address else status
            assert client.post(address, {"kind": "label", "count": "1"}).status_code == expected, address
    assert LabelErrorSearch.objects.count() == 1
    assert not Round.objects.exists()
    reader = client_of(colours.engineer, colours.project, ["read"])
    assert reader.post(writes[2]).status_code == 403
    # Another project's dataset under this project's address.
    other = DatasetVersionFactory(project=ProjectFactory())
    client.force_login(colours.engineer)
    assert client.get(url(colours, "label-errors", other.pk)).status_code == 404


def test_the_command_prints_all_that_was_found(colours):
    out, err = StringIO(), StringIO()
    call_command("label_errors", colours.project.slug, "--json", stdout=out, stderr=err)
    told = json.loads(out.getvalue())
    assert (told["flagged"], len(told["suspects"]["label"])) == (4, 4)
    assert {one["filename"].removesuffix(".png") for one in told["suspects"]["label"][:4]} == set(WRONG)
    call_command("label_errors", colours.project.slug, "--dataset", "1", stdout=out, stderr=err)
    assert "Of 24 labels 4 are likely wrong" in err.getvalue()
    with pytest.raises(CommandError, match="no dataset 7"):
        call_command("label_errors", colours.project.slug, "--dataset", "7")
    with pytest.raises(CommandError, match="no project"):
        call_command("label_errors", "nowhere")


def test_a_copy_labelled_as_wrongly_does_not_vouch_for_it(colours):
    for name, label in WRONG.items():
        image, _ = images.store(project=colours.project, data=copy_of(name), filename=f"copy-of-{name}.png")
        settle(image=image, value={"label": label}, by=ResolvedBy.IMPORTED)
    colours.dataset = freeze(colours.project)
    members = queries.members(colours.dataset, service.read_manifest(colours.dataset.manifest_key).rows)
    assert len(set(members.groups)) == len(members.rows) - len(WRONG)
    assert searched(colours).found["flagged"] == 2 * len(WRONG)

"""Guidelines with their examples and what they do not cover: kept, fixed once published, seen by whom they are for."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from labeling.domain.values import ValueRefused
from labeling.enums import FlagState
from labeling.models import GuidelineExample, GuidelineFlag
from labeling.queries import guidelines as queries
from labeling.queries.images import address, visible_to
from labeling.services import guideline_flags, guidelines
from labeling.services.images import store
from people.models import AuditEvent
from tests.factories.labeling import (
    AnswerFactory,
    GuidelineExampleFactory,
    GuidelineFactory,
    GuidelineFlagFactory,
    ImageFactory,
    open_task,
    picture,
    project_with,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def label(shop):
    return shop.project.labels.get(key="low_stock")


def example_of(shop, label, **fields):
    given = {"image": ImageFactory(project=shop.project), "is_right": True, "why": "", **fields}
    return guidelines.add_example(user=shop.qa_lead, project=shop.project, label=label, **given)


def published(shop, body="First."):
    draft = guidelines.write_draft(user=shop.qa_lead, project=shop.project, body=body)
    return guidelines.publish(user=shop.qa_lead, guideline=draft)


def test_an_example_begins_the_draft_with_the_words_and_examples_in_force(shop, label):
    first = example_of(shop, label, why="  Two of eight. ", box=[1, 2, 30, 40])
    version = published(shop, "Words.")
    example_of(shop, label, is_right=False)
    draft = queries.draft(shop.project)
    assert draft.body == "Words."
    assert next((one.image, one.is_right, one.why, one.box) for one in queries.examples_of(draft)) == (
        first.image, True, "Two of eight.", [1.0, 2.0, 30.0, 40.0],
    )  # fmt: skip
    assert (draft.examples.count(), version.examples.count()) == (2, 1)


def test_the_same_image_and_label_again_takes_the_place_of_the_first(shop, label):
    image = ImageFactory(project=shop.project)
    example_of(shop, label, image=image)
    example_of(shop, label, image=image, is_right=False, why="Look again.")
    assert [(one.is_right, one.why) for one in GuidelineExample.objects.all()] == [(False, "Look again.")]


def test_examples_of_a_label_no_longer_used_are_not_carried_on(shop, label):
    example_of(shop, label)
    published(shop)
    label.retired_at = "2026-01-01T00:00Z"
    label.save()
    assert guidelines.write_draft(user=shop.qa_lead, project=shop.project, body="Next.").examples.count() == 0


def test_what_is_published_never_changes(shop, label):
    example = example_of(shop, label)
    version = published(shop)
    for doing, fields in (
        (guidelines.change_example, {"is_right": False, "why": "", "box": None}),
        (guidelines.remove_example, {}),
    ):
        with pytest.raises(guidelines.AlreadyPublished, match="version 1"):
            doing(user=shop.qa_lead, example=example, **fields)
    rows = GuidelineExample.objects.filter(pk=example.pk)
    for change in (
        lambda: rows.update(why="x"),
        rows.delete,
        lambda: GuidelineExampleFactory(guideline=version),
    ):
        with (
            pytest.raises(IntegrityError, match="published guideline are never changed"),
            transaction.atomic(),
        ):
            change()


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"box": [0, 0, 999, 10]}, "box", "lies outside the image, which is 64 by 48 pixels."),
        ({"box": [1, 2, 3]}, "box", "must be [x1, y1, x2, y2] in pixels."),
        ({"why": "a\0"}, "why", "holds text with a NUL or a broken character."),
        ({"why": "x" * 1001}, "why", "is 1,001 characters long; 1,000 is the most."),
    ],
)
def test_an_example_that_cannot_be_kept_says_why_and_leaves_no_draft(shop, label, fields, field, reason):
    with pytest.raises(ValueRefused) as refused:
        example_of(shop, label, **fields)
    assert refused.value.errors == {field: [reason]}
    assert queries.draft(shop.project) is None


def test_nothing_of_another_project_becomes_an_example(shop, label):
    other = project_with()
    with pytest.raises(ValueRefused, match="not an image of this project"):
        example_of(shop, label, image=ImageFactory(project=other))
    with pytest.raises(ValueRefused, match="not a label"):
        example_of(shop, other.labels.first())


def test_who_may_read_a_guideline_sees_its_examples_and_no_draft(shop, label):
    image, _ = store(project=shop.project, data=picture(1))
    example_of(shop, label, image=image)
    people = ("associate", "other_associate", "annotator", "qa_lead", "engineer", "stranger")
    seen = {who: visible_to(getattr(shop, who)).filter(pk=image.pk).exists() for who in people}
    assert seen == dict.fromkeys(people, False) | {"qa_lead": True, "engineer": True}
    published(shop)
    seen = {who: visible_to(getattr(shop, who)).filter(pk=image.pk).exists() for who in people}
    assert seen == dict.fromkeys(people, True) | {"stranger": False}
    current = f"/api/v1/projects/{shop.project.slug}/guidelines/current/"
    (shown,) = shop.client(shop.associate).get(current).json()["examples"]
    assert (shown["label"], shown["is_right"], shown["box"]) == ("low_stock", True, None)
    assert shown["image"]["url"].endswith(address(image, shop.associate))


def test_the_api_adds_changes_and_removes_examples(shop, label):
    client = shop.client(shop.qa_lead)
    draft = GuidelineFactory(project=shop.project, number=None, published_at=None)
    image = ImageFactory(project=shop.project)
    path = f"/api/v1/guidelines/{draft.pk}/examples/"
    sent = {"image": str(image.pk), "label": "low_stock", "is_right": True, "box": [1, 1, 5, 5]}
    made = client.post(path, sent, format="json")
    assert (made.status_code, made.json()["box"]) == (201, [1.0, 1.0, 5.0, 5.0])
    one = f"/api/v1/guideline-examples/{made.json()['id']}/"
    changed = client.patch(one, {"is_right": False, "why": "A gap."}, format="json").json()
    assert (changed["is_right"], changed["why"], changed["box"]) == (False, "A gap.", [1.0, 1.0, 5.0, 5.0])
    for wrong, field in (
        ({"box": [5, 5, 1, 1]}, "box"),
        ({"label": "cat"}, "label"),
        ({"image": str(draft.pk)}, "image"),
    ):
        refused = client.post(path, sent | wrong, format="json")
        assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])
    assert client.delete(one).status_code == 204
    guidelines.publish(user=shop.qa_lead, guideline=draft)
    assert "published and never changes" in client.post(path, sent, format="json").json()["detail"]


def test_the_api_says_what_changed_since_the_version_last_read(shop, label):
    first = published(shop, "Look once.")
    guidelines.acknowledge(user=shop.annotator, guideline=first)
    published(shop, "Look twice.")
    example_of(shop, label)
    third = published(shop, "Look thrice.")
    path = f"/api/v1/guidelines/{third.pk}/changes/"
    found = shop.client(shop.annotator).get(path).json()
    assert (found["since"], [one["edit"] for one in found["examples"]]) == (1, ["inserted"])
    assert [(piece["edit"], piece["text"]) for piece in found["words"][0]["pieces"]] == [
        ("same", "Look "), ("deleted", "once"), ("inserted", "thrice"), ("same", "."),
    ]  # fmt: skip
    assert shop.client(shop.annotator).get(f"{path}?since=2").json()["since"] == 2
    assert shop.client(shop.associate).get(path).json() == {"since": None, "words": [], "examples": []}
    for since in ("9", "x", "", "²"):
        refused = shop.client(shop.annotator).get(path, {"since": since})
        assert (refused.status_code, list(refused.json()["errors"])) == (400, ["since"])


def test_a_flag_is_raised_once_and_its_author_reads_what_came_of_it(shop):
    task = open_task(shop.queue("review"))
    client, path = shop.client(shop.annotator), f"/api/v1/tasks/{task.pk}/flag/"
    first = client.post(path, {"words": "A pallet?"}, format="json")
    again = client.post(path, {}, format="json")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (first.json()["state"], first.json()["guideline"]) == ("open", None)
    settle = f"/api/v1/flags/{first.json()['id']}/settle/"
    assert client.post(settle, {"state": "dismissed"}, format="json").status_code == 403
    lead = shop.client(shop.qa_lead)
    refused = lead.post(settle, {"state": "example"}, format="json").json()
    assert set(refused["errors"]) == {"label", "is_right"}
    lead.post(settle, {"state": "dismissed", "reply": "Pallets are blocked."}, format="json")
    assert "settled already" in lead.post(settle, {"state": "dismissed"}, format="json").json()["detail"]
    flags = f"/api/v1/projects/{shop.project.slug}/flags/"
    (mine,) = client.get(flags, {"state": "dismissed"}).json()["results"]
    assert mine["reply"] == "Pallets are blocked."
    assert shop.client(shop.associate).get(flags).json()["results"] == []
    assert client.get(flags, {"state": "gone"}).status_code == 400
    assert client.post(path, {"words": "Still."}, format="json").status_code == 201
    assert AuditEvent.objects.filter(action__startswith="guideline.flag").count() == 3


def test_a_flag_becomes_an_example_in_one_step_or_not_at_all(shop, label):
    flag = GuidelineFlagFactory(image=ImageFactory(project=shop.project), user=shop.annotator)
    settle = f"/api/v1/flags/{flag.pk}/settle/"
    sent = {"state": "example", "label": "low_stock", "is_right": False, "why": "Half a pallet."}
    lead = shop.client(shop.qa_lead)
    guideline_flags.settle(
        user=shop.qa_lead, flag=GuidelineFlagFactory(image=flag.image), state=FlagState.DISMISSED
    )
    assert lead.post(settle, sent | {"box": [0, 0, 0, 0]}, format="json").status_code == 400
    assert lead.post(settle, sent, format="json").json()["state"] == "example"
    assert lead.post(settle, sent | {"label": "blocked"}, format="json").status_code == 400
    (example,) = GuidelineExample.objects.all()
    assert (example.image, example.label, example.is_right) == (flag.image, label, False)


def test_pages_of_the_guideline_are_for_leads(client, shop):
    flag = GuidelineFlagFactory(image=ImageFactory(project=shop.project))
    pages = [reverse(name, args=[shop.project.slug]) for name in ("flags", "add-example")]
    settle = reverse("settle-flag", args=[shop.project.slug, flag.pk])
    for who, status in (
        ("qa_lead", 200),
        ("engineer", 200),
        ("annotator", 403),
        ("associate", 403),
        ("stranger", 404),
    ):
        client.force_login(getattr(shop, who))
        assert [client.get(page).status_code for page in pages] == [status, status]
        if status != 200:
            assert client.post(settle, {"dismiss": "1"}).status_code == status
    assert GuidelineFlag.objects.get().state == "open"
    for name in ("guideline-in-force", "guideline-to-read"):
        client.force_login(shop.associate)
        assert client.get(reverse(name, args=[shop.project.slug])).status_code == 200
        client.force_login(shop.stranger)
        assert client.get(reverse(name, args=[shop.project.slug])).status_code == 404


def test_more_flags_ask_no_more_of_the_database(client, shop, django_assert_num_queries):
    client.force_login(shop.qa_lead)
    for more in (2, 5):
        for _ in range(more):
            task = open_task(shop.queue("review"))
            answer = AnswerFactory(task=task, user=shop.annotator)
            GuidelineFlagFactory(image=task.image, user=answer.user)
        with django_assert_num_queries(10):
            client.get(reverse("flags", args=[shop.project.slug]))


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"label": "cat", "right": "yes"}, "choose a label"),
        ({"label": "low_stock\0", "right": "perhaps"}, "choose a label"),
        ({"label": "low_stock", "right": "no", "why": "x" * 1001}, "1,000 is the most"),
        ({"dismiss": "1", "reply": "a\0"}, "NUL"),
    ],
)
def test_what_a_form_gets_wrong_is_said_and_nothing_is_settled(client, shop, sent, said):
    flag = GuidelineFlagFactory(image=ImageFactory(project=shop.project))
    client.force_login(shop.qa_lead)
    answer = client.post(reverse("settle-flag", args=[shop.project.slug, flag.pk]), sent, follow=True)
    assert said in answer.content.decode()
    flag.refresh_from_db()
    assert flag.state == "open"


def test_the_form_of_an_example_keeps_what_was_written_and_names_what_is_wrong(client, shop):
    client.force_login(shop.qa_lead)
    page = reverse("add-example", args=[shop.project.slug])
    sent = {
        "image": ImageFactory(project=shop.project).pk,
        "label": "blocked",
        "right": "no",
        "why": "A poster.",
    }
    for wrong, said in (
        ({"x1": "1"}, "all four sides"),
        ({"label": "cat"}, "choose one"),
        ({"why": "x" * 1001}, "1,000"),
    ):
        answer = client.post(page, sent | wrong)
        assert answer.status_code == 400
        assert said in answer.content.decode()
    assert "A poster." in client.post(page, sent | {"x1": "1"}).content.decode()
    assert client.post(page, sent | {"image": "x"}).status_code == 200
    assert (
        client.get(
            reverse("flags", args=[shop.project.slug]) + "?after=x", headers={"HX-Request": "true"}
        ).status_code
        == 404
    )

"""What changed between two datasets: counts and images agree with the two manifests, for leads alone."""

from collections import Counter

import pytest
from django.urls import reverse

from feedback.enums import Change
from feedback.models import DatasetMember
from feedback.queries import dataset_changes
from feedback.services import datasets
from labeling.enums import ResolvedBy, Split
from labeling.services.resolving import settle
from tests.factories.feedback import DatasetVersionFactory, ExampleFactory, labelled
from tests.factories.labeling import LABELS, ResolutionFactory, project_with
from tests.factories.people import client_of
from tests.feedback.pages import in_words, url

pytestmark = pytest.mark.django_db


def freeze(project):
    return datasets.freeze(datasets.request_dataset(user=None, project=project).pk)


@pytest.fixture
def pair(shop):
    """Two datasets of the shop: in between three images came, one was relabelled, a label went, one moved."""
    images = [labelled(shop.project, LABELS[seed % 4], seed) for seed in range(12)]
    old = freeze(shop.project)
    settle(image=images[0], value={"label": "low_stock"}, by=ResolvedBy.ADJUDICATION)
    settle(image=images[1], value={"label": "low_stock"}, by=ResolvedBy.ADJUDICATION)
    for seed in range(100, 103):
        labelled(shop.project, "in_stock", seed)
    shop.project.labels.filter(key="blocked").update(retired_at="2026-05-04T12:00:00Z")
    new = freeze(shop.project)
    moved = DatasetMember.objects.get(dataset=new, example__image=images[2])
    # Freezing never moves an image: that a page says so is worth something only if it would show one that did.
    moved.split = next(str(split) for split in Split if split != moved.split)
    moved.save()
    return old, new


def by_force(old, new):
    """What changed of each image, from the members alone."""
    sides = [
        {m.example.image_id: (m.split, m.example.value) for m in d.members.select_related("example")}
        for d in (old, new)
    ]
    found = {}
    for image in set(sides[0]) | set(sides[1]):
        before, after = (side.get(image) for side in sides)
        if before is None or after is None:
            found[image] = {"added" if before is None else "removed"}
        else:
            found[image] = {"moved"} if before[0] != after[0] else set()
            found[image] |= {"relabelled"} if before[1] != after[1] else set()
    return {image: kinds for image, kinds in found.items() if kinds}


def test_counts_and_images_agree_with_the_members_one_by_one(pair):
    old, new = pair
    expected = by_force(old, new)
    found = dataset_changes.changes(old, new)
    # The second image was settled again as what it was: no change.
    assert found.images == {"added": 3, "removed": 3, "relabelled": 1, "moved": 1}
    assert found.images == dict(Counter(kind for kinds in expected.values() for kind in kinds))
    assert {row.label: (row.added, row.removed, row.gained, row.lost, row.moved) for row in found.labels} == {
        "blocked": (0, 3, 0, 0, 0),
        "in_stock": (3, 0, 0, 1, 0),
        "low_stock": (0, 0, 1, 0, 0),
        "out_of_stock": (0, 0, 0, 0, 1),
    }
    shown = dataset_changes.sides(old, new, dataset_changes.changed_images(old, new))
    assert {row.image.pk: {str(kind) for kind in row.kinds} for row in shown} == expected
    for kind in Change:
        only = dataset_changes.changed_images(old, new, kind)
        assert {image.pk for image in only} == {image for image, kinds in expected.items() if kind in kinds}
    assert dataset_changes.changed_images(old, new, label="low_stock").count() == 1
    assert dataset_changes.changes(new, new).labels == []


def test_regions_count_by_the_labels_they_gain_and_lose(shop):
    image = labelled(shop.project, "in_stock", 0)
    region = {"id": "1", "label": "in_stock", "box": [0, 0, 9, 9]}
    values = [{"regions": []}, {"regions": [region, region | {"id": "2", "label": "low_stock"}]}]
    made = []
    image.examples.update(replaced_at="2026-05-04T12:00:00Z")
    for number, value in enumerate(values):
        resolution = ResolutionFactory(
            project=shop.project, image=image, value=value, replaced_at="2026-05-04T12:00:00Z"
        )
        example = ExampleFactory(resolution=resolution, replaced_at="2026-05-04T12:00:00Z")
        made.append(DatasetVersionFactory(project=shop.project, number=50 + number))
        DatasetMember.objects.create(dataset=made[-1], example=example, split="train")
    rows = dataset_changes.changes(*made).labels
    assert {row.label: (row.gained, row.lost) for row in rows} == {
        "": (0, 1),
        "in_stock": (1, 0),
        "low_stock": (1, 0),
    }


def test_over_the_api_counts_then_pages_of_images(shop, pair):
    old, new = pair
    client = client_of(shop.qa_lead, shop.project)
    told = client.get(reverse("api-dataset-changes", args=[new.pk])).json()
    assert (told["against"], told["images"]["added"]) == (str(old.pk), 3)
    address = f"{reverse('api-dataset-changed-images', args=[new.pk])}?page_size=2&kind=added"
    seen = []
    while address:
        page = client.get(address).json()
        assert len(page["results"]) <= 2
        seen += page["results"]
        address = page["next"]
    assert len({row["image"] for row in seen}) == 3
    assert {(row["before"], row["split_before"], row["after"]["label"]) for row in seen} == {
        (None, None, "in_stock")
    }


@pytest.mark.parametrize(
    "wrong", ["against=nothing", "against=00000000-0000-7000-8000-000000000000", "kind=all"]
)
def test_what_means_nothing_is_named(shop, pair, wrong):
    client = client_of(shop.qa_lead, shop.project)
    answer = client.get(f"{reverse('api-dataset-changed-images', args=[pair[1].pk])}?{wrong}")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [wrong.split("=")[0]])


def test_a_first_dataset_has_nothing_to_be_held_against(shop, client):
    only = DatasetVersionFactory(project=shop.project)
    answer = client_of(shop.qa_lead, shop.project).get(reverse("api-dataset-changes", args=[only.pk]))
    assert (answer.status_code, "no parent" in answer.json()["errors"]["against"][0]) == (400, True)
    client.force_login(shop.qa_lead)
    assert "no other frozen dataset" in in_words(client.get(url(shop, "dataset-changes", only.pk)))


def test_the_page_shows_counts_and_photographs_and_narrows_them(shop, pair, client):
    old, new = pair
    client.force_login(shop.engineer)
    assert url(shop, "dataset-changes", new.pk) in client.get(url(shop, "datasets")).content.decode()
    page = url(shop, "dataset-changes", new.pk)
    assert client.get(page).content.decode().count('<li class="question">') == 8
    relabelled = client.get(page, {"kind": "relabelled", "against": old.number})
    assert relabelled.content.decode().count('<li class="question">') == 1
    assert client.get(page, {"label": "low_stock\0<b>"}).status_code == 200
    assert client.get(page, {"against": "99"}).status_code == 404


def test_only_leads_of_the_project_see_it(shop, pair, client):
    _, new = pair
    addresses = [reverse(f"api-dataset-change{rest}", args=[new.pk]) for rest in ("s", "d-images")]
    people = [(shop.qa_lead, 200, 200), (shop.annotator, 403, 404), (shop.stranger, 404, 404)]
    for user, page, api in people:
        client.force_login(user)
        assert client.get(url(shop, "dataset-changes", new.pk)).status_code == page
        assert {client.get(address).status_code for address in addresses} == {api}
    of_another = DatasetVersionFactory(project=project_with())
    lead = client_of(shop.qa_lead, shop.project)
    assert lead.get(f"{addresses[0]}?against={of_another.pk}").status_code == 400
    for scopes, status in ((["answer"], 403), (["read"], 200)):
        assert client_of(shop.qa_lead, shop.project, scopes).get(addresses[0]).status_code == status

"""What tests of the engineer's pages share: addresses, words of a page, and a run."""

from django.urls import reverse

from inference.models import TrainingRun
from tests.factories.feedback import DatasetVersionFactory


def url(shop, name, *args):
    return reverse(name, args=[shop.project.slug, *args])


def text(response):
    return response.content.decode()


def in_words(response):
    return " ".join(text(response).split())


def a_run(shop, number=50, **fields):
    """A run on a dataset of that number."""
    dataset = DatasetVersionFactory(project=shop.project, number=number)
    return TrainingRun.objects.create(
        project=shop.project, dataset_id=dataset.pk, manifest_key=dataset.manifest_key, **fields
    )

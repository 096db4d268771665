"""The admin opens on everything inference and feedback keep, row by row, and none of it can be changed there."""

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.factories.people import UserFactory
from tests.feedback import story

pytestmark = pytest.mark.django_db

MODELS = [model for model in admin.site._registry if model._meta.app_label in ("inference", "feedback")]


@pytest.mark.parametrize("model", MODELS)
def test_every_table_and_row_opens_and_takes_no_change(shop, client, model):
    story.tell(shop)
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert client.get(reverse(f"{name}_changelist")).status_code == 200
    row = reverse(f"{name}_change", args=[model.objects.first().pk])
    assert client.get(row).status_code == 200
    assert client.post(row, {}).status_code == 403
    assert client.get(reverse(f"{name}_add")).status_code == 403

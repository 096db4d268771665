"""A page that somebody opened calls for nobody else."""

import pytest

from tests.factories.people import member

pytestmark = pytest.mark.django_db


def test_a_page_of_somebody_else_is_refused_and_ones_own_is_not(client, shop):
    colleague = member(shop.project, "annotator")
    client.force_login(colleague)
    path = "/api/v1/queues/"
    assert client.get(path).status_code == 200
    assert client.get(path, headers={"X-Vouch-User": str(colleague.pk)}).status_code == 200
    refused = client.get(path, headers={"X-Vouch-User": str(shop.annotator.pk)})
    assert refused.status_code == 401
    assert refused.json()["type"] == "/problems/another-user"
    assert str(colleague) in refused.json()["detail"]


def test_who_is_signed_out_is_told_that_instead(client, shop):
    refused = client.get("/api/v1/queues/", headers={"X-Vouch-User": str(shop.annotator.pk)})
    assert refused.json()["type"] == "/problems/not-authenticated"

"""Every kind of alarm has its section of the runbook, and its page."""

from html import unescape

import pytest
from django.urls import reverse

from labeling.views.runbook import sections
from people.domain.alarm_natures import NATURES
from people.enums import AlarmKind


def test_every_kind_of_alarm_has_a_nature_and_a_section_and_there_is_none_of_another():
    assert set(NATURES) == set(AlarmKind)
    assert set(sections()) == {str(kind) for kind in AlarmKind}
    for title, body in sections().values():
        assert title
        assert "\n1. " in body
        assert "Settled by itself" in body


@pytest.mark.django_db
@pytest.mark.parametrize("kind", AlarmKind)
def test_its_page_is_there_for_whoever_is_signed_in(shop, client, kind):
    page = reverse("runbook", args=[kind])
    assert client.get(page).status_code == 302
    client.force_login(shop.annotator)
    shown = unescape(client.get(page).content.decode())
    assert sections()[kind][0] in shown
    assert "<ol>" in shown
    # What leads from file to file in the documentation leads nowhere here.
    assert ".md" not in shown
    assert reverse(NATURES[kind].page, args=[shop.project.slug])


@pytest.mark.django_db
def test_a_kind_that_there_is_not_has_none(shop, client):
    client.force_login(shop.qa_lead)
    assert client.get("/runbooks/nonsense/").status_code == 404

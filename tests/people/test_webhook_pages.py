"""The page and the API of webhooks: the same for both, and for engineers alone; and what receivers are told to do."""

import re
from pathlib import Path

import pytest

from people.enums import DeliveryState, Role, Scope
from people.models import Delivery
from people.services import delivering, webhooks
from tests.factories.people import ProjectFactory, client_of, member

pytestmark = pytest.mark.django_db


def test_the_api_does_what_the_page_does(project, engineer, receiver, settings):
    settings.PRIVATE_WEBHOOKS = True
    client, url = client_of(engineer, project), f"/api/v1/projects/{project.slug}/webhooks/"
    made = client.post(url, {"url": receiver.url}, format="json")
    assert (made.status_code, len(made.json()["secret"])) == (201, 43)
    one = f"/api/v1/webhooks/{made.json()['id']}/"
    assert "secret" not in client.get(one).json()
    assert [row["id"] for row in client.get(url).json()["results"]] == [made.json()["id"]]
    ping = client.post(f"{one}ping/").json()
    assert (ping["event"], ping["state"]) == ("ping", "waiting")
    delivering.deliver_due()
    (row,) = client.get(f"{one}deliveries/").json()["results"]
    assert (row["state"], row["status"]) == ("delivered", 204)
    again = client.post(f"/api/v1/deliveries/{row['id']}/redeliver/").json()
    assert (again["state"], again["attempts"]) == ("waiting", 0)
    wrong = client.patch(one, {"url": "gopher://x"}, format="json")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["url"])
    assert client.patch(one, {"active": False}, format="json").json()["active"] is False
    assert client.delete(one).status_code == 204
    assert client.get(one).status_code == 404


@pytest.mark.parametrize(("role", "status"), [(Role.QA_LEAD, 403), (Role.ANNOTATOR, 403)])
def test_others_neither_read_nor_write_them(project, hook, role, status):
    client = client_of(member(project, role), project, set(Scope))
    url = f"/api/v1/projects/{project.slug}/webhooks/"
    assert client.get(url).status_code == status
    assert client.post(url, {"url": "https://example.com/"}, format="json").status_code == status
    for path in ("", "deliveries/"):
        assert client.get(f"/api/v1/webhooks/{hook.pk}/{path}").status_code == 404
    stranger = client_of(member(other := ProjectFactory(), Role.ENGINEER), other)
    assert stranger.get(f"/api/v1/webhooks/{hook.pk}/").status_code == 404
    assert stranger.get(url).status_code == 404


def test_the_page_registers_shows_the_secret_once_and_sends_again(
    project, engineer, client, receiver, settings
):
    settings.PRIVATE_WEBHOOKS = True
    client.force_login(engineer)
    url = f"/p/{project.slug}/webhooks/"
    refused = client.post(url, {"url": "nonsense", "events": ["trust.changed"]})
    assert (refused.status_code, "must begin with" in refused.content.decode()) == (400, True)
    page = client.post(url, {"url": receiver.url, "events": ["trust.changed"]}).content.decode()
    hook = project.webhooks.get()
    assert hook.secret in page
    assert hook.secret not in client.get(url).content.decode()
    one = f"{url}{hook.pk}/"
    assert client.post(f"{one}act/", {"do": "ping"}).status_code == 302
    delivering.deliver_due()
    assert "delivered" in client.get(one).content.decode()
    sent = Delivery.objects.get()
    client.post(f"{one}act/", {"do": "redeliver", "delivery": str(sent.pk)})
    sent.refresh_from_db()
    assert sent.state == DeliveryState.WAITING
    client.post(f"{one}act/", {"do": "pause"})
    client.post(f"{one}act/", {"do": "resume"})
    assert client.post(f"{one}act/", {"do": "nonsense"}).status_code == 404
    client.post(f"{one}act/", {"do": "delete"})
    assert client.get(one).status_code == 404
    client.force_login(member(project, Role.QA_LEAD))
    assert client.get(url).status_code == 403


def test_a_receiver_that_does_as_the_documentation_says_knows_who_sends(project, hook, receiver):
    page = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "receive-webhooks.md"
    (code,) = re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    theirs = {}
    exec(code, theirs)
    is_from_vouch = theirs["is_from_vouch"]
    webhooks.ping(user=hook.by, webhook=hook)
    delivering.deliver_due()
    ((headers, body, _),) = receiver.got
    assert is_from_vouch(hook.secret, headers, body)
    assert not is_from_vouch(hook.secret, headers, body + b" ")
    assert not is_from_vouch("another", headers, body)
    late = str(int(headers["X-Vouch-Timestamp"]) - 301)
    signed = delivering.signature(hook.secret, late, body)
    assert not is_from_vouch(
        hook.secret, headers | {"X-Vouch-Timestamp": late, "X-Vouch-Signature": signed}, body
    )

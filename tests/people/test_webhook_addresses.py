"""Where webhooks are never sent: what is private, however it is written, and what a name comes to stand for later."""

import socket

import pytest

from people.enums import Event
from people.services import delivering, outbox, webhooks
from people.services.webhook_address import AddressRefused, is_public, resolve


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "224.0.0.1"),
        *("::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1"),
        *("100.64.0.1", "nonsense", "240.0.0.1"),
    ],
)
def test_private_addresses_are_known(address):
    assert not is_public(address)


def test_public_addresses_are_public():
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1:248:1893:25c8:1946")
    assert is_public("::ffff:93.184.216.34")


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://example.com/", "https://", "http://example.com/", "https://user:pw@example.com/", "x"),
        *("https://exa mple.com/", "https://example.com:0/", "https://[::1/", "https://e.com/" + "a" * 500),
        *("https://2130706433/", "https://127.1/", "https://[::1]/", "https://localhost/"),
        *("https://0x7f000001/", "https://0177.0.0.1/", "https://[::ffff:127.0.0.1]/", "https://0/"),
    ],
)
def test_addresses_that_cannot_be_are_refused(url):
    with pytest.raises(AddressRefused):
        resolve(url, private_allowed=False)


@pytest.mark.django_db
def test_a_name_is_looked_up_once_and_the_address_that_was_looked_at_is_connected_to(
    project, hook, receiver, monkeypatch
):
    port = receiver.server.server_port
    asked = []

    def answer(host, *_, **__):
        asked.append(host)
        # The second answer would be another, as a name server of somebody else's may have it.
        address = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    webhooks.change(user=hook.by, webhook=hook, url=f"http://line.example:{port}/hook")
    outbox.announce(project=project, event=Event.TRUST_CHANGED, data={"state": "stop"})
    monkeypatch.setattr(socket, "getaddrinfo", answer)
    delivering.deliver_due()
    ((headers, _, _),) = receiver.got
    assert headers["Host"] == f"line.example:{port}"
    assert asked == ["line.example"]

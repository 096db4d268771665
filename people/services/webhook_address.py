"""Where a webhook may be sent: every address that a name stands for is looked at before one is used."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

LONGEST = 500
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(Exception):
    """Why nothing may be sent there, as a sentence."""


@dataclass(frozen=True)
class Target:
    """A URL taken apart, and the one address that may be connected to; `host` is the name it was asked for by."""

    parts: SplitResult
    host: str
    port: int
    address: str


def check_url(url: str, *, private_allowed: bool) -> SplitResult:
    """The URL taken apart; raises AddressRefused for what no webhook can be, whatever its name stands for."""
    if len(url) > LONGEST:
        raise AddressRefused(f"A webhook's URL has at most {LONGEST} characters.")
    if any(ord(letter) <= 32 or ord(letter) > 126 for letter in url):
        raise AddressRefused("The URL has a space or another character that URLs have not.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("This is not a URL.") from None
    schemes = ("https", "http") if private_allowed else ("https",)
    if parts.scheme not in schemes:
        raise AddressRefused(f"The URL must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
    if not parts.hostname or port == 0:
        raise AddressRefused("The URL names no host.")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("The URL must hold no name or password; the signature says who sends.")
    return parts


def resolve(url: str, *, private_allowed: bool) -> Target:
    """Look up the host and choose an address. Raises AddressRefused, also where only one of several is private.

    Who connects must use `address` and not look the name up again: a name may stand for something else by then.
    """
    parts = check_url(url, private_allowed=private_allowed)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressRefused(f"The host {host} is not known.") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not private_allowed and not is_public(address):
            raise AddressRefused(
                f"The host {host} stands for a private address; set VOUCH_PRIVATE_WEBHOOKS=1 to allow those."
            )
    return Target(parts, host, port, addresses[0])


def is_public(address: str) -> bool:
    """Whether the address is one of the open internet, also where it wraps an IPv4 address."""
    try:
        number = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(number, ipaddress.IPv6Address):
        inside = [number.ipv4_mapped, number.sixtofour, *(number.teredo or ())]
        if number in NAT64:
            inside.append(ipaddress.IPv4Address(int(number) & 0xFFFFFFFF))
        if any(wrapped is not None and not _is_global(wrapped) for wrapped in inside):
            return False
        if number.ipv4_mapped is not None:
            return True
    return _is_global(number)


def _is_global(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return number.is_global and not number.is_multicast and not number.is_reserved

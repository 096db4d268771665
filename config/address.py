"""The address the web processes answer on: reserved by one process, and handed to each of them."""

import errno
import functools
import os
import socket


class AddressError(Exception):
    """The message says in one line what is wrong with HOST or PORT and what to set instead."""


def given() -> tuple[str, str]:
    """HOST and PORT as the environment gives them."""
    return os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"


@functools.cache
def reserve(host: str, port: str) -> socket.socket:
    """A bound socket that refuses connections until `listen` is called on it. Raises AddressError."""
    try:
        number = int(port)
        if not 0 < number < 65536:
            raise ValueError
    except ValueError:
        raise AddressError(f"PORT={port} is not a port number: set one between 1 and 65535.") from None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
        reserved = socket.socket(family, kind, protocol)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # What is accepted inherits it. The servers are handed a bare file, do not know that it is TCP, and leave it
        # off: the second packet of an answer would wait 40 ms for the first to be acknowledged.
        reserved.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reserved.bind(address)
        # Linux lets two sockets share an address while neither listens: find out now who does.
        reserved.listen()
    except OSError as error:
        raise AddressError(_explain(error, host, number)) from None
    return reserved


def link(host: str, port: str) -> str:
    """What to type into a browser on this machine."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"


def _explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use: stop what uses it, or choose another with PORT={port + 1}."
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for root: choose one above 1023, such as PORT=8000."
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"HOST={host} is not an address of this machine: use 127.0.0.1, or 0.0.0.0 for all of them."
    return f"Cannot listen on {host}, port {port}: {os.strerror(error.errno or 0)}. Set HOST or PORT."

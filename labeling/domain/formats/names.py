"""By which names an image may be known here that a file of another tool names."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp")
UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")
"""What Label Studio puts before the name of an uploaded file."""


def basename(file: str) -> str:
    """The last part of a path of any system."""
    return file.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


def plain(file: str) -> str:
    """The name without folders and without what an upload put before it."""
    name = basename(file)
    while UPLOADED.match(name):
        name = UPLOADED.sub("", name)
    return name


def is_upload(file: str) -> bool:
    """Whether its name begins as that of a file uploaded to Label Studio does."""
    return bool(UPLOADED.match(basename(file)))


def has_extension(name: str) -> bool:
    """Whether it ends as a picture does."""
    return name.casefold().endswith(EXTENSIONS)


def candidates(file: str) -> Iterator[str]:
    """The names to look for, the likeliest first. One without a picture's extension may have any."""
    for name in dict.fromkeys((basename(file), UPLOADED.sub("", basename(file)), plain(file))):
        yield name
        if not has_extension(name):
            for extension in EXTENSIONS:
                yield name + extension
                yield name + extension.upper()


def name_in_address(address: str) -> str:
    """The path that an address or a path names: `/data/local-files/?d=shelf/a%20b.jpg` is `shelf/a b.jpg`."""
    if "://" not in address and "?" not in address:
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    if inside := parse_qs(parts.query).get("d"):
        return inside[0]
    return unquote(parts.path)

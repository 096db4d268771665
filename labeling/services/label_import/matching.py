"""Which image of the project each thing said in a file is about."""

import re
from collections.abc import Sequence

from labeling.domain.formats.names import candidates, is_upload, plain
from labeling.domain.rows import RowRefused
from labeling.models import Image
from labeling.queries.filenames import named, tidied
from labeling.services.label_import.gathering import Gathered
from people.models import Project

SHA256 = re.compile(r"[0-9a-f]{64}")


def match(project: Project, gathered: Sequence[Gathered]) -> list[tuple[Gathered, Image | RowRefused]]:
    """The image of each, by its sha256 where one is given, else by its name; or the reason why there is none."""
    names = {name for one in gathered for name in candidates(one.file)}
    hashes = {sha256 for one in gathered for sha256 in _hashes(one) if SHA256.fullmatch(sha256)}
    by_name, by_hash = named(project, names, hashes)
    uploads = {
        plain(one.file)
        for one in gathered
        if is_upload(one.file) and not any(name in by_name for name in candidates(one.file))
    }
    if uploads:
        by_name |= tidied(project, uploads)
    return [(one, _found(one, by_name, by_hash)) for one in gathered]


def _hashes(one: Gathered) -> set[str]:
    """The sha256 that the file gives, or else one that is the image's name, as in our own exports."""
    given = {piece.sha256 for piece in one.pieces if piece.sha256}
    return given or {plain(one.file).partition(".")[0]}


def _found(one: Gathered, by_name: dict[str, list[Image]], by_hash: dict[str, Image]) -> Image | RowRefused:
    row = next((piece.row for piece in one.pieces), None)
    given = {piece.sha256 for piece in one.pieces if piece.sha256}
    if len(given) > 1:
        return RowRefused(row, one.file, "sha256: differs from row to row of the same file.")
    for sha256 in given:
        if not SHA256.fullmatch(sha256):
            return RowRefused(row, one.file, "sha256: must be 64 digits of 0-9 and a-f.")
        reason = f"no image of this project has the sha256 {sha256}."
        return by_hash.get(sha256) or RowRefused(row, one.file, reason)
    for sha256 in _hashes(one) & set(by_hash):
        return by_hash[sha256]
    for name in candidates(one.file):
        images = by_name.get(name, [])
        if len(images) == 1:
            return images[0]
        if images:
            both = " and ".join(f"{image.pk} (sha256 {image.sha256[:12]}…)" for image in images[:2])
            more = f" and {len(images) - 2} more" if len(images) > 2 else ""
            return RowRefused(
                row, one.file, f"{len(images)} images are called {name}: {both}{more}. Name it by its sha256."
            )
    return RowRefused(row, one.file, "no image of this project has this name.")

"""Where bytes are kept on a disk: a file is there whole or not at all, under a name its content decides."""

import contextlib
import os
from typing import Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage


class WholeFiles(FileSystemStorage):
    """Writes beside the target, flushes to disk, then renames: a crash leaves no half file under a real name.

    Names are derived from content here, so that writing one again replaces it by the same bytes.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: "File[Any]") -> str:
        target = self.path(name)
        folder, last = os.path.split(target)
        draft = os.path.join(folder, f".{last}.{os.getpid()}.{os.urandom(4).hex()}")
        try:
            out = open(draft, "xb")
        except FileNotFoundError:
            os.makedirs(folder, exist_ok=True)
            out = open(draft, "xb")
        try:
            with out:
                for chunk in content.chunks():
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            os.replace(draft, target)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(draft)
            raise
        return name

"""The installation's secret key: made once, kept beside the data, readable by its owner alone."""

import os
import secrets
import sys
from pathlib import Path


def kept_in(path: Path) -> str:
    """The key in `path`, made on first use. Two processes starting at once end up with the same one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            draft = path.with_name(f"{path.name}.{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(50))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            draft.unlink()
        return path.read_text()
    except OSError as error:
        sys.exit(
            f"vouch: cannot use the data folder {path.parent}: {error.strerror}. Set VOUCH_VAR to a writable one."
        )

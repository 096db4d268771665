"""Training in a process of its own, so that its memory goes when it ends and its death kills nothing else."""

import os
import signal
import subprocess
import sys
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections

from inference.models import TrainingRun
from inference.services import training


def carry_out(run_id: UUID | str) -> None:
    """Carry out the run by `manage.py train`; a child that dies leaves a failed run that says how it died."""
    run = TrainingRun.objects.select_related("project").filter(pk=run_id).first()
    if run is None or run.state in training.ENDED:
        return
    command = [
        sys.executable,
        str(settings.ROOT / "manage.py"),
        "train",
        run.project.slug,
        "--run",
        str(run.pk),
    ]
    close_old_connections()
    child = subprocess.run(
        command, cwd=settings.ROOT, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    sys.stderr.write(child.stderr)
    # Asked to stop, it queued the run again itself.
    if child.returncode not in (0, os.EX_TEMPFAIL):
        training.fail(run_id=run.pk, error=_ending(child.returncode, child.stderr))


def _ending(code: int, said: str) -> str:
    if code == -signal.SIGKILL:
        return (
            "The training process was killed (SIGKILL), most likely for lack of memory: "
            "train with a smaller image size or fewer images, or give the machine more."
        )
    if code < 0:
        return f"The training process was ended by {signal.Signals(-code).name}."
    last = said.strip().splitlines()[-1:] or ["it said nothing"]
    return f"The training process ended with exit code {code}: {last[0][:500]}"

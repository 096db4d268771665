"""`manage.py inference` in a process of its own, whose batches end as its arguments say."""

import os
import signal
import sys
import threading
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from inference.services import shadowing  # noqa: E402
from inference.signals import captures_predicted  # noqa: E402


def hang(marker):
    """In the middle of the first batch: say so in the file, then stay there."""

    def stay(predictions, **_):
        Path(marker).write_text(str(len(predictions)))
        signal.pause()

    return stay


def die_of(capture_id):
    """Be killed by whatever batch has the capture in it, as a decoder's crash would."""

    def die(predictions, **_):
        if any(str(prediction.capture_id) == capture_id for prediction in predictions):
            os.kill(os.getpid(), signal.SIGKILL)

    return die


def hang_in_shadow(marker):
    """In the middle of what is first put to a shadow: say so in the file, then stay there."""

    def stay(runtime, captures):
        Path(marker).write_text(str(len(captures)))
        threading.Event().wait()

    shadowing.score = stay
    return lambda **_: None


RECEIVERS = {"hang-in-shadow": hang_in_shadow, "hang": hang, "die-of": die_of}

if len(sys.argv) > 1:
    receiver = RECEIVERS[sys.argv[1]](*sys.argv[2:])
    captures_predicted.connect(receiver, weak=False)
call_command("inference", threads=1)

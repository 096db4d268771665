"""The command line of the agent."""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import re
import signal
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from inference.edge.agent import Agent, Options
from inference.edge.camera import Camera, NoOpenCV
from inference.edge.centre import Centre
from inference.edge.champion import Store
from inference.edge.clock import Clock
from inference.edge.outbox import Outbox
from inference.edge.spool import Spool
from inference.edge.watching import Folder

logger = logging.getLogger(__name__)

LEAST_SPOOL_MB = 64


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the agent until it is told to stop; the exit code: 0, 1 where something is left to send, 2 for a mistake."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.watch and not options.camera:
        parser.error("give --watch SOURCE=FOLDER or --camera SOURCE=ADDRESS.")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    token = _token(parser, options.token_file)
    address = urlsplit(options.url)
    if address.scheme != "https" and address.hostname not in ("localhost", "127.0.0.1", "::1"):
        logger.warning(
            "%s is not https: who listens on the way can read the token and the pictures", options.url
        )
    options.spool.mkdir(parents=True, exist_ok=True)
    lock = (options.spool / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        parser.error(f"another agent has the spool {options.spool}.")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    clock = Clock()

    def spool() -> Spool:
        return Spool(options.spool / "spool.sqlite3", most_bytes=options.spool_mb << 20)

    try:
        cameras = [Camera(source, where, every_seconds=options.every) for source, where in options.camera]
    except NoOpenCV as error:
        parser.error(str(error))
    outbox = Outbox(
        spool=spool,
        centre=Centre(url=options.url, project=options.project, token=token, clock=clock),
        store=Store(options.spool / "champion", token=token, threads=options.threads),
        clock=clock,
        device=options.device,
        poll_seconds=options.poll,
        folder=options.spool,
    )
    held = spool()
    held.try_refused()
    agent = Agent(
        spool=held,
        outbox=outbox,
        folders=[
            Folder(source, Path(where), settle_seconds=options.settle) for source, where in options.watch
        ],
        cameras=cameras,
        options=Options(
            device=options.device,
            context=dict(options.context),
            keep_files=options.keep_files,
            send_labels=frozenset(options.send_label),
            trust_seconds=options.trust_hours * 3600,
        ),
    )
    if options.once:
        return 0 if agent.once() else 1
    agent.run(stop)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m inference.edge", description=__doc__)
    parser.add_argument("--url", required=True, help="Where the centre is, as in https://vouch.example.com.")
    parser.add_argument("--project", required=True, type=_key, metavar="SLUG")
    parser.add_argument(
        "--watch", action="append", type=_pair, default=[], metavar="SOURCE=FOLDER", help="Repeatable."
    )
    parser.add_argument(
        "--camera",
        action="append",
        type=_pair,
        default=[],
        metavar="SOURCE=ADDRESS",
        help="An RTSP address, or the number of a USB camera; needs OpenCV. Repeatable.",
    )
    parser.add_argument(
        "--every", type=_positive, default=60.0, metavar="SECONDS", help="Between a camera's pictures."
    )
    parser.add_argument(
        "--spool", type=Path, required=True, metavar="FOLDER", help="What is not sent yet, and the model."
    )
    parser.add_argument(
        "--spool-mb", type=_megabytes, default=1024, metavar="N", help="At most so many of images."
    )
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="Else the variable VOUCH_EDGE_TOKEN.")
    parser.add_argument(
        "--device", type=_device, default=socket.gethostname()[:64], help="Its name in reports."
    )
    parser.add_argument(
        "--context", action="append", type=_pair, default=[], metavar="KEY=VALUE", help="Repeatable."
    )
    parser.add_argument(
        "--send-label",
        action="append",
        default=[],
        metavar="LABEL",
        help="Send captures of it though they are accepted, as alerts need. Repeatable.",
    )
    parser.add_argument(
        "--settle", type=_seconds, default=2.0, metavar="SECONDS", help="A file is whole after so long."
    )
    parser.add_argument("--keep-files", action="store_true", help="Leave in the folder what was taken in.")
    parser.add_argument(
        "--poll", type=_positive, default=30.0, metavar="SECONDS", help="Between looks for a new champion."
    )
    parser.add_argument(
        "--trust-hours",
        type=_positive,
        default=24.0,
        metavar="HOURS",
        help="Without word from the centre for so long, nothing is accepted under an error budget.",
    )
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="That the model may use.")
    parser.add_argument("--once", action="store_true", help="Take in and send what is there, then end.")
    return parser


def _token(parser: argparse.ArgumentParser, file: Path | None) -> str:
    try:
        token = file.read_text().strip() if file else os.environ.get("VOUCH_EDGE_TOKEN", "")
    except OSError as error:
        parser.error(f"--token-file: {error.strerror}: {file}.")
    if not token.isascii() or not token:
        parser.error("give --token-file FILE, or set VOUCH_EDGE_TOKEN.")
    return token


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE.")
    return key, value


def _key(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a slug.")
    return text


def _device(text: str) -> str:
    if not 0 < len(text) <= 64 or not text.isprintable():
        raise argparse.ArgumentTypeError("a name has 1 to 64 printable characters.")
    return text


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not 0 or more.")
    return number


def _positive(text: str) -> float:
    if not (number := _seconds(text)):
        raise argparse.ArgumentTypeError("0 is too little.")
    return number


def _megabytes(text: str) -> int:
    if (number := int(text)) < LEAST_SPOOL_MB:
        raise argparse.ArgumentTypeError(
            f"a spool of less than {LEAST_SPOOL_MB} MB may not hold one picture."
        )
    return number

"""JPEGs as a shop's camera makes them, and cameras that send them over kept connections."""

import asyncio
import io
import json
import time
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

BOUNDARY = "vouch-benchmark"


def jpeg(seed: int, width: int, height: int) -> bytes:
    """A picture of soft shapes under a sensor's noise: about as many bytes as a photograph of that size has."""
    chance = np.random.default_rng(seed)
    shapes = Image.fromarray(chance.integers(0, 256, (18, 32, 3), dtype=np.uint8))
    pixels = np.asarray(shapes.resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    noisy = pixels + chance.integers(-6, 7, (height, width, 1), dtype=np.int16)
    out = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=80)
    return out.getvalue()


def another(data: bytes, number: int) -> bytes:
    """The same picture as another file: by the density in its JFIF header. A comment would be left out on arrival."""
    at = data.index(b"JFIF\0") + 8
    return data[:at] + (number + 1).to_bytes(4, "big") + data[at + 4 :]


@dataclass
class Sent:
    """What the cameras got: seconds of each request, the ids, how often they were told to wait."""

    seconds: list[float] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    answered: int = 0
    refused: int = 0


def _request(host: str, token: str, project: str, source: str, data: bytes, wait: float) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in (("project", project), ("source", source))
    ]
    name = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="frame.jpg"\r\n'
    body = b"".join(
        [*parts, name.encode(), b"Content-Type: image/jpeg\r\n\r\n", data, f"\r\n--{BOUNDARY}--\r\n".encode()]
    )
    head = (
        f"POST /api/v1/captures/{f'?wait={wait:g}' if wait else ''} HTTP/1.1\r\nHost: {host}\r\n"
        f"Authorization: Token {token}\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Idempotency-Key: {uuid.uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _camera(host: str, port: int, requests: "asyncio.Queue[bytes]", sent: Sent) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    while not requests.empty():
        request = requests.get_nowait()
        begun = time.perf_counter()
        writer.write(request)
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        body = await reader.readexactly(length)
        if status == 429:
            sent.refused += 1
            requests.put_nowait(request)
            await asyncio.sleep(0.2)
            continue
        if status not in (200, 202):
            raise SystemExit(f"POST captures/: {status} {body.decode()}")
        sent.seconds.append(time.perf_counter() - begun)
        sent.ids.append(json.loads(body)["id"])
        sent.answered += status == 200
    writer.close()


def send(
    address: str, token: str, project: str, source: str, images: list[bytes], *, cameras: int, wait: float = 0
) -> Sent:
    """Send each image once, so many cameras at a time; with `wait`, each waits for its prediction."""
    at = urlsplit(address)
    host, port = at.hostname or "127.0.0.1", at.port or 80
    sent = Sent()

    async def all_cameras() -> None:
        requests: asyncio.Queue[bytes] = asyncio.Queue()
        for data in images:
            requests.put_nowait(_request(at.netloc, token, project, source, data, wait))
        await asyncio.gather(*(_camera(host, port, requests, sent) for _ in range(cameras)))

    asyncio.run(all_cameras())
    return sent

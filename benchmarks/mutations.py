"""Broken photographs and payloads, made of good ones by chance, the same ones for the same seed."""

import copy
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from typing import Any

from PIL import Image

NASTY_BYTES = (
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff\xff\xff",
    b"\x00" * 8,
    b"\xff\xd8",
    b"%s%n",
    b"<!--",
)
NASTY_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 1e308, -1e-308, 2**31, 2**63, -(2**63) - 1, 10**400),
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\ud800",
        "\u202e",
        "ï" * 70,
        "x" * 10_000,
        "1",
        "true",
        "../../etc/passwd",
        "'; --",
    ),
    *(
        "2026-02-30T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59Z",
        "00000000-0000-0000-0000-000000000000",
    ),
    *([], {}, [[]], [None], {"": ""}, {"a": {"a": {"a": []}}}),
)


def photographs() -> list[bytes]:
    """One small photograph of every kind that is taken, with metadata where the kind has some."""
    gradient = Image.linear_gradient("L").resize((48, 32))
    picture = Image.merge("RGB", (gradient, gradient.transpose(Image.Transpose.FLIP_LEFT_RIGHT), gradient))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "camera"
    found = []
    for kind, options in (
        ("JPEG", {"exif": exif}),
        ("JPEG", {"progressive": True, "quality": 30}),
        ("PNG", {"exif": exif}),
        ("WEBP", {"exif": exif}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
        ("GIF", {}),
        ("TIFF", {}),
    ):
        kept = io.BytesIO()
        picture.save(kept, kind, **options)
        found.append(kept.getvalue())
    return found


def numbered(number: int) -> bytes:
    """A whole photograph unlike that of any other number."""
    kept = io.BytesIO()
    Image.frombytes("RGB", (16, 16), random.Random(number).randbytes(768)).save(kept, "PNG")
    return kept.getvalue()


def label_files() -> list[tuple[str, bytes]]:
    """One small file of labels of every format, with a name it could have."""
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 10, 12], "area": 120, "iscrowd": 0}
    coco = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 48, "height": 32}],
        "annotations": [box],
        "categories": [{"id": 1, "name": "low_stock"}],
    }
    studio = [
        {
            "data": {"image": "a.jpg"},
            "annotations": [{"result": [{"type": "choices", "value": {"choices": ["low_stock"]}}]}],
        }
    ]
    voc = (
        "<annotation><filename>a.jpg</filename><size><width>48</width><height>32</height></size>"
        "<object><name>low_stock</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>"
        "</object></annotation>"
    )
    yolo = io.BytesIO()
    with zipfile.ZipFile(yolo, "w") as packed:
        packed.writestr("data.yaml", "names: [low_stock]\n")
        packed.writestr("labels/a.txt", "0 0.5 0.5 0.2 0.2\n")
    return [
        ("coco.json", json.dumps(coco).encode()),
        ("studio.json", json.dumps(studio).encode()),
        ("voc.xml", voc.encode()),
        ("yolo.zip", yolo.getvalue()),
        ("labels.csv", b"file,label\na.jpg,low_stock\n"),
    ]


def broken(data: bytes, chance: random.Random) -> bytes:
    """The bytes with one to four things done to them; never longer than twice what they were and 64 KB."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        chance.choice(BREAKING)(made, chance)
    return bytes(made[: 2 * len(data) + 65_536])


def _flip(made: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 8)):
        if made:
            made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)


def _overwrite(made: bytearray, chance: random.Random) -> None:
    at, nasty = chance.randint(0, len(made)), chance.choice(NASTY_BYTES)
    made[at : at + len(nasty)] = nasty


def _overwrite_head(made: bytearray, chance: random.Random) -> None:
    # Sizes and counts stand there.
    at = chance.randint(0, min(len(made), 64))
    made[at : at + 4] = struct.pack(
        chance.choice("<>") + "I", chance.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 65_500))
    )


def _cut(made: bytearray, chance: random.Random) -> None:
    del made[chance.randint(0, len(made)) :]


def _leave_out(made: bytearray, chance: random.Random) -> None:
    at = chance.randint(0, len(made))
    del made[at : at + chance.randint(1, 64)]


def _repeat(made: bytearray, chance: random.Random) -> None:
    at = chance.randint(0, len(made))
    made[at:at] = made[at : at + chance.randint(1, 512)] * chance.randint(1, 20)


def _insert(made: bytearray, chance: random.Random) -> None:
    at = chance.randint(0, len(made))
    made[at:at] = chance.randbytes(chance.randint(1, 64))


BREAKING: tuple[Callable[[bytearray, random.Random], None], ...] = (
    *(_flip, _overwrite, _overwrite_head, _cut, _leave_out, _repeat, _insert),
)


def twisted(payload: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """The JSON object with one to three of its values, anywhere in it, replaced, left out or put somewhere else."""
    made = copy.deepcopy(payload)
    for _ in range(chance.randint(1, 3)):
        holder, name = chance.choice(list(_places(made)) or [(made, "x")])
        what = chance.random()
        if what < 0.15 and isinstance(holder, dict):
            holder.pop(name, None)
        elif what < 0.25:
            holder[name] = [holder.get(name) if isinstance(holder, dict) else holder[name]] * chance.randint(
                1, 40
            )
        elif what < 0.3 and isinstance(holder, dict):
            holder[str(chance.choice(NASTY_VALUES))[:200]] = chance.choice(NASTY_VALUES)
        else:
            holder[name] = copy.deepcopy(chance.choice(NASTY_VALUES))
    return made


def _places(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inside in pairs:
        yield value, name
        yield from _places(inside)


def as_json(value: Any) -> bytes:
    """The JSON of whatever it is: half a pair of surrogates is escaped, as a careless client would."""
    return json.dumps(value).encode()

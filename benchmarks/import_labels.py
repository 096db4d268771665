"""How long do the labels of ten thousand images take to come in, in each format, and how much memory?

usage: import_labels.py [--images 10000] [--boxes 3] [--large 100000]

An embedded database of its own, with rows for images and no bytes. Each format's file says the same; it is imported by
the function that the command and the API call, once to warm up with a hundredth of the images, then whole, then again,
when nothing may change. `--large` images with ten boxes each are one more COCO file (0 leaves it out). Memory is how
far the process's peak rises above what it held after the warm-up. Prints one JSON line last: images, rows, seconds (of
the slowest format), memory_growth_mb (of the hungriest), formats {name: {rows, seconds, again_seconds,
memory_growth_mb}}.
"""

import argparse
import io
import json
import os
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

WIDTH, HEIGHT = 640, 480
LABELS = ("can", "box", "bag")
Box = tuple[str, float, float, float, float]


def boxes_of(image: int, count: int) -> list[Box]:
    """What is in an image: a few boxes of a size that depends on its number."""
    return [
        (LABELS[(image + n) % 3], 10.0 * n + 0.5, 20.0, 10.0 * n + 40 + image % 100, 200.0 + n)
        for n in range(count)
    ]


def coco(path: Path, images: int, boxes: int) -> None:
    with path.open("w") as out:
        categories = [{"id": number, "name": name} for number, name in enumerate(LABELS)]
        out.write('{"info": {}, "categories": ' + json.dumps(categories) + ', "images": [')
        for image in range(images):
            about = {"id": image, "file_name": f"{image}.jpg", "width": WIDTH, "height": HEIGHT}
            out.write(("," if image else "") + json.dumps(about))
        out.write('], "annotations": [')
        # By the position in the image first, so that an image's boxes lie far apart in the file.
        for n in range(boxes):
            for image in range(images):
                label, x1, y1, x2, y2 = boxes_of(image, boxes)[n]
                annotation = {
                    "id": n * images + image,
                    "image_id": image,
                    "category_id": LABELS.index(label),
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "area": (x2 - x1) * (y2 - y1),
                    "segmentation": [[x1, y1, x2, y1, x2, y2, x1, y2]],
                    "iscrowd": 0,
                }
                out.write(("," if n or image else "") + json.dumps(annotation))
        out.write("]}")


def table(path: Path, images: int, boxes: int) -> None:
    with path.open("w") as out:
        out.write("file,label,x1,y1,x2,y2\n")
        for image in range(images):
            for label, *corners in boxes_of(image, boxes):
                out.write(f"{image}.jpg,{label},{','.join(map(str, corners))}\n")


def label_studio(path: Path, images: int, boxes: int) -> None:
    with path.open("w") as out:
        for image in range(images):
            result = [
                {
                    "type": "rectanglelabels",
                    "original_width": WIDTH,
                    "original_height": HEIGHT,
                    "value": {
                        "x": 100 * x1 / WIDTH,
                        "y": 100 * y1 / HEIGHT,
                        "width": 100 * (x2 - x1) / WIDTH,
                        "height": 100 * (y2 - y1) / HEIGHT,
                        "rotation": 0,
                        "rectanglelabels": [label],
                    },
                }
                for label, x1, y1, x2, y2 in boxes_of(image, boxes)
            ]
            task = {
                "id": image,
                "data": {"image": f"/data/upload/1/{image:08x}-{image}.jpg"},
                "annotations": [{"id": image, "result": result}],
            }
            out.write(("," if image else "[") + json.dumps(task))
        out.write("]")


def yolo(path: Path, images: int, boxes: int) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.yaml", f"names: {json.dumps(LABELS)}")
        for image in range(images):
            lines = [
                f"{LABELS.index(label)} {(x1 + x2) / 2 / WIDTH} {(y1 + y2) / 2 / HEIGHT} "
                f"{(x2 - x1) / WIDTH} {(y2 - y1) / HEIGHT}"
                for label, x1, y1, x2, y2 in boxes_of(image, boxes)
            ]
            archive.writestr(f"labels/{image}.txt", "\n".join(lines))


def voc(path: Path, images: int, boxes: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for image in range(images):
            things = "".join(
                f"<object><name>{label}</name><bndbox><xmin>{x1 + 1}</xmin><ymin>{y1 + 1}</ymin>"
                f"<xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
                for label, x1, y1, x2, y2 in boxes_of(image, boxes)
            )
            size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height></size>"
            archive.writestr(
                f"{image}.xml", f"<annotation><filename>{image}.jpg</filename>{size}{things}</annotation>"
            )


FORMATS: dict[str, Callable[[Path, int, int], None]] = {
    "coco": coco,
    "yolo": yolo,
    "voc": voc,
    "csv": table,
    "label-studio": label_studio,
}


def memory_mb(which: str) -> float:
    """Of this process, as Linux counts it: VmRSS now, VmHWM at its peak since `forget_peak`."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(which))
    return int(line.split()[1]) / 1024


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def project_of(name: str, images: int) -> Any:
    """A project with rows for that many images, 0.jpg and on."""
    from labeling.models import Image, Label
    from people.models import Project

    project = Project.objects.create(slug=name, name=name, task_type="detection")
    Label.objects.bulk_create(Label(project=project, key=key, name=key) for key in LABELS)
    for start in range(0, images, 5000):
        Image.objects.bulk_create(
            Image(
                project=project,
                sha256=f"{number:064x}",
                key=f"{number}",
                media_type="image/jpeg",
                bytes=1,
                width=WIDTH,
                height=HEIGHT,
                filename=f"{number}.jpg",
            )
            for number in range(start, min(start + 5000, images))
        )
    return project


def measured(name: str, layout: str, folder: Path, images: int, boxes: int) -> dict[str, float]:
    """Import twice after a warm-up; what it took."""
    from labeling.services.label_import.importing import import_labels
    from labeling.services.label_import.sources import at_path

    def bring(project: Any, count: int) -> float:
        path = folder / f"{name}-{count}"
        start = time.perf_counter()
        report = import_labels(user=None, project=project, files=at_path(path), layout=layout)
        if report.refused:
            raise SystemExit(f"{name}: {report.errors[0]}")
        done.append((report.created, report.unchanged))
        return time.perf_counter() - start

    done: list[tuple[int, int]] = []
    few = max(images // 100, 1)
    for count in (few, images):
        FORMATS[layout](folder / f"{name}-{count}", count, boxes)
    bring(project_of(f"{name}-few", few), few)
    project = project_of(name, images)
    forget_peak()
    before = memory_mb("VmRSS")
    seconds = bring(project, images)
    grown = memory_mb("VmHWM") - before
    again = bring(project, images)
    if done[1:] != [(images, 0), (0, images)]:
        raise SystemExit(f"{name}: {done}")
    figures = {
        "rows": images * boxes,
        "seconds": round(seconds, 2),
        "again_seconds": round(again, 2),
        "memory_growth_mb": round(grown, 1),
    }
    print(f"{name}: {figures}", file=sys.stderr)
    return figures


def with_database(var: str) -> Any:
    """Start an embedded server whose data lies in `var`, and make its tables."""
    os.environ |= {"VOUCH_VAR": var, "DJANGO_SETTINGS_MODULE": "config.settings"}
    os.environ.pop("DATABASE_URL", None)
    from config import postgres

    server = postgres.Server(Path(var), throwaway=True)
    server.ensure()
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, stdout=io.StringIO())
    return server


def formats(images: int, boxes: int, large: int) -> Iterator[tuple[str, dict[str, float]]]:
    with tempfile.TemporaryDirectory(prefix="vouch-labels-") as folder:
        for layout in FORMATS:
            yield layout, measured(layout, layout, Path(folder), images, boxes)
        if large:
            yield "coco-large", measured("coco-large", "coco", Path(folder), large, 10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--boxes", type=int, default=3)
    parser.add_argument("--large", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vouch-benchmark-") as var:
        server = with_database(var)
        try:
            found = dict(formats(options.images, options.boxes, options.large))
        finally:
            from django.db import connections

            connections.close_all()
            server.release()
            if (Path(var) / "postgres").is_symlink():
                shutil.rmtree((Path(var) / "postgres").resolve(), ignore_errors=True)
    usual = [figures for name, figures in found.items() if name in FORMATS]
    line = {
        "images": options.images,
        "rows": options.images * options.boxes,
        "seconds": max(figures["seconds"] for figures in usual),
        "memory_growth_mb": max(figures["memory_growth_mb"] for figures in found.values()),
        "formats": found,
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()

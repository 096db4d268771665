"""Small files of labels as other tools write them, made from one description of what is where.

A description is {filename: [(label, (x1, y1, x2, y2))]}; in classification tests [(label, None)].
"""

import csv
import io
import json
import zipfile

SIZE = (64, 48)


def coco(marks, size=SIZE, prefix="", **more):
    """A COCO instances file; `prefix` stands before every file_name."""
    names = sorted({label for found in marks.values() for label, *_ in found})
    images = [
        {"id": number, "file_name": prefix + name, "width": size[0], "height": size[1]}
        for number, name in enumerate(marks)
    ]
    annotations = [
        {
            "id": number,
            "image_id": image,
            "category_id": names.index(label) + 1,
            "bbox": [x1, y1, x2 - x1, y2 - y1],
            "area": (x2 - x1) * (y2 - y1),
            "segmentation": [],
            "iscrowd": 0,
        }
        for number, (image, label, (x1, y1, x2, y2)) in enumerate(
            ((image, label, box) for image, found in enumerate(marks.values()) for label, box in found),
            start=1,
        )
    ]
    categories = [{"id": number, "name": name} for number, name in enumerate(names, start=1)]
    return {"images": images, "categories": categories, "annotations": annotations} | more


def coco_bytes(marks, **more):
    return json.dumps(coco(marks, **more)).encode()


def coco_results(marks, score=0.75):
    """A COCO results file that goes with `coco(marks)`."""
    whole = coco(marks)
    return [
        {name: annotation[name] for name in ("image_id", "category_id", "bbox")} | {"score": score}
        for annotation in whole["annotations"]
    ]


def yolo(marks, size=SIZE, confidence=None, classes="data.yaml"):
    """{path: bytes} of a YOLO folder."""
    names = sorted({label for found in marks.values() for label, *_ in found})
    listed = f"names: {json.dumps(names)}\n" if classes == "data.yaml" else "\n".join(names)
    files = {classes: listed.encode()}
    for name, found in marks.items():
        lines = []
        for label, (x1, y1, x2, y2) in found:
            shares = [
                (x1 + x2) / 2 / size[0],
                (y1 + y2) / 2 / size[1],
                (x2 - x1) / size[0],
                (y2 - y1) / size[1],
            ]
            numbers = [names.index(label), *shares] + ([confidence] if confidence is not None else [])
            lines.append(" ".join(map(str, numbers)))
        files[f"labels/train/{name.rsplit('.', 1)[0]}.txt"] = "\n".join(lines).encode()
    return files


def voc_xml(name, found, size=SIZE):
    """A Pascal VOC annotation: whole pixels counted from 1, both ends inside."""
    things = "".join(
        f"<object><name>{label}</name><bndbox><xmin>{x1 + 1}</xmin><ymin>{y1 + 1}</ymin>"
        f"<xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
        for label, (x1, y1, x2, y2) in found
    )
    return (
        f"<annotation><filename>{name}</filename><size><width>{size[0]}</width><height>{size[1]}</height>"
        f"<depth>3</depth></size>{things}</annotation>"
    ).encode()


def voc(marks, size=SIZE):
    """{path: bytes} of a Pascal VOC folder."""
    return {
        f"Annotations/{name.rsplit('.', 1)[0]}.xml": voc_xml(name, found, size)
        for name, found in marks.items()
    }


def table(marks, confidence=None, delimiter=","):
    """CSV with corners where there are boxes."""
    boxed = any(box for found in marks.values() for _, box in found)
    head = ["file", "label", *(["x1", "y1", "x2", "y2"] if boxed else [])]
    head += ["confidence"] if confidence is not None else []
    out = io.StringIO()
    rows = csv.writer(out, delimiter=delimiter)
    rows.writerow(head)
    for name, found in marks.items():
        for label, box in found or [("", None)]:
            cells = [name, label, *((box or [""] * 4) if boxed else [])]
            rows.writerow(cells + ([confidence] if confidence is not None else []))
    return out.getvalue().encode()


def label_studio(marks, size=SIZE, key="annotations", score=None):
    """Label Studio's JSON export; the names as it makes them of uploads."""
    tasks = []
    for number, (name, found) in enumerate(marks.items(), start=1):
        result = []
        for label, box in found:
            about = {"original_width": size[0], "original_height": size[1], "image_rotation": 0}
            if box is None:
                part = {"type": "choices", "value": {"choices": [label]}, "to_name": "image"}
            else:
                x1, y1, x2, y2 = box
                part = {
                    "type": "rectanglelabels",
                    "to_name": "image",
                    "value": {
                        "x": 100 * x1 / size[0],
                        "y": 100 * y1 / size[1],
                        "width": 100 * (x2 - x1) / size[0],
                        "height": 100 * (y2 - y1) / size[1],
                        "rotation": 0,
                        "rectanglelabels": [label],
                    },
                }
            result.append(part | about | ({"score": score} if score is not None else {}))
        said = {"id": number, "result": result, "was_cancelled": False, "model_version": "theirs-2"}
        upload = f"{number:08x}-{name}"
        tasks.append(
            {
                "id": number,
                "file_upload": upload,
                "data": {"image": f"/data/upload/1/{upload}"},
                "annotations": [],
                "predictions": [],
                key: [said],
            }
        )
    return tasks


def zipped(files):
    """The bytes of a zip of {path: bytes}."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()

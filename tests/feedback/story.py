"""A planted story for pages and charts: a morning, a glare that the first model cannot see through, a second model."""

import hashlib
from datetime import timedelta

import numpy as np
from django.utils import timezone

from feedback.enums import DatasetState, PromotionKind
from feedback.models import DatasetMember, DatasetVersion, Example, Promotion, RoutingDecision, RoutingPolicy
from inference.enums import Stage
from inference.models import Capture, Evaluation, ModelVersion, Prediction, TrainingRun
from labeling.enums import TaskState
from labeling.models import Answer, Image, Resolution, Task
from labeling.services import guidelines, images
from labeling.services.tasks import Request, open_tasks
from tests.factories.feedback import measured_sets
from tests.factories.labeling import LABELS, picture

MINUTES = 50
SHIFT, PROMOTED = 20, 38
EVERY_SECONDS = 15
CONDITIONS = ("morning", "afternoon_glare")


def figures(accuracy, count=120):
    """Metrics as an evaluation stores them, of `count` images spread evenly over four labels."""
    each = count // len(LABELS)
    right = round(each * accuracy)
    confusion = [[0] * 4 for _ in LABELS]
    for i, row in enumerate(confusion):
        row[i], row[(i + 1) % 4] = right, each - right
    share = sum(confusion[i][i] for i in range(4)) / count
    return {
        "count": count,
        "accuracy": share,
        "majority_accuracy": 0.31,
        "nll": 0.4,
        "ece": 0.034,
        "labels": list(LABELS),
        "confusion": confusion,
        "per_label": {
            key: {"precision": share, "recall": confusion[i][i] / each, "support": each}
            for i, key in enumerate(LABELS)
        },
    }


def a_model(project, number, stage, accuracy, dataset, parent=None, **fields):
    model = ModelVersion.objects.create(
        project=project,
        number=number,
        stage=stage,
        sha256=hashlib.sha256(f"model {number}".encode()).hexdigest(),
        key=f"models/{number}.onnx",
        bytes=1_870_000,
        architecture="small_resnet",
        labels=list(LABELS),
        preprocessing={"size": 64, "resize": "squash", "colour": "rgb"},
        temperature=1.31,
        parent=parent,
        dataset_id=dataset.pk,
        **fields,
    )
    measured_sets(
        Evaluation.objects.create(
            model=model, test_hash=dataset.test_hash, images=120, metrics=figures(accuracy)
        )
    )
    return model


def a_dataset(project, number, train, by, at, parent=None):
    each = {key: train // 4 + i for i, key in enumerate(LABELS)}
    return DatasetVersion.objects.create(
        project=project,
        number=number,
        state=DatasetState.FROZEN,
        hash=hashlib.sha256(f"dataset {number}".encode()).hexdigest(),
        test_hash=hashlib.sha256(b"test").hexdigest(),
        manifest_key=f"datasets/{number}.ndjson",
        labels=list(LABELS),
        counts={"train": train, "val": 60, "test": 120},
        card={
            "labels": {"train": each, "val": dict.fromkeys(LABELS, 15), "test": dict.fromkeys(LABELS, 30)},
            "sources": {"aisle-1": train + 100, "aisle-2": 80},
            "origins": {"imported": 300, "one_answer": train - 120},
            "left_out": {"tied_to_two_splits": 3},
            "groups": 214,
        },
        by=by,
        parent=parent,
        frozen_at=at,
    )


def curve(count=20):
    return [
        {
            "step": 25 * n,
            "epoch": n // 3,
            "train_loss": 1.4 * 0.85**n + 0.05,
            "val_loss": 1.4 * 0.88**n + 0.15 + 0.002 * n,
            "val_accuracy": 0.95 - 0.65 * 0.85**n,
        }
        for n in range(1, count + 1)
    ]


def tell(shop, pictures=None, now=None):
    """Fill the project of the fixture `shop` with the story, ending now; returns its champion.

    `pictures` are images' bytes to show, two of each condition by default.
    """
    project, now = shop.project, now or timezone.now()
    start = now - timedelta(minutes=MINUTES)
    draws = np.random.default_rng(7)
    kept = [images.store(project=project, data=data)[0] for data in pictures or map(picture, range(4))]
    engineer, qa_lead, annotator = shop.engineer, shop.qa_lead, shop.annotator
    draft = guidelines.write_draft(
        user=qa_lead, project=project, body="# Shelves\n\n- **Low**: under a third."
    )
    guideline = guidelines.publish(user=qa_lead, guideline=draft)
    guidelines.write_draft(user=qa_lead, project=project, body="# Shelves\n\n- **Low**: under a *quarter*.")

    first_data = a_dataset(project, 1, 300, engineer, start)
    second_data = a_dataset(project, 2, 420, engineer, start + timedelta(minutes=PROMOTED - 4), first_data)
    first = a_model(project, 1, Stage.RETIRED, 0.70, first_data)
    second = a_model(project, 2, Stage.CHAMPION, 0.93, second_data)
    a_model(project, 3, Stage.CANDIDATE, 0.90, second_data, parent=second)
    rule = {"name": "more accurate on the frozen test set", "passed": True}
    won = [{**rule, "challenger": 0.933, "champion": 0.7, "limit": 0.7}]
    for model, before, minute in ((first, None, 0), (second, first, PROMOTED)):
        Promotion.objects.create(
            project=project,
            challenger=model,
            champion=before,
            kind=PromotionKind.PROMOTED,
            rules=won if before else [],
            by=engineer,
            at=start + timedelta(minutes=minute),
        )
    TrainingRun.objects.create(
        project=project,
        dataset_id=second_data.pk,
        manifest_key=second_data.manifest_key,
        state="succeeded",
        progress=1,
        curve=curve(),
        model=second,
        asked_by=engineer,
        started_at=now - timedelta(minutes=15),
        finished_at=now - timedelta(minutes=12),
    )
    review, audit = shop.queue("review"), shop.queue("audit")
    policy = project.policies.order_by("-version").first() or RoutingPolicy.objects.create(
        project=project, version=1, threshold=0.8, audit_share=0.1, queue=review, audit_queue=audit
    )
    shown, seen, predictions, decisions, requests, truths = [], [], [], [], [], {}
    for number in range(MINUTES * 60 // EVERY_SECONDS):
        minute = number * EVERY_SECONDS / 60
        glare, renewed = minute >= SHIFT, minute >= PROMOTED
        stored = kept[(number % 2) + 2 * glare]
        image = Image(
            project=project,
            sha256=hashlib.sha256(f"{project.pk} {number}".encode()).hexdigest(),
            key=stored.key,
            media_type=stored.media_type,
            bytes=stored.bytes,
            width=stored.width,
            height=stored.height,
            filename=f"aisle-{number}.jpg",
            source=shop.camera,
            context={"synthetic": True, "condition": CONDITIONS[glare]},
        )
        at = start + timedelta(minutes=minute)
        capture = Capture(
            project=project,
            image=image,
            source=shop.camera,
            captured_at=at,
            received_at=at,
            context={"condition": CONDITIONS[glare]},
            state="predicted",
        )
        truth = LABELS[draws.integers(4)]
        sure = 0.93 if renewed or not glare else 0.62
        confidence = float(np.clip(draws.normal(sure, 0.08), 0.3, 0.995))
        said = truth if draws.random() < confidence else LABELS[(LABELS.index(truth) + 1) % 4]
        rest = (1 - confidence) / 3
        model = second if renewed else first
        prediction = Prediction(
            project=project,
            capture=capture,
            model=model,
            value={"label": said},
            scores={key: confidence if key == said else rest for key in LABELS},
            confidence=confidence,
            raw_confidence=confidence,
            latency_ms=3.2,
        )
        action = "review" if confidence < 0.8 else "audit" if draws.random() < 0.1 else "accept"
        shown.append(image)
        seen.append(capture)
        predictions.append(prediction)
        decisions.append(
            RoutingDecision(
                project_id=project.pk,
                capture_id=capture.pk,
                prediction_id=prediction.pk,
                policy=policy,
                action=action,
                inclusion_probability=1 if action == "review" else 0.1,
                conditions=[
                    {
                        "name": "confidence_at_least_threshold",
                        "value": confidence,
                        "limit": 0.8,
                        "holds": action != "review",
                    }
                ],
                created_at=at,
            )
        )
        if action != "accept":
            proposal = {"label": said, "confidence": confidence, "model": str(model)}
            truths[image.pk] = (truth, action, at)
            requests.append((action, Request(image=image, proposal=proposal, capture_id=capture.pk)))
    for rows in (shown, seen, predictions, decisions):
        type(rows[0]).objects.bulk_create(rows)
    Capture.objects.create(
        project=project,
        image=shown[-1],
        source=shop.camera,
        captured_at=now,
        state="failed",
        failure="The file ends in the middle of the image: 3 of 12 rows are missing.",
    )
    Capture.objects.create(project=project, image=shown[-2], source=shop.camera, captured_at=now)
    tasks = []
    for action, queue in (("review", review), ("audit", audit)):
        wanted = [request for name, request in requests if name == action]
        opened = open_tasks(queue=queue, requests=wanted)
        tasks += opened[: int(len(opened) * 0.85)]
    _answer(project, tasks, truths, (annotator, qa_lead), guideline, second_data)
    return second


def _answer(project, tasks, truths, people, guideline, dataset):
    """Every one of the tasks answered truly, with the resolutions and examples that follow."""
    answers, resolutions, examples = [], [], []
    for number, task in enumerate(sorted(tasks, key=lambda task: truths[task.image_id][2])):
        truth, _, at = truths[task.image_id]
        value, proposed = {"label": truth}, (task.proposal or {}).get("label")
        verdict = "label" if proposed is None else "accept" if proposed == truth else "correct"
        at += timedelta(seconds=40)
        answers.append(
            Answer(
                project=project,
                task=task,
                user=people[number % 2],
                client_id=task.pk,
                verdict=verdict,
                value=value,
                guideline=guideline,
                shown={"blind": proposed is None, "proposal": task.proposal},
                seconds=1.2 + number % 5,
                created_at=at,
            )
        )
        resolutions.append(
            Resolution(
                project=project, image=task.image, task=task, value=value, by="one_answer", answer_count=1
            )
        )
        examples.append(
            Example(project=project, image=task.image, resolution=resolutions[-1], value=value, created_at=at)
        )
        task.state, task.closed_at = TaskState.RESOLVED.value, at
    Answer.objects.bulk_create(answers)
    Resolution.objects.bulk_create(resolutions)
    Example.objects.bulk_create(examples)
    Task.objects.bulk_update(tasks, ["state", "closed_at"])
    DatasetMember.objects.create(dataset=dataset, example=examples[0], split="train")

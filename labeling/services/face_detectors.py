"""A project's own detector of faces: tried in a process of its own, kept, and found by its hash."""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from labeling import rules
from labeling.domain.values import ValueRefused
from labeling.models import PrivacySettings
from labeling.services.privacy import settings_of
from people.models import Project
from people.services import audit

MOST_BYTES = 50 * 2**20
SECONDS = 60
_KEPT = ("PATH", "LANG", "PYTHONPATH", "LD_LIBRARY_PATH", "TMPDIR")
_TRY = """
import resource, sys
from labeling.identifying import FACE, CannotFind, Finder
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
try:
    Finder([FACE], open(sys.argv[1], "rb").read())
except CannotFind as error:
    print(error)
    sys.exit(3)
"""


def set_face_detector(*, user: Any, project: Project, content: bytes | None) -> PrivacySettings:
    """Have faces found by this ONNX file from now on, or by cascades again for None; the same again changes nothing.

    Raises PermissionDenied, and ValueRefused with why it cannot find faces.
    """
    rules.check_set_privacy(user, project)
    made = None
    if content is not None:
        _check(content)
        digest = hashlib.sha256(content).hexdigest()
        key = f"detectors/{project.pk}/{digest}"
        storages["default"].save(key, ContentFile(content))
        made = {"key": key, "sha256": digest, "bytes": len(content)}
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        kept = settings_of(project)
        before = kept.face_detector
        if before == made:
            return kept
        kept.face_detector, kept.set_by, kept.set_at = made, user, timezone.now()
        kept.save()
        audit.record(
            actor=user,
            action="privacy.set",
            target=project,
            project_id=project.pk,
            detail={
                "before": {"face_detector": before and before["sha256"]},
                "after": {"face_detector": made and made["sha256"]},
            },
        )
        if before is not None:
            transaction.on_commit(lambda: storages["default"].delete(before["key"]))
    return kept


def _check(content: bytes) -> None:
    if len(content) > MOST_BYTES:
        raise ValueRefused({"face_detector": [f"must be no larger than {MOST_BYTES >> 20} MB."]})
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    with tempfile.TemporaryDirectory(prefix="vouch-detector-") as folder:
        path = Path(folder) / "detector.onnx"
        path.write_bytes(content)
        try:
            tried = subprocess.run(
                [sys.executable, "-c", _TRY, str(path)],
                cwd=settings.ROOT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise ValueRefused(
                {"face_detector": [f"took more than {SECONDS} seconds to look at a picture."]}
            ) from None
    if tried.returncode == 3:
        raise ValueRefused({"face_detector": [tried.stdout.strip()]})
    if tried.returncode:
        raise ValueRefused({"face_detector": ["brings down the process that tries it: it is not used."]})

"""The settings under test: a data folder and a database server of their own, thrown away afterwards."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Neither a developer's running installation nor another checkout's tests may be touched.
if "VOUCH_TESTS_VAR" not in os.environ:
    os.environ["VOUCH_TESTS_VAR"] = tempfile.mkdtemp(prefix="vouch-tests-")
    atexit.register(shutil.rmtree, os.environ["VOUCH_TESTS_VAR"], ignore_errors=True)
# Under pytest-xdist each worker has one of its own in it, shared with the processes its tests start.
os.environ["VOUCH_VAR"] = str(Path(os.environ["VOUCH_TESTS_VAR"], os.environ.get("PYTEST_XDIST_WORKER", "")))
Path(os.environ["VOUCH_VAR"]).mkdir(exist_ok=True)
os.environ.pop("DATABASE_URL", None)

from config.settings import *  # noqa: E402, F403

# One round of hashing: logging in is not what most tests are about.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Nothing is collected before tests: files are served by their plain names from where they lie.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
# Tests' live server has Django's handler serve them, and so no request pays for a middleware that lists them all.
INSTALLED_APPS = [
    "django.contrib.staticfiles" if name == "config.apps.StaticConfig" else name
    for name in INSTALLED_APPS  # noqa: F405
]
# All that it takes to sign in by a provider's word, and no provider: a test names its own.
INSTALLED_APPS += oidc.APPS  # noqa: F405
OIDC = None
MIDDLEWARE = [name for name in MIDDLEWARE if name != "config.static.ServeStatic"]  # noqa: F405

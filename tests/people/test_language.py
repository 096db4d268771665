"""Pages in the reader's language: which are, what chooses it, and that no word is left without its Swedish."""

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.urls import reverse

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "locale/sv/LC_MESSAGES"
SWEDISH = {"HTTP_ACCEPT_LANGUAGE": "sv-SE,sv;q=0.9,en;q=0.5"}
GETTEXT = re.compile(r"""\bgettext\(\s*("(?:[^"\\]|\\.)*")\s*,?\s*\)""")
TRANSLATE = re.compile(r"""{% translate (?:"([^"]*)"|'([^']*)')""")


def written():
    """What the .po says, by context and words; plural forms as a list."""
    found, entry = {}, {}
    for line in [*(FOLDER / "django.po").read_text().splitlines(), ""]:
        if match := re.fullmatch(r'(msg\w+(?:\[\d\])?) (".*")', line):
            last = match[1]
            entry[last] = ast.literal_eval(match[2])
        elif line.startswith('"'):
            entry[last] += ast.literal_eval(line)
        elif not line and entry:
            found[entry.get("msgctxt"), entry["msgid"]] = entry
            entry = {}
    return found


def test_the_compiled_words_are_those_that_were_written():
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    entries = {key: entry for key, entry in written().items() if key[1]}
    assert entries
    for (context, words), entry in entries.items():
        if "msgid_plural" in entry:
            both = [compiled.ngettext(words, entry["msgid_plural"], count) for count in (1, 2)]
            assert both == [entry["msgstr[0]"], entry["msgstr[1]"]]
        else:
            said = compiled.pgettext(context, words) if context else compiled.gettext(words)
            assert said == entry["msgstr"]
    assert len(compiled._catalog) == len(entries) + 1 + sum("msgid_plural" in one for one in entries.values())


def test_every_word_to_be_translated_is():
    marked = {
        one or other
        for file in (ROOT / "templates").rglob("*.html")
        for one, other in TRANSLATE.findall(file.read_text())
    } | {
        ast.literal_eval(words)
        for app in ("labeling", "people", "feedback")
        for file in (ROOT / app).rglob("*.py")
        for words in GETTEXT.findall(file.read_text())
    }
    known = {
        words for (_, words), entry in written().items() if entry.get("msgstr") or entry.get("msgstr[0]")
    }
    assert marked
    # `manage.py makemessages -l sv --no-location --no-wrap`, the Swedish written in, `manage.py compilemessages`.
    assert marked - known == set()


@pytest.mark.django_db
def test_the_log_in_page_is_in_the_readers_language_and_says_so(client):
    page = client.get(reverse("login"), **SWEDISH)
    assert page["Content-Language"] == "sv"
    assert "Accept-Language" in page["Vary"]
    words = page.content.decode()
    assert '<html lang="sv">' in words
    assert "Logga in" in words
    assert '<html lang="en">' in client.get(reverse("login")).content.decode()


@pytest.mark.django_db
def test_a_choice_outlasts_what_the_browser_asks_for(client):
    chosen = client.post(reverse("set_language"), {"language": "en", "next": reverse("login")}, **SWEDISH)
    assert (chosen.status_code, chosen["Location"]) == (302, reverse("login"))
    assert "Log in" in client.get(reverse("login"), **SWEDISH).content.decode()


def test_the_alerts_page_and_its_script_speak_swedish(shop, client):
    client.force_login(shop.associate)
    words = client.get(reverse("alerts", args=[shop.project.slug]), **SWEDISH).content.decode()
    assert "Går inte att se" in words
    assert "Beh\\u00e5ll" in words
    assert "Logga ut" in words


def test_pages_of_others_are_in_english_whatever_a_browser_asks_for(shop, client):
    client.force_login(shop.qa_lead)
    page = client.get(reverse("quality", args=[shop.project.slug]), **SWEDISH)
    assert '<html lang="en">' in page.content.decode()
    assert "Log out" in page.content.decode()


def test_the_pages_that_say_no_are_in_the_readers_language(shop, client):
    client.force_login(shop.annotator)
    nowhere = client.get("/p/no-such-project/alerts/", **SWEDISH)
    assert (nowhere.status_code, nowhere["Content-Language"]) == (404, "sv")
    assert "Här finns inget för dig" in nowhere.content.decode()
    phones = reverse("sign-in-codes", args=[shop.project.slug])
    refused = client.get(phones, **SWEDISH)
    assert (refused.status_code, "Sidan är för en annan roll" in refused.content.decode()) == (403, True)
    assert "may sign phones in" in client.get(phones).content.decode()

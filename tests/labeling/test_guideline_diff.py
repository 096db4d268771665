"""What changed between two versions of a guideline reads as a person would say it, and loses nothing."""

from hypothesis import given
from hypothesis import strategies as st

from labeling.domain.guideline_diff import Block, Edit, changes, is_changed
from labeling.markup import blocks, render_markdown

OLD = "# Shelf\n\nA shelf is **low** under a third.\n\n- Count the front row.\n- Ignore boxes.\n"
NEW = "# Shelf\n\nA shelf is **low** under a quarter.\n\n- Count the front row.\n\nGlare: say can't tell.\n"


def shown(change):
    marks = {Edit.SAME: "{}", Edit.INSERTED: "[+{}]", Edit.DELETED: "[-{}]"}
    return "".join(marks[piece.edit].format(piece.text) for piece in change.pieces)


def test_words_are_marked_within_the_paragraph_that_changed():
    found = changes(blocks(OLD), blocks(NEW))
    assert [(str(change.edit), change.kind, shown(change)) for change in found] == [
        ("same", "heading", "Shelf"),
        ("changed", "paragraph", "A shelf is low under a [-third][+quarter]."),
        ("same", "item", "Count the front row."),
        ("inserted", "paragraph", "[+Glare: say can't tell.]"),
        ("deleted", "item", "[-Ignore boxes.]"),
    ]


def test_a_phrase_rewritten_is_one_phrase():
    (change,) = changes(
        [Block("paragraph", "Look at the top shelf first, always.")],
        [Block("paragraph", "Look at every board of it first, always.")],
    )
    assert shown(change) == "Look at [-the top shelf][+every board of it] first, always."


def test_what_was_only_made_bold_is_shown_as_written():
    (change,) = changes(blocks("Never guess here."), blocks("**Never** guess here."))
    assert (change.edit, shown(change)) == (Edit.CHANGED, "[+**]Never[+**] guess here.")


def test_tables_links_and_code_are_compared_by_what_they_say():
    rows = blocks("| a | b |\n|---|---|\n| 1 | [x](https://example.com) |\n\n    code\n\n> said")
    assert [(row.kind, row.text) for row in rows] == [
        ("row", "a · b"),
        ("row", "1 · x (https://example.com)"),
        ("code", "code"),
        ("quote", "said"),
    ]


words = st.text("ab .\n#-*|>`", max_size=60)


@given(words, words)
def test_both_versions_can_be_read_back(old, new):
    before, after = blocks(old), blocks(new)
    found = changes(before, after)
    kept = [c for c in found if c.edit is not Edit.DELETED]
    left = [c for c in found if c.edit is not Edit.INSERTED]
    assert (len(kept), len(left)) == (len(after), len(before))
    for change, block in zip(kept, after, strict=True):
        said = "".join(piece.text for piece in change.pieces if piece.edit is not Edit.DELETED)
        assert said in (block.text, block.source)
    for change in found:
        # Nothing but a block without words, a bare `#` say, is a piece without words.
        assert all(piece.text for piece in change.pieces) or len(change.pieces) == 1
    assert is_changed(found) == (before != after)


HOSTILE = st.lists(
    st.sampled_from(
        [
            "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![a](https://example.com/a.png)",
            "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))", "[a](&#106;avascript:alert(1))",
            "<javascript:alert(1)>", "[a][1]\n\n[1]: data:text/html,x", "<iframe src=//example.com>",
            "<a href='//example.com' onclick=x>", "<svg/onload=alert(1)>", "```html\n<b>\n```", "<style>*{}</style>",
            "[![a](//example.com/i)](vbscript:x)", "<base href=//example.com>", "\n\n", "> ", "- ", "`",
            "|", "\\", "<!--",
        ]
    ),
    max_size=12,
).map("".join)  # fmt: skip


@given(HOSTILE | st.text(max_size=200))
def test_no_markdown_brings_in_anything_that_runs_or_is_fetched(body):
    html = render_markdown(body)
    for tag in html.split("<")[1:]:
        name = tag.strip("/").split(">")[0].split()[0].lower()
        assert name in {"a", "b", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol",
                        "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"}  # fmt: skip
        inside = tag.split(">")[0]
        if "=" in inside:
            assert name in ("a", "ol")
            assert not any(
                word in inside.lower() for word in ("onclick", "javascript:", "data:", "vbscript:")
            )

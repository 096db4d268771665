"""Markdown that people write can do no harm."""

import pytest

from labeling.markup import render_markdown


def test_it_renders_what_guidelines_need():
    html = render_markdown("# Shelf\n\n1. **full**\n2. *gap*\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n~~old~~")
    assert "<h3>Shelf</h3>" in html
    assert "<ol>\n<li><strong>full</strong></li>" in html
    assert "<td>2</td>" in html
    assert "<s>old</s>" in html


def test_links_open_without_telling_where_from():
    html = render_markdown("[manual](https://example.com/a)")
    assert html == '<p><a href="https://example.com/a" rel="noopener noreferrer nofollow">manual</a></p>\n'


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![a](https://example.com/spy.png)",
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        '<p style="position:fixed">a</p>',
        "<iframe src=//example.com></iframe>",
    ],
)
def test_nothing_runs_and_nothing_is_fetched(body):
    html = render_markdown(body)
    for forbidden in ("<script", "<img", "<iframe", 'href="javascript', 'href="data', "<p style"):
        assert forbidden not in html

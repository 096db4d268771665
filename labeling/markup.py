"""Markdown as people write it, made into HTML that cannot do harm: no script, no style, no image from elsewhere."""

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from labeling.domain.guideline_diff import Block

TAGS = {
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "em",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
DEEPER = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}
"""Headings move two levels down: the page that shows the words has a first and a second level of its own."""
OPENS = {"heading_open": "heading", "list_item_open": "item", "blockquote_open": "quote", "tr_open": "row"}
"""What begins a block of its kind; a paragraph inside is of that kind."""

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])


def render_markdown(body: str) -> SafeString:
    """The words as safe HTML. HTML in them shows as it was typed."""
    tokens = _markdown.parse(body)
    for token in tokens:
        token.tag = DEEPER.get(token.tag, token.tag)
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    return mark_safe(
        nh3.clean(
            html,
            tags=TAGS,
            attributes=ATTRIBUTES,
            url_schemes=SCHEMES,
            link_rel="noopener noreferrer nofollow",
        )
    )


def blocks(body: str) -> list[Block]:
    """The words by paragraph, heading, list item, table row and piece of code: what a comparison goes by."""
    found: list[Block] = []
    kinds = ["paragraph"]
    cells: list[Token] = []
    for token in _markdown.parse(body):
        if token.type in OPENS:
            kinds.append(OPENS[token.type])
        elif token.type.removesuffix("_close") + "_open" in OPENS:
            kinds.pop()
            if token.type == "tr_close":
                found.append(
                    Block("row", " · ".join(map(_plain, cells)), " | ".join(cell.content for cell in cells))
                )
                cells = []
        elif token.type == "inline" and kinds[-1] == "row":
            cells.append(token)
        elif token.type == "inline":
            found.append(Block(kinds[-1], _plain(token), token.content))
        elif token.type in ("fence", "code_block", "html_block"):
            found.append(Block("code", token.content.rstrip(), token.content))
    return found


def _plain(inline: Token) -> str:
    """The words without their marks, a link with where it leads."""
    words, address = "", ""
    for token in inline.children or ():
        if token.type == "link_open":
            address = str(token.attrGet("href") or "")
        elif token.type == "link_close":
            words += f" ({address})"
        elif token.type in ("softbreak", "hardbreak"):
            words += " "
        else:
            words += token.content
    return words

"""What the associate's page says by itself, in the reader's language; `js/alerts/words.js` fills it in."""

from django.utils.translation import gettext, ngettext, pgettext

Words = dict[str, "str | dict[str, str]"]


def counted(one: str, other: str) -> dict[str, str]:
    """Both forms, by the names of the Unicode plural rules."""
    return {"one": one, "other": other}


def words() -> Words:
    """By name. `{n}` is a count, the other names in braces are what stands there."""
    return {
        "waits": counted(
            ngettext("alert waits", "alerts wait", 1), ngettext("alert waits", "alerts wait", 2)
        ),
        "photograph": gettext("What the camera saw"),
        "this_photograph": gettext("This photograph"),
        "framed": gettext("{region} is framed"),
        "boxes": gettext("Proposed boxes: {boxes}"),
        "no_box": gettext("No box is proposed"),
        "looks": pgettext("between a shelf and what it looks like", ": looks "),
        "ask": pgettext("after a shelf", ": what do you see?"),
        "different": gettext("different"),
        "sure": gettext("{percent}% sure"),
        "undo": gettext("Undo ({n})"),
        "keep": gettext("Keep it"),
        "you_said": gettext("You said: {said}"),
        "cant_tell": gettext("can’t tell"),
        "nothing_there": gettext("nothing there"),
        "boxes_right": gettext("the boxes are right"),
        "taken": gettext("Somebody else has taken that alert."),
        "settled": gettext("That alert has been settled."),
        "late_settled": gettext(
            "{where}: settled before your answer came. It is kept as a late answer, and changes nothing."
        ),
        "late_lost": gettext(
            "{where}: somebody else had it when your answer came. It is kept as a late answer, and changes nothing."
        ),
        "refused": gettext("That answer was not taken: {why}"),
        "no_connection": gettext("No connection."),
        "busy": gettext("The server is busy."),
        "signed_out": gettext("You are signed out."),
        "another_user": gettext("Somebody else is signed in in this browser."),
        "sign_in": gettext("You are signed out: sign in again. What you answered is kept on this phone."),
        "kept": counted(
            gettext("1 answer is kept here and sent by itself."),
            gettext("{n} answers are kept here and sent by themselves."),
        ),
        "left": counted(
            gettext("1 alert is on this phone: go on."), gettext("{n} alerts are on this phone: go on.")
        ),
        "none_left": gettext("No alert is left on this phone."),
        "keeps_nothing": gettext(
            "This browser keeps nothing: stay on this page until everything you said is sent."
        ),
    }

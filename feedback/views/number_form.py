"""Small forms of numbers whose page says in one line which of them is wrong, in the units it asks for."""

from collections.abc import Mapping

from django import forms


def above_nothing(label: str, most: float) -> forms.FloatField:
    """A number above 0 and at most `most`; empty bounds nothing."""
    return forms.FloatField(
        label=label,
        required=False,
        min_value=1e-9,
        max_value=most,
        error_messages={
            "min_value": "must be above 0, or empty.",
            "max_value": f"must be at most {most:,.0f}.",
        },
    )


class NumberForm(forms.Form):
    """A decimal comma counts as a point."""

    def __init__(self, post: Mapping[str, str]) -> None:
        super().__init__({name: value.replace(",", ".") for name, value in post.items()})

    @property
    def refusal(self) -> str:
        """What is wrong, each field by its label."""
        said = (
            f"{self.fields[name].label}: {' '.join(map(str, errors))}" for name, errors in self.errors.items()
        )
        return f"Nothing was changed. {' '.join(said)}"

"""What changed between two versions of a guideline, words and examples."""

from dataclasses import dataclass

from labeling.domain.guideline_diff import Change, Edit, changes, is_changed
from labeling.markup import blocks
from labeling.models import GuidelineExample, GuidelineVersion
from labeling.queries.guidelines import examples_of


@dataclass(frozen=True)
class ExampleChange:
    """An example that came, went, or is said otherwise; `before` is the earlier one where there was one."""

    edit: Edit
    example: GuidelineExample
    before: GuidelineExample | None = None


@dataclass(frozen=True)
class Comparison:
    """`before` is the version compared with. `words` has every block, changed or not; `examples` only what changed."""

    before: GuidelineVersion
    words: list[Change]
    examples: list[ExampleChange]

    @property
    def words_changed(self) -> bool:
        """Whether any word differs."""
        return is_changed(self.words)

    @property
    def anything(self) -> bool:
        """Whether anything differs at all."""
        return self.words_changed or bool(self.examples)


def compare(before: GuidelineVersion, after: GuidelineVersion) -> Comparison:
    """What a reader of `before` finds new in `after`."""
    return Comparison(
        before=before,
        words=changes(blocks(before.body), blocks(after.body)),
        examples=_examples(list(examples_of(before)), list(examples_of(after))),
    )


def _examples(before: list[GuidelineExample], after: list[GuidelineExample]) -> list[ExampleChange]:
    earlier = {(one.label_id, one.image_id): one for one in before}
    found = []
    for example in after:
        old = earlier.pop((example.label_id, example.image_id), None)
        if old is None:
            found.append(ExampleChange(Edit.INSERTED, example))
        elif _said(old) != _said(example):
            found.append(ExampleChange(Edit.CHANGED, example, old))
    return found + [ExampleChange(Edit.DELETED, one) for one in earlier.values()]


def _said(example: GuidelineExample) -> tuple[object, ...]:
    return example.is_right, example.why, example.box

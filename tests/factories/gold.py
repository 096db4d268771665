"""Known answers and quizzes for tests."""

from labeling.services.gold import make_gold
from labeling.services.quizzes import make_quiz
from tests.factories.labeling import LABELS, ImageFactory


def known(shop, count, label=LABELS[0], why=""):
    """So many images whose answer is known."""
    return [
        make_gold(
            user=shop.qa_lead,
            project=shop.project,
            image=ImageFactory(project=shop.project),
            value={"label": label},
            why=why,
        )
        for _ in range(count)
    ]


def quiz_of(shop, count=3, pass_share=0.6, name="First steps", **fields):
    """A quiz of so many questions, each answered by the first label."""
    return make_quiz(
        user=shop.qa_lead,
        project=shop.project,
        name=name,
        pass_share=pass_share,
        gold=known(shop, count),
        **fields,
    )

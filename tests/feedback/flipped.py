"""A shop that asks for colours, and a frozen dataset of it in which some labels are wrong."""

from io import BytesIO

from PIL import Image as Picture

from feedback.services import datasets
from labeling.enums import ResolvedBy
from labeling.services import images
from labeling.services.resolving import settle
from tests.factories.inference import COLOURS, coloured
from tests.factories.labeling import LabelFactory

EACH = 8
WRONG = {"red-0": "green", "green-1": "blue", "blue-2": "red", "red-3": "blue"}


def photograph(name, size=(64, 48)):
    """The bytes of the picture of that name, of the colour it begins with."""
    colour, number = name.split("-")
    return coloured(colour, 100 * list(COLOURS).index(colour) + int(number), kind="PNG", size=size)


def copy_of(name):
    """The same but for one pixel: other bytes, and the same picture to anybody."""
    picture = Picture.open(BytesIO(photograph(name)))
    picture.putpixel((0, 0), (128, 128, 128))
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def labelled_wrongly(shop, size=(64, 48)):
    """Have the shop ask for colours, label eight pictures of each, four of them wrongly, and freeze them; the shop gets

    `.truth`, the right label by image id, `.wrong`, the ids of those labelled wrongly, and `.dataset`, the frozen one.
    """
    shop.project.labels.all().delete()
    for position, key in enumerate(COLOURS):
        LabelFactory(project=shop.project, key=key, position=position, hotkey=str(position + 1))
    shop.truth, shop.wrong = {}, set()
    for colour in COLOURS:
        for number in range(EACH):
            name = f"{colour}-{number}"
            image, _ = images.store(project=shop.project, data=photograph(name, size), filename=f"{name}.png")
            label = WRONG.get(name, colour)
            settle(image=image, value={"label": label}, by=ResolvedBy.IMPORTED)
            shop.truth[image.pk] = colour
            if label != colour:
                shop.wrong.add(image.pk)
    shop.dataset = freeze(shop.project)
    return shop


def freeze(project):
    """The project's examples as a dataset, here and now."""
    return datasets.freeze(datasets.request_dataset(user=None, project=project).pk)

"""A torch hub in a folder: its hubconf.py makes models as somebody else's would."""

HUBCONF = '''
import os
import torch
from torch import nn

dependencies = ["torch"]


class Means(nn.Module):
    """Scores are the channels' means."""

    def __init__(self, sharpness):
        super().__init__()
        self.head = nn.Linear(3, 3)
        with torch.no_grad():
            self.head.weight.copy_(torch.eye(3) * sharpness)
            self.head.bias.zero_()

    def forward(self, pixels):
        return self.head(pixels.mean(dim=(2, 3)))


class Boxes(nn.Module):
    """One thing, at x 8..24, y 4..12 of 32, the second of two labels."""

    def forward(self, pixels):
        nothing = pixels.mean(dim=(1, 2, 3)) * 0
        box = torch.tensor([[0.5, 0.25, 0.5, 0.25]]) + nothing[:, None, None]
        return {"logits": torch.tensor([[-4.0, 4.0, 0.0]]) + nothing[:, None, None], "pred_boxes": box}


class ByPicture(nn.Module):
    def forward(self, pixels):
        return [{"boxes": pixels[0, 0]}]


def means(sharpness=1.0):
    print("What they print is no answer.")
    return Means(sharpness)


def boxes():
    return Boxes()


def by_picture():
    return ByPicture()


def secrets():
    raise RuntimeError(",".join(sorted(name for name in os.environ if "SECRET" in name or "URL" in name)) or "none")


def no_model():
    return 7


def dies():
    os.abort()
'''


def hub_folder(tmp_path):
    """The folder, made."""
    folder = tmp_path / "their_hub"
    folder.mkdir()
    (folder / "hubconf.py").write_text(HUBCONF)
    return folder

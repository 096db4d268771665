"""`import_images` brings a folder in, names what it leaves out, and exits 0 only when nothing is left out."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from labeling.models import Image, Resolution, Task
from tests.factories.labeling import picture, project_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return project_with(slug="shelves")


def fill(folder, files):
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def run(folder, *arguments):
    """What the command writes to stderr."""
    err = StringIO()
    call_command("import_images", "shelves", str(folder), *arguments, stdout=StringIO(), stderr=err)
    return err.getvalue()


def test_folders_are_labels(project, tmp_path):
    fill(
        tmp_path,
        {"In_Stock/1.jpg": picture(1), "blocked/deep/1.png": picture(2, kind="PNG"), ".DS_Store": b"x"},
    )
    err = run(tmp_path, "--labels-from-folders", "--split", "test")
    assert "2 new, 0 here already, 0 refused" in err
    truth = {r.image.sha256: r.value["label"] for r in Resolution.objects.select_related("image")}
    assert sorted(truth.values()) == ["blocked", "in_stock"]
    assert set(Image.objects.values_list("split", flat=True)) == {"test"}
    assert set(Resolution.objects.values_list("by", flat=True)) == {"imported"}


def test_a_folder_may_have_the_name_of_its_label(project, tmp_path):
    project.labels.filter(key="blocked").update(name="View blocked!")
    fill(tmp_path, {"View blocked/1.jpg": picture(1)})
    run(tmp_path, "--labels-from-folders")
    assert Resolution.objects.get().value == {"label": "blocked"}


def test_again_everything_is_here_already_by_name(project, tmp_path):
    fill(tmp_path, {"blocked/1.jpg": picture(1), "blocked/2.jpg": picture(1)})
    assert "blocked/2.jpg: is here already." in run(tmp_path, "--labels-from-folders")
    err = run(tmp_path, "--labels-from-folders")
    assert "0 new, 2 here already, 0 refused" in err
    assert Image.objects.count() == Resolution.objects.count() == 1


def test_what_cannot_be_read_is_named_and_the_rest_kept(project, tmp_path):
    fill(
        tmp_path,
        {
            "blocked/1.jpg": picture(1),
            "blocked/cut.jpg": picture(2, size=(640, 480))[:-2000],
            "blocked/notes.txt": b"notes",
            "stray.jpg": picture(3),
        },
    )
    err = StringIO()
    with pytest.raises(CommandError, match="3 of 4 files did not go in"):
        call_command("import_images", "shelves", str(tmp_path), "--labels-from-folders", stderr=err)
    for named in (
        "blocked/cut.jpg: The JPEG is cut short",
        "blocked/notes.txt: The file is not",
        "stray.jpg: lies in",
    ):
        assert named in err.getvalue()
    assert Image.objects.get().filename == "1.jpg"


def test_a_folder_that_is_no_label_stops_it_before_anything_goes_in(project, tmp_path):
    fill(tmp_path, {"blocked/1.jpg": picture(1), "sold/1.jpg": picture(2)})
    with pytest.raises(CommandError, match="sold: no label of shelves, which has blocked, in_stock"):
        run(tmp_path, "--labels-from-folders")
    assert not Image.objects.exists()


def test_without_labels_photographs_wait_in_the_queue_named(project, tmp_path):
    fill(tmp_path, {"a/1.jpg": picture(1), "b/2.jpg": picture(2)})
    run(tmp_path, "--queue", "review")
    assert set(Task.objects.values_list("queue__name", flat=True)) == {"review"}
    assert Task.objects.count() == 2


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere", "."], "There is no project 'nowhere'."),
        (["shelves", "no/such/folder"], "no/such/folder is not a folder."),
        (["shelves", ".", "--queue", "nope"], "has no queue 'nope'"),
        (["shelves", ".", "--split", "dev"], "invalid choice: 'dev'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(project, arguments, reason):
    with pytest.raises(CommandError) as refused:
        call_command("import_images", *arguments)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value).strip()


def test_an_empty_folder_is_no_success(project, tmp_path):
    with pytest.raises(CommandError, match="holds no files"):
        run(tmp_path)

"""Models that are no ONNX files yet: of a torch hub's folder, and of the transformers library."""

import pytest
from django.core.management import CommandError, call_command

from inference.domain import origins
from inference.domain.declaration import Declaration
from inference.domain.origins import OriginRefused, matched
from inference.foreign.wrapping import wrap
from inference.models import ModelVersion
from inference.runtimes import RuntimeRefused, load
from inference.training import hub, tracing, whole_models
from tests.factories.hub import hub_folder
from tests.factories.inference import COLOURS, colour_project


def test_a_hubs_model_is_named_by_place_and_entry():
    found = origins.torch_hub("pytorch/vision:v0.20:resnet18", ["weights=DEFAULT", "aux=true", "n=3"])
    assert (found.place, found.entry) == ("pytorch/vision:v0.20", "resnet18")
    assert found.options == {"weights": "DEFAULT", "aux": True, "n": 3}
    assert str(found) == "torch hub pytorch/vision:v0.20:resnet18"


@pytest.mark.parametrize("words", ["", "resnet18", ":resnet18", "owner/repo:", "owner/repo:not an entry"])
def test_words_that_name_no_entry_are_refused(words):
    with pytest.raises(OriginRefused, match="OWNER/REPO:ENTRY"):
        origins.torch_hub(words)


def test_what_names_nothing_is_refused():
    with pytest.raises(OriginRefused, match="KEY=VALUE"):
        origins.torch_hub("a/b:c", ["weights"])
    with pytest.raises(OriginRefused, match="transformers:NAME"):
        origins.transformers("transformers:")


def test_a_models_own_labels_are_the_projects_where_they_are_the_same_words():
    assert matched(["Out of stock", "tabby-cat", "N/A"], ["out_of_stock", "tabby_cat"]) == (
        "out_of_stock",
        "tabby_cat",
        "-",
    )


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("nothing_of_that_name", "nothing_of_that_name"),
        ("no_model", "made int, not a torch.nn.Module"),
    ],
)
def test_a_hub_that_makes_no_model_is_refused(tmp_path, entry, words):
    with pytest.raises(RuntimeRefused, match=words):
        hub.loaded(str(hub_folder(tmp_path)), entry, {})


def test_a_place_that_is_no_hub_is_refused(tmp_path):
    with pytest.raises(RuntimeRefused, match="no hubconf"):
        hub.loaded(str(tmp_path), "means", {})
    with pytest.raises(RuntimeRefused, match="OWNER/REPO"):
        hub.loaded("nowhere", "means", {})


def test_a_hubs_detector_is_read_by_the_names_of_its_outputs(tmp_path):
    content = tracing.traced(hub.loaded(str(hub_folder(tmp_path)), "boxes", {}), 32)
    path = tmp_path / "traced.onnx"
    path.write_bytes(content)
    from inference.foreign.reading import read

    runtime = load("onnx", wrap(read(path), Declaration(labels=("bottle", "can"))).content)
    assert (runtime.task, runtime.labels) == ("detection", ("bottle", "can"))


def test_boxes_picture_by_picture_are_refused(tmp_path):
    with pytest.raises(RuntimeRefused, match="must be exported as boxes, scores and labels"):
        tracing.traced(hub.loaded(str(hub_folder(tmp_path)), "by_picture", {}), 32)


@pytest.mark.django_db
class TestTheCommand:
    def registered(self, folder, entry, *words, project):
        return call_command("register_model", project.slug, "--torch-hub", f"{folder}:{entry}", *words)

    def test_a_model_of_a_local_hub_becomes_a_candidate(self, tmp_path, capsys):
        project = colour_project(champion=False)
        words = ["--labels", ",".join(COLOURS), "--size", "32", "--hub-option", "sharpness=8.0"]
        self.registered(hub_folder(tmp_path), "means", *words, project=project)
        model = ModelVersion.objects.get()
        assert capsys.readouterr().out == f"{model.pk}\n"
        assert model.architecture.startswith("torch hub ")
        assert (model.labels, model.preprocessing["size"]) == (list(COLOURS), 32)

    def test_what_cannot_be_is_said_and_nothing_is_kept(self, tmp_path):
        project = colour_project(champion=False)
        folder, labels = hub_folder(tmp_path), ["--labels", ",".join(COLOURS)]
        for entry, words, said in (
            ("means", labels, "declare size"),
            ("dies", [*labels, "--size", "32"], r"crashed the process that tried it \(SIGABRT\)"),
            ("means", ["--size", "32"], "name its labels"),
        ):
            with pytest.raises(CommandError, match=said):
                self.registered(folder, entry, *words, project=project)
        assert not ModelVersion.objects.exists()

    def test_a_hubs_code_is_given_no_credentials(self, tmp_path, monkeypatch):
        monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
        monkeypatch.setenv("SECRET_KEY", "secret")
        words = ["--labels", ",".join(COLOURS), "--size", "32"]
        with pytest.raises(CommandError, match="made no model: none"):
            self.registered(hub_folder(tmp_path), "secrets", *words, project=colour_project(champion=False))

    def test_options_that_do_not_go_together_are_refused(self, tmp_path):
        project = colour_project(champion=False)
        with pytest.raises(CommandError, match="--hub-option is of a model that --torch-hub names"):
            call_command("register_model", project.slug, "model.onnx", "--hub-option", "a=b")
        with pytest.raises(CommandError, match="Say which project, and one file"):
            call_command("register_model", project.slug, "model.onnx", "--torch-hub", "a/b:c")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("family", ["ViTForImageClassification", "YolosForObjectDetection"])
def test_a_transformers_folder_becomes_a_file_that_serves(family, tmp_path):
    transformers = pytest.importorskip("transformers")
    config = getattr(transformers, family.partition("For")[0].capitalize().replace("Vit", "ViT") + "Config")(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=64 if family.startswith("ViT") else [64, 64],
        id2label={0: "Red", 1: "green", 2: "something else"},
        label2id={"Red": 0, "green": 1, "something else": 2},
        **({} if family.startswith("ViT") else {"num_detection_tokens": 5}),
    )
    getattr(transformers, family)(config).save_pretrained(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(
        '{"size": {"height": 64, "width": 64}, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}'
    )
    whole = whole_models.loaded(str(tmp_path), None)
    assert (whole.size, whole.labels) == (64, ("Red", "green", "something else"))
    assert whole.declared["mean"] == (0.5, 0.5, 0.5)
    path = tmp_path / "traced.onnx"
    path.write_bytes(tracing.traced(whole.model, whole.size))
    from inference.foreign.reading import read

    labels = matched(whole.labels, ["red", "green"])
    runtime = load("onnx", wrap(read(path), Declaration(labels=labels, **whole.declared)).content)
    assert runtime.labels == ("red", "green")
    assert runtime.preprocessing.size == 64


def test_a_transformers_model_without_the_library_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(RuntimeRefused, match=r"\.\[pretrained\]"):
        whole_models.loaded("somewhere/model", None)

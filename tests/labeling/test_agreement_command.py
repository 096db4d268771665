"""`manage.py agreement`: its JSON, its table, and one line with exit code 2 for what it cannot read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD = "seconds,label,item,annotator\n3,cat,i1,ann\n4,cat,i1,bo\n5,dog,i2,ann\n9,cat,i2,bo\n2,dog,i3,bo\n1,dog,i3,ann\n"
RANKED = "item,annotator,label\ni1,ann,3\ni1,bo,4\ni2,ann,10\ni2,bo,10\ni3,ann,3\ni3,bo,3\n"


@pytest.fixture
def run(tmp_path, capsys):
    def run(text, *options):
        file = tmp_path / "answers.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        call_command("agreement", str(file), *options)
        return capsys.readouterr().out

    return run


def found(run, text, *options):
    return json.loads(run(text, "--json", *options))


def test_it_prints_one_object(run):
    report = found(run, GOOD, "--bootstrap", "50", "--dawid-skene")
    assert (report["items"], report["annotations"], report["pairable_items"]) == (3, 6, 3)
    assert report["prevalence"] == {"cat": 0.5, "dog": 0.5}
    assert list(report["coefficients"]) == [
        "percent_agreement",
        "cohen_kappa",
        "conger_kappa",
        "fleiss_kappa",
        "brennan_prediger",
        "gwet_ac1",
        "krippendorff_alpha",
    ]
    assert report["coefficients"]["percent_agreement"]["value"] == pytest.approx(2 / 3)
    assert set(report["coefficients"]["krippendorff_alpha"]) == {"value", "ci", "se"}
    assert set(report["labels"]["cat"]) == {"alpha", "ci", "support"}
    [pair] = report["pairs"]
    assert (pair["a"], pair["b"], pair["items"]) == ("ann", "bo", 3)
    assert set(report["annotators"]["bo"]) == {"answers", "agreement_with_others", "alpha_without"}
    assert report["paradox"] is False
    assert set(report["dawid_skene"]) == {"log_likelihood", "prevalence", "items", "annotators"}


def test_it_needs_no_database_and_prints_a_table_to_read(tmp_path, separate_environment):
    file = tmp_path / "answers.csv"
    file.write_text(GOOD)
    done = subprocess.run(
        [sys.executable, "manage.py", "agreement", str(file), "--bootstrap", "0"],
        cwd=ROOT,
        env=separate_environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3 items, 2 annotators, 6 answers")
    assert "Krippendorff α" in done.stdout
    assert not list((tmp_path / "var").rglob("PG_VERSION"))


def test_declared_labels_count_and_weights_rename_ac(run):
    report = found(run, RANKED, "--labels", "3,4,5,10", "--weights", "quadratic", "--bootstrap", "0")
    assert list(report["labels"]) == ["3", "4", "5", "10"]
    assert report["labels"]["5"] == {"alpha": None, "reason": "not used", "ci": None, "support": 0}
    assert "gwet_ac2" in report["coefficients"]
    assert "gwet_ac1" not in report["coefficients"]


def test_numbers_are_put_in_order_by_their_value(run):
    assert list(found(run, RANKED, "--level", "ordinal")["labels"]) == ["3", "4", "10"]


def test_the_last_of_repeated_answers_counts(run):
    report = found(run, GOOD + "1,dog,i2,bo\n")
    assert report["repeated"] == 1
    assert report["coefficients"]["krippendorff_alpha"]["value"] == 1


def test_three_annotators_have_no_cohen_kappa(run):
    assert "cohen_kappa" not in found(run, GOOD + "0,cat,i1,cy\n")["coefficients"]


def test_a_file_without_answers_gives_reasons(run):
    report = found(run, "item,annotator,label\n", "--dawid-skene")
    assert report["items"] == 0
    assert {figure["reason"] for figure in report["coefficients"].values()} == {"no answers"}
    assert "no answers" in run("item,annotator,label\n")


def test_the_table_flags_the_paradox(run):
    rows = [(f"i{number}", who, "yes") for number in range(80) for who in ("ann", "bo")]
    for number in range(80, 90):
        rows += [(f"i{number}", "ann", "yes"), (f"i{number}", "bo", "no")]
    text = "item,annotator,label\n" + "\n".join(map(",".join, rows))
    assert "High agreement beside a low κ" in run(text, "--bootstrap", "0")


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("", (), "first line must name the columns"),
        ("item,label\ni1,x\n", (), "first line must name the columns"),
        ("item,annotator,label,label\ni1,a,x,y\n", (), "once each"),
        ("item,annotator,label\ni1,ann\n", (), "line 2 has 2 columns, not 3"),
        ("item,annotator,label\ni1,ann,x\ni2,bo,\n", (), "line 3 has no label"),
        (GOOD, ("--labels", "cat,cow"), "line 4: label 'dog' is not one of --labels"),
        (GOOD, ("--labels", "cat,dog,cat"), "names 'cat' twice"),
        (GOOD, ("--labels", "cat,,dog"), "--labels must name every label"),
        (GOOD, ("--labels", ""), "--labels must name every label"),
        (GOOD, ("--labels", 'cat,"dog'), "--labels"),
        (GOOD, ("--level", "interval"), "label 'cat' is not a number"),
        (GOOD, ("--level", "ordinal"), "needs the labels' order"),
        (GOOD, ("--weights", "linear"), "needs the labels' order"),
        (RANKED, ("--level", "ratio", "--labels", "3,4,10,-1"), "below 0"),
        (RANKED, ("--level", "interval", "--labels", "3,4,10,inf"), "not a number"),
        (RANKED, ("--bootstrap", "-1"), "--bootstrap must be"),
        (RANKED, ("--seed", "-1"), "--seed must be"),
        (b"item,annotator,label\ni1,ann,\xff\n", (), "not UTF-8"),
        ('item,annotator,label\ni1,ann,"x\n', (), "line 2"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_exit_2(run, text, options, says):
    with pytest.raises(CommandError, match=says) as refused:
        run(text, *options)
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_one_line_and_exit_2(tmp_path):
    with pytest.raises(CommandError, match="No such file") as refused:
        call_command("agreement", str(tmp_path / "none.csv"))
    assert refused.value.returncode == 2


def test_hundreds_of_labels_are_refused_rather_than_compared(run):
    text = "item,annotator,label\n" + "\n".join(f"i{number},ann,{number}" for number in range(501))
    with pytest.raises(CommandError, match="501 different labels"):
        run(text)


def test_a_number_written_two_ways_is_one_rank_but_two_names(run):
    text = "item,annotator,label\n1,a,1\n1,b,1.0\n2,a,2\n2,b,2\n3,a,3\n3,b,2.0\n"
    assert found(run, text)["prevalence"].keys() == {"1", "1.0", "2", "2.0", "3"}
    for options in (("--level", "ordinal"), ("--level", "interval"), ("--weights", "linear")):
        report = found(run, text, *options)
        assert report["prevalence"] == pytest.approx({"1": 2 / 6, "2": 3 / 6, "3": 1 / 6})

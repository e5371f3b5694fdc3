"""The page of a training: where its rows came from, and what it draws of many classes."""

import re

import numpy as np
import pyarrow as pa
import pytest

from contract.datasets.dataset import Dataset
from contract.datasets.manifest import Input
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe

DAY = "2026-01-02"


def page(project, day=DAY):
    report = Dataset.open(project.layout.report("train", day))
    return report.file("page").read_text()


def raw_data(project, seed=0):
    """A day as generate brings it in, made from a file of the inbox."""
    with DatasetWriter(project.root / "raw" / DAY / "data") as writer:
        writer.write(pa.table(project.columns(seed=seed)))
        recipe = Recipe("generate", DAY, "c0de", {"seed": seed}, (Input("inbox/rows.csv", "5" * 64),))
        return writer.publish(recipe, {}, {})


def test_the_page_names_the_files_that_raw_data_was_made_from(project):
    made = raw_data(project)
    project.process(DAY, seed=1, inputs=(Input(f"raw/{DAY}/data", made.identity),))
    project.trained(DAY)
    assert project.validate() == 0
    assert "inbox/rows.csv" in page(project)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path, project: [file.unlink() for file in path.iterdir()], "not there any more"),
        (lambda path, project: (path / "manifest.json").write_text("{"), "damaged"),
        (lambda path, project: raw_data(project, seed=9), "written again since"),
    ],
)
def test_raw_data_that_is_gone_once_it_was_processed_stops_no_judgement(project, change, words):
    made = raw_data(project)
    project.process(DAY, seed=1, inputs=(Input(f"raw/{DAY}/data", made.identity),))
    project.trained(DAY)
    change(project.root / "raw" / DAY / "data", project)
    assert project.validate() == 0
    assert f"raw/{DAY}/data ({words})" in page(project)
    assert "inbox/rows.csv" not in page(project)


def page_of(make_project, tmp_path, count):
    """A judgement of so many classes."""
    project = make_project(tmp_path, "multiclass")
    names = [f"class {number:02}" for number in range(count)]
    text = (project.root / "pipeline.toml").read_text()
    listed = ", ".join(f'"{name}"' for name in names)
    (project.root / "pipeline.toml").write_text(text.replace('["red", "blue", "green"]', f"[{listed}]"))
    for seed, day in enumerate(("2026-01-01", "2026-01-02")):
        project.process(day, rows=400, seed=seed, classes=names)
    table = pa.table(project.columns(rows=400, seed=77, classes=names)).to_pandas()
    model = project.fitted("good")
    model.fit(table[["x", "word"]], np.array(table["y"], dtype=object))
    project.trained(model=model)
    assert project.validate() == 0
    return Dataset.open(project.root / "reports/train/2026-01-02").file("page").read_text()


@pytest.mark.parametrize("count", [12, 14])
def test_every_class_has_its_curve_and_the_table_its_place(make_project, tmp_path, count):
    page = page_of(make_project, tmp_path, count)
    roc = page[page.index('aria-label="ROC curves, each class against the rest"') :]
    roc = roc[: roc.index("</svg>")]
    assert set(re.findall(r"class \d\d", roc)) == {f"class {number:02}" for number in range(count)}
    confusion = page[page.index("rows by true class and said class") :]
    confusion = confusion[: confusion.index("</table>")]
    if count <= 12:
        # numbers as heads: names would make it wider than a page
        assert '<th class="n" title="class 11">12</th>' in confusion
        assert '<span class="soft">12</span> class 11' in confusion
    else:
        assert "said instead, most often" in confusion
        assert confusion.count("<tr>") == 1 + count


STRICT = "minimums = { roc_auc = 0.9999 }\n"


def test_a_champion_that_is_judged_again_and_refused_is_said_to_be_in_use_all_the_same(project):
    for day, quality in (("2026-01-01", "fine"), (DAY, "good")):
        project.trained(day, quality)
        assert project.validate(day=day) == 0
    project.configure(STRICT)
    assert project.validate() == 80
    assert "it is the champion, and stays in use all the same" in page(project)
    assert f"In use at this judgement: the model of {DAY}" in page(project)


def test_a_champion_that_cannot_be_compared_is_said_to_be_in_use(project):
    project.trained()
    assert project.validate() == 0
    project.configure(STRICT)
    text = (project.root / "pipeline.toml").read_text()
    (project.root / "pipeline.toml").write_text(text.replace("[table]", '[table]\ngroup = "word"'))
    project.trained("2026-01-03", "fine")
    assert project.validate(day="2026-01-03") == 80
    assert project.verdict("2026-01-03")["not_compared"]
    assert "It did not pass the gate; the champion stays." in page(project, "2026-01-03")
    assert f"In use at this judgement: the model of {DAY}" in page(project, "2026-01-03")


def test_where_no_model_was_ever_in_use_no_champion_is_said_to_stay(project):
    project.configure(STRICT)
    project.trained()
    assert project.validate() == 80
    assert "It did not pass the gate; there is no champion." in page(project)
    assert "In use at this judgement: none" in page(project)

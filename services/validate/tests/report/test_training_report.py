"""Where the rows of a judgement came from, as its page tells."""

import pyarrow as pa
import pytest

from contract.datasets.dataset import Dataset
from contract.datasets.manifest import Input
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe

DAY = "2026-01-02"


def page(project):
    report = Dataset.open(project.layout.report("train", DAY))
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

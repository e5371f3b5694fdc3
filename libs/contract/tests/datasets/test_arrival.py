import pytest

from contract.datasets.arrival import together
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe


@pytest.fixture
def made(tmp_path):
    """Publishes a dataset without rows; gives its manifest."""

    def made(name, kind, source="files", notes=None):
        settings = {"source": {"kind": source}, "recipe": kind}
        with DatasetWriter(tmp_path / name) as writer:
            return writer.publish(Recipe("generate", "2026-01-01", "c0de", settings), {}, {}, notes)

    return made


def test_labels_say_with_which_rows_they_were_read(made):
    data = made("data", 1)
    assert together(data, made("target", 2, notes={"rows": data.identity}))
    assert not together(data, made("target", 1, notes={"rows": "others"}))


@pytest.mark.parametrize(("source", "same"), [("files", True), ("synthetic", True), ("sql", False)])
def test_labels_of_an_earlier_version_were_read_with_their_rows_where_the_recipe_says_so(made, source, same):
    assert together(made("data", 1, source), made("target", 1, source)) is same
    assert not together(made("data", 1, source), made("target", 2, source))

import os
import pickle

import joblib
import msgspec
import pandas as pd
import pytest

from contract.errors import DataError, MissingInput, NotPermitted
from validate.evaluation.models import CannotCompare, load


def test_the_model_that_was_promised_is_opened(project):
    champion = project.trained()
    rows = pd.DataFrame({"x": [2.0, -2.0], "word": ["a", "b"]})
    assert load(project.root, champion, project.config).predict(rows).tolist() == ["yes", "no"]


class Evil:
    def __reduce__(self):
        return (os.mkdir, ("pwned",))


def test_a_file_with_another_content_is_never_opened(project, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    champion = project.trained()
    (project.root / champion.file).write_bytes(pickle.dumps(Evil()))
    with pytest.raises(
        NotPermitted, match=rf"{champion.file}: must have sha256 {champion.sha256}, got .*; it is not opened"
    ):
        load(project.root, champion, project.config)
    assert not (tmp_path / "pwned").exists()


def test_a_file_that_is_gone_is_a_missing_input_with_what_to_do(project):
    champion = project.trained()
    (project.root / champion.file).unlink()
    with pytest.raises(
        MissingInput,
        match="is not there; bring it back, or train and validate again",
    ):
        load(project.root, champion, project.config)


def test_a_model_of_another_scikit_learn_is_not_opened(project):
    champion = msgspec.structs.replace(project.trained(), sklearn="0.1")
    with pytest.raises(CannotCompare, match="was written by 0.1; train again"):
        load(project.root, champion, project.config)


def test_something_else_than_a_pipeline_is_refused(project, tmp_path):
    champion = project.trained(model={"not": "a pipeline"})
    assert joblib.load(project.root / champion.file) == {"not": "a pipeline"}
    with pytest.raises(DataError, match="must be a scikit-learn Pipeline, got dict"):
        load(project.root, champion, project.config)

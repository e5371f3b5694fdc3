import pytest

from contract.errors import ConfigError
from predict.columns import check_key, score_columns


def rename_key(day, name):
    day.raw_config["table"]["key"] = name
    day.raw_config["columns"][name] = day.raw_config["columns"].pop("id")


def test_a_binary_task_has_one_score_a_multiclass_one_each_and_a_regression_none(day):
    assert score_columns(day.config) == {"score": "yes"}
    day.raw_config["table"] = {"key": "id", "target": "bought", "task": "multiclass"}
    assert score_columns(day.config) == {"score_no": "no", "score_yes": "yes"}
    day.raw_config["table"]["task"] = "regression"
    day.raw_config["columns"]["bought"] = {"type": "number"}
    assert score_columns(day.config) == {}


@pytest.mark.parametrize("name", ["prediction", "score", "model"])
def test_a_key_that_predictions_cannot_have_is_refused(day, name):
    rename_key(day, name)
    with pytest.raises(ConfigError, match=rf"\(prediction, score, model\), got '{name}'; rename it"):
        check_key(day.config)


def test_other_keys_are_welcome(day):
    check_key(day.config)
    rename_key(day, "score_yes")
    check_key(day.config)

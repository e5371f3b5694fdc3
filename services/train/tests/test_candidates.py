import pytest
from msgspec import structs
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from contract.config.model import Candidate, Encode
from contract.errors import ConfigError
from train.candidates import build, check, scorer


def candidate(estimator, **params):
    return Candidate(name="mine", estimator=estimator, params=params)


def test_a_dotted_name_becomes_an_estimator_with_its_params():
    estimator = build(candidate("sklearn.linear_model.LogisticRegression", C=0.5), seed=3)
    assert type(estimator) is LogisticRegression
    assert estimator.C == 0.5


def test_the_seed_reaches_every_estimator_that_takes_one_unless_the_user_gave_it():
    forest = "sklearn.ensemble.RandomForestClassifier"
    assert build(candidate(forest), seed=3).random_state == 3
    assert build(candidate(forest, random_state=8), seed=3).random_state == 8
    assert isinstance(build(candidate(forest), seed=3), RandomForestClassifier)
    assert "random_state" not in build(candidate("sklearn.naive_bayes.GaussianNB"), seed=3).get_params()


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (
            "sklearn.linear_model.LogisticRegresion",
            r"'mine'\.estimator .* did you mean 'sklearn.linear_model.LogisticRegression'\?",
        ),
        ("sklearn.linearmodel.Ridge", r"got 'sklearn.linearmodel.Ridge'; did you mean 'sklearn.linear_model.Ridge'\?"),
        ("linear_model.Ridge", r"must be a dotted name below sklearn, got 'linear_model.Ridge'; did you mean 'sklearn"),
        ("Ridge", "must be a dotted name below sklearn"),
        ("os.system", "must be a dotted name below sklearn, got 'os.system'"),
        ("sklearn.utils.os.system", "must be a scikit-learn estimator"),
        ("sklearn.preprocessing.StandardScaler", "must be a scikit-learn estimator"),
        ("sklearn.metrics.roc_auc_score", "must be a scikit-learn estimator"),
    ],
)
def test_a_name_that_is_no_estimator_is_refused(estimator, message):
    with pytest.raises(ConfigError, match=message):
        build(candidate(estimator), seed=0)


def test_an_unknown_parameter_is_named_with_the_nearest_one():
    with pytest.raises(
        ConfigError, match=r"'mine'.params: .*LogisticRegression has no parameter 'max_itr'; did you mean 'max_iter'\?"
    ):
        build(candidate("sklearn.linear_model.LogisticRegression", max_itr=10), seed=0)


def test_a_parameters_wrong_value_is_named():
    with pytest.raises(
        ConfigError, match=r"'mine'.params: The 'max_iter' parameter of LogisticRegression must be an int"
    ):
        build(candidate("sklearn.linear_model.LogisticRegression", max_iter="many"), seed=0)


def test_a_parameter_that_must_be_given_is_named():
    with pytest.raises(ConfigError, match=r"'mine'.params: .*estimators"):
        build(candidate("sklearn.ensemble.VotingClassifier"), seed=0)


def test_the_tasks_own_metric_is_a_scorer_and_another_may_be_asked_for(each_task):
    assert callable(scorer(each_task.config))
    each_task.configure(metric={"regression": "neg_mean_absolute_error"}.get(each_task.task, "balanced_accuracy"))
    assert callable(scorer(each_task.config))


def test_every_metric_of_two_classes_is_there_although_classes_are_words(project):
    for name in ("f1", "average_precision", "neg_brier_score"):
        project.configure(metric=name)
        check(project.config)


def test_a_metric_of_another_task_is_refused(each_task):
    wrong = {"binary": "precision_samples", "multiclass": "roc_auc", "regression": "accuracy"}[each_task.task]
    each_task.configure(metric=wrong)
    with pytest.raises(ConfigError, match=f"training.metric must suit task '{each_task.task}', got '{wrong}'"):
        scorer(each_task.config)


def test_an_estimator_of_another_kind_is_refused(each_task):
    kind, wrong = "classifier", "sklearn.linear_model.Ridge"
    if each_task.task == "regression":
        kind, wrong = "regressor", "sklearn.linear_model.LogisticRegression"
    each_task.configure(estimator=wrong)
    with pytest.raises(
        ConfigError, match=f"'first'.estimator must be a {kind} for task '{each_task.task}', got '{wrong}'"
    ):
        check(each_task.config)


def test_a_classifier_without_probabilities_is_refused(project):
    project.configure(estimator="sklearn.svm.LinearSVC")
    with pytest.raises(ConfigError, match=r"must give probabilities \(predict_proba\) for task 'binary'"):
        check(project.config)


def test_means_of_the_target_do_not_go_with_learning_in_parts(project):
    project.configure(estimator="sklearn.linear_model.SGDClassifier", params='{ loss = "log_loss" }')
    config = project.config
    (candidate,) = config.training.candidates
    for encode in (Encode(category="target"), Encode(text="hashing")):
        changed = structs.replace(candidate, passes=2, encode=encode)
        asked = structs.replace(config, training=structs.replace(config.training, candidates=(changed,)))
        if encode.category == "target":
            with pytest.raises(ConfigError, match='encode.category must not be "target" beside passes'):
                check(asked)
        else:
            check(asked)

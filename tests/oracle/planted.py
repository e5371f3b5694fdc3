"""Faults in a step's own code, put in for one run; each is one that the steps once had, or might have had."""

import numpy as np
import pyarrow.compute as pc


def labels_by_position():
    """preprocess: each label is that of the row before."""
    from preprocess import check

    check._label = lambda labels, values, own=check._label: own(labels, np.roll(values, 1))


def no_group_in_the_split():
    """preprocess: rows are split by their keys, whosever they are."""
    from preprocess import check

    check.groups_of = lambda columns, keys, named, config: keys


def no_day_is_held_out():
    """train: the days that are to judge are fitted as well."""
    from train import training

    training.held_out = lambda config, days: training.HeldOut(days, [], "no reason")


def test_rows_train():
    """train: both parts are fitted."""
    from train import rows

    rows.labelled_rows = lambda batch, target, part: batch.filter(pc.is_valid(batch.column(target)))


def any_day_trains():
    """train: a day that was processed under other settings is taken as it is."""
    from analysis import window

    window._check = lambda datasets, config: None


def any_order():
    """validate: a training of an earlier day replaces a newer champion."""
    from validate.evaluation import compare
    from validate.gate.rules import Rule

    compare.not_older = lambda challenger, champion: Rule(
        name="not_older", limit=0, value=0, verdict="passed", text="any order will do"
    )


def known_rows_judge():
    """validate: a champion is judged on rows that it may have been fitted on."""
    from validate.evaluation import judged_rows

    judged_rows.comparable = lambda about, config: (None, None)
    # another split is another record of what was read, too
    judged_rows.may_have_moved = lambda model, day, config: None


def moved_rows_judge():
    """validate: a day that was written again since the training judges, whichever part its rows are in now."""
    from validate.evaluation import judged_rows

    judged_rows.may_have_moved = lambda model, day, config: None


def chance_explains_nothing():
    """validate: probabilities are held against their limit as if each row were sure."""
    from msgspec.structs import replace

    from validate.evaluation import evidence

    own = evidence.calibration
    evidence.calibration = lambda *given: replace(own(*given), chance=0.0)


def known_rows_are_live():
    """validate: live metrics are of all rows, also of those that the model was fitted on."""
    from validate.live import metrics

    metrics.unseen = lambda layout, model, rows, config: ("all", None)


def an_answer_is_an_answer():
    """predict: whatever the champion was trained for, it is served."""
    from predict import scoring

    scoring.check_fit = lambda layout, champion, config: None

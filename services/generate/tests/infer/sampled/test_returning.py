import numpy as np
import pyarrow as pa
import pytest

from contract.texts.numbers import NumberForm
from generate.infer.column_stats import ColumnStats
from generate.infer.sampled.returning import Alike, with_returning
from generate.infer.schema import infer_schema

RANDOM = np.random.default_rng(7)
THINGS, ROWS = 100, 600
WHO = RANDOM.integers(THINGS, size=ROWS)
LEVEL = RANDOM.normal(size=THINGS)
NOISE = RANDOM.normal(size=ROWS)


def looked_at(texts, by=None):
    """The schema of a table, and the schema before it was asked whether its things come back."""
    stats = []
    for name, values in texts.items():
        column = ColumnStats(name, floating=False)
        column.add(pa.array(values, pa.string()))
        stats.append(column)
    schema = infer_schema("a.csv", stats, "y", None)
    assert schema.group == "customer_id"
    return with_returning(schema, pa.table(texts), NumberForm(), stats, by), schema


def returning(who, target, by=None, **others):
    """The same of a table of things and what is asked of them, with other columns."""
    texts = {"x": list(map(str, NOISE)), "customer_id": [f"c{one}" for one in who], "y": list(map(str, target))}
    return looked_at(texts | others, by)


def test_who_comes_back_with_much_the_same_quantity_is_a_feature():
    found, _ = returning(WHO, LEVEL[WHO] + NOISE)
    assert (found.group, found.returning) == (None, "customer_id")
    assert "customer_id" in found.features
    column = found.column("customer_id")
    assert column.settings == {"type": "category"}
    assert "% of the variance of 'y' lies between them" in column.suspicions[0]
    share = int(column.suspicions[0].partition(" % of the variance")[0].rpartition(" ")[2])
    assert 30 <= share <= 60


@pytest.mark.parametrize("classes", [["no", "yes"], ["a", "b", "c"]])
def test_who_comes_back_with_much_the_same_class_is_a_feature(classes):
    drawn = np.where(RANDOM.random(ROWS) < 0.6, WHO % len(classes), RANDOM.integers(len(classes), size=ROWS))
    found, _ = returning(WHO, [classes[one] for one in drawn])
    assert found.returning == "customer_id"


def test_lines_of_one_order_train_or_test_together_where_the_customer_is_a_feature():
    order = np.arange(ROWS) // 3
    lines = [f"o{one}" for one in order]
    found, before = returning(
        WHO[order], (LEVEL[WHO] + NOISE)[order], order_id=lines, street=[f"s{n % 90}" for n in WHO]
    )
    assert before.maybe_groups == ("order_id", "street")
    assert (found.returning, found.group, found.maybe_groups) == ("customer_id", "order_id", ("street",))
    assert found.column("order_id").settings == {"type": "text", "role": "ignore"}
    assert found.features == ("x", "customer_id", "street")


def test_what_holds_all_rows_of_a_customer_would_hold_back_the_feature_and_stays_a_question():
    found, _ = returning(WHO, LEVEL[WHO] + NOISE, household_nr=[f"h{one % 60}" for one in WHO])
    assert (found.returning, found.group, found.maybe_groups) == ("customer_id", None, ("household_nr",))


def test_a_few_shops_are_no_group_below_a_customer():
    found, _ = returning(WHO, LEVEL[WHO] + NOISE, shop_id=[str(one % 45) for one in range(ROWS)])
    assert (found.returning, found.group, found.maybe_groups) == ("customer_id", None, ("shop_id",))


def test_whose_labels_are_a_coins_is_no_feature():
    found, before = returning(WHO, RANDOM.normal(size=ROWS))
    assert found == before
    found, before = returning(WHO, np.where(RANDOM.random(ROWS) < 0.2, "yes", "no"))
    assert found == before


def test_whose_label_never_changes_is_no_feature_for_it_would_be_learnt_by_heart():
    found, before = returning(WHO, np.where(LEVEL > 0, "yes", "no")[WHO])
    assert found == before


def test_where_later_rows_are_of_new_ones_nothing_is_known_of_them():
    who = np.sort(WHO)
    found, before = returning(who, LEVEL[who] + NOISE)
    assert found == before


def test_later_is_what_the_dates_say_and_not_the_order_of_the_file():
    # sorted by customer in the file, all of them on each day
    who, on = np.sort(WHO), [f"{1 + number % 28}.{1 + number % 2}.2026" for number in range(ROWS)]
    found, before = returning(who, LEVEL[who] + NOISE, "visited_on", visited_on=on)
    assert found.returning == "customer_id"
    # shuffled in the file, each customer on days of its own
    on = [f"{1 + one % 28}.{1 + one // 28}.2026" for one in WHO]
    found, before = returning(WHO, LEVEL[WHO] + NOISE, "visited_on", visited_on=on)
    assert found == before


def test_rows_without_a_date_are_neither_earlier_nor_later():
    undated = np.arange(ROWS) % 2 == 0
    who = np.where(undated, WHO, np.sort(WHO))
    on = ["" if gone else f"{2000 + one}-01-01" for gone, one in zip(undated, who, strict=True)]
    found, before = returning(who, LEVEL[who] + NOISE, "visited_on", visited_on=on)
    assert found == before
    assert returning(who, LEVEL[who] + NOISE, visited_on=on)[0].returning == "customer_id"


def test_a_few_rows_say_nothing():
    texts = {"customer_id": [f"c{one % 60}" for one in range(90)], "x": [str(one % 7) for one in range(90)]}
    texts["y"] = [str((one % 60) + one / 90) for one in range(90)]
    found, before = looked_at(texts)
    assert found == before


def test_the_share_is_that_of_a_one_way_analysis_of_variance():
    # Fisher's, by hand: means 1, 4 and 7 of two each, squares between 36, within 6
    found = Alike.of(np.array([0, 0, 1, 1, 2, 2]), np.array([[0.0], [2], [3], [5], [6], [8]]))
    between, within = 36 / 2, 6 / 3
    assert found.share == pytest.approx((between - within) / (between + within))
    assert found.by_chance == pytest.approx(2 * np.sqrt(2 / (2 * 1 * 3)))


@pytest.mark.parametrize("things", [[0, 0, 0], [0, 1, 2]])
def test_one_thing_or_one_row_of_each_cannot_tell(things):
    found = Alike.of(np.array(things), np.array([[1.0], [2], [3]]))
    assert (found.share, found.by_chance) == (0.0, np.inf)


def test_chance_alone_seldom_exceeds_what_it_is_said_to():
    draws = [Alike.of(np.arange(200) % 60, RANDOM.normal(size=(200, 1))) for _ in range(200)]
    assert sum(one.share > one.by_chance for one in draws) <= 15

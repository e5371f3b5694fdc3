import numpy as np
import pyarrow as pa
import pytest

from contract.texts.numbers import NumberForm
from generate.infer.column_stats import ColumnStats
from generate.infer.sampled.suspicions import with_suspicions
from generate.infer.schema import infer_schema

ROWS = 1000
RANDOM = np.random.default_rng(7)
NOISE = RANDOM.normal(size=ROWS)
YES = RANDOM.random(ROWS) < 0.2


def suspicions(columns, target="y"):
    texts = {name: [None if value is None else str(value) for value in values] for name, values in columns.items()}
    stats = []
    for name, values in texts.items():
        column = ColumnStats(name, floating=False)
        column.add(pa.array(values, pa.string()))
        stats.append(column)
    schema = infer_schema("a.csv", stats, target, None)
    found = with_suspicions(schema, pa.table(texts), NumberForm())
    return {column.name: column.suspicions for column in found.columns if column.suspicions}


def labels(yes):
    return ["yes" if one else "no" for one in yes]


def test_a_number_that_tells_the_class_alone_is_suspicious():
    found = suspicions({"x": NOISE, "leak": YES * 10 + NOISE / 5, "y": labels(YES)})
    assert list(found) == ["leak"]
    assert found["leak"][0].endswith(": is it known when a prediction is asked for?")
    assert found["leak"][0].startswith("tells 'y' alone (balanced accuracy ")


def test_a_category_that_tells_the_class_alone_is_suspicious():
    words = [["gone", "left"][n % 2] if yes else ["here", "new"][n % 2] for n, yes in enumerate(YES)]
    assert list(suspicions({"x": NOISE, "state": words, "y": labels(YES)})) == ["state"]


def test_a_column_that_is_there_for_one_class_only_is_suspicious():
    given = [value if yes and n % 2 else None for n, (yes, value) in enumerate(zip(YES, NOISE, strict=True))]
    found = suspicions({"x": NOISE, "refund": given, "y": labels(YES)})
    assert found == {"refund": ("is given only where 'y' is 'yes': is it known when a prediction is asked for?",)}
    days = [None if yes else f"{n % 28 + 1}.11.2026" for n, yes in enumerate(YES)]
    assert "is missing only where 'y' is 'yes'" in suspicions({"x": NOISE, "last": days, "y": labels(YES)})["last"][0]


def test_a_good_feature_is_not():
    good = YES + NOISE / 2
    assert suspicions({"x": good, "y": labels(YES)}) == {}
    amount = NOISE * 10
    assert suspicions({"x": amount + RANDOM.normal(size=ROWS) * 3, "y": amount}) == {}


def test_a_column_that_gives_a_quantity_is_suspicious():
    price = RANDOM.random(ROWS) * 100
    found = suspicions({"x": NOISE, "with_tax": price * 1.2, "y": price})
    assert list(found) == ["with_tax"]
    assert "tells 'y' alone (R\N{SUPERSCRIPT TWO} 0.99" in found["with_tax"][0]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda one, two: one + two, "'casual' + 'registered' is the target"),
        (lambda one, two: two - one, "'registered' - 'casual' is the target"),
        (lambda one, two: one * two, "'casual' * 'registered' is the target"),
    ],
)
def test_two_columns_that_give_the_target_together_are_suspicious(made, said):
    casual, registered = RANDOM.integers(0, 100, ROWS), RANDOM.integers(0, 900, ROWS)
    found = suspicions({"x": NOISE, "casual": casual, "registered": registered, "y": made(casual, registered)})
    words = [word for doubts in found.values() for word in doubts if "is the target" in word]
    assert len(words) == 1
    assert (
        said in words[0]
        or said.replace("'casual' * 'registered'", "'registered' * 'casual'").replace(
            "'casual' + 'registered'", "'registered' + 'casual'"
        )
        in words[0]
    )


def test_a_few_rows_say_nothing():
    assert suspicions({"x": list(range(3, 13)), "y": labels([n > 5 for n in range(10)])}).get("x") is None

from datetime import date

import pytest

from contract.errors import ConfigError
from generate.synthetic import Customers


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw["columns"].pop("age"), r"^pipeline.toml: \[columns\] must be customer_id, .* for source.kind = \"synthetic\", got"),
        (lambda raw: raw["columns"].update(more={"type": "number"}), r"^pipeline.toml: \[columns\] must be"),
        (lambda raw: raw["table"].update(key="region"), r"^pipeline.toml: table.key must be 'customer_id' or left out"),
        (lambda raw: raw["columns"]["region"].update(type="number"), r"^pipeline.toml: columns.region.type must be category or text"),
        (lambda raw: raw["columns"]["contract"].update(values=["a", "b"]), r"^pipeline.toml: columns.contract.values must contain \['monthly', "),
    ],
)  # fmt: skip
def test_a_table_of_another_shape_is_refused(run, customers, change, message):
    change(customers)
    with pytest.raises(ConfigError, match=message):
        Customers(run(customers))


def test_the_first_day_and_every_setting_of_the_source_make_a_new_recipe(run, customers):
    prints = {Customers(run(customers)).data.fingerprint}
    for name, value in {"rows": 7, "seed": 8, "drift": 0.1, "missing": 0.1, "broken": 0.1}.items():
        prints.add(Customers(run(customers | {"source": customers["source"] | {name: value}})).data.fingerprint)
    prints.add(Customers(run(customers | {"schedule": {"first_day": date(2026, 11, 2)}})).data.fingerprint)
    assert len(prints) == 7

"""Made-up customers, some of whom leave.

The same seed and day give the same rows. Values are text, as in a CSV file, so that broken rows can
hold what a real file holds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from generate.part import Part, part_of
from generate.synthetic import KEY, LEVELS, Customers

CHUNK_ROWS = 100_000
"""Each chunk has a stream of its own, so a day's first rows do not depend on how many follow."""

CHARGE_SD, CALLS_SD = 22.0, 1.2
"""The standard deviations of the columns that drift."""


def parts_of(customers: Customers, *, data: bool, target: bool) -> Iterator[Part]:
    """The day's rows, chunk by chunk."""
    run = customers.run
    for first in range(0, customers.rows, CHUNK_ROWS):
        rows = _chunk(customers, first, min(CHUNK_ROWS, customers.rows - first))
        part = part_of(rows, run.config, day=run.day, file="synthetic", row=first + 1, number=first + 1)
        yield Part(part.data if data else None, part.target if target else None)


def _chunk(customers: Customers, first: int, count: int) -> pa.RecordBatch:
    config, date, source = customers.run.config, customers.run.date, customers.source
    # a seed may be negative, the entropy of a stream may not
    rng = np.random.Generator(np.random.PCG64([source.seed % 2**64, date.toordinal(), first // CHUNK_ROWS]))
    drift = source.drift * (date - config.schedule.first_day).days
    values = _customers(rng, count, drift)
    numbers = pc.utf8_lpad(pa.array(np.arange(first + 1, first + count + 1)).cast(pa.string()), 6, "0")
    columns = {KEY: pc.binary_join_element_wise(f"C{date:%Y%m%d}", numbers, "-")}
    for name, column in values.items():
        columns[name] = (
            pa.array(np.array(LEVELS[name])[column]) if name in LEVELS else pa.array(column).cast(pa.string())
        )
    for name in [name for name in values if name != config.table.target]:
        columns[name] = pc.if_else(pa.array(rng.random(count) < source.missing), "", columns[name])
    broken = rng.random(count) < source.broken
    kinds = rng.integers(0, 4, count)
    previous = pa.concat_arrays([columns[KEY][:1], columns[KEY][:-1]])
    wrong = {"age": "unknown", "monthly_charge": "-1.0", "contract": "weekly", KEY: previous}
    for kind, (name, value) in enumerate(wrong.items()):
        if name != config.table.target:
            columns[name] = pc.if_else(pa.array(broken & (kinds == kind)), value, columns[name])
    return pa.RecordBatch.from_pydict({name: columns[name] for name in config.columns})


def _customers(rng: np.random.Generator, count: int, drift: float) -> dict[str, NDArray[np.generic]]:
    """The columns but the key; of a category, the index of its level. `drift` is in standard deviations."""
    tenure = np.minimum(rng.exponential(30.0, count), 120).astype(np.int64)
    age = np.clip(rng.normal(47.0, 16.0, count), 18, 100).astype(np.int64)
    usage = rng.normal(0.0, 1.0, count)
    bill = 62.0 + 9.0 * usage + rng.normal(0.0, 20.0, count) + drift * CHARGE_SD
    charge = np.round(np.maximum(bill, 5.0), 2)
    # rounded up or down by chance: a shift of less than half a call would vanish otherwise
    calls = np.floor(rng.poisson(1.4, count) + drift * CALLS_SD + rng.random(count))
    calls = np.maximum(calls, 0).astype(np.int64)
    silent = np.minimum(rng.exponential(80.0, count), 730).astype(np.int64)
    contract = np.searchsorted([0.55, 0.80], rng.random(count))
    payment = np.searchsorted([0.40, 0.65], rng.random(count))
    region = rng.integers(0, len(LEVELS["region"]), count)

    monthly = contract == 0
    logit = (
        -2.35
        + 1.5 * monthly
        - 0.9 * (contract == 2)
        + 0.5 * (payment == 1)
        - 0.02 * tenure
        + 0.022 * (charge - 62.0)
        + 0.35 * calls
        # what a straight line cannot follow
        + 1.1 * (monthly & (tenure < 6))
        + 0.9 * (calls >= 4)
        + 0.0016 * (age - 50.0) ** 2
        - 0.9 * ((usage > 0.5) & (charge < 62.0))
        + 0.7 * (silent > 180)
    )
    return {
        "tenure_months": tenure,
        "age": age,
        "monthly_charge": charge,
        "data_gb": np.round(np.exp(2.2 + 0.8 * usage), 1),
        "support_calls": calls,
        "days_since_contact": silent,
        "contract": contract,
        "payment": payment,
        "region": region,
        "churned": (rng.random(count) < 1.0 / (1.0 + np.exp(-logit))).astype(np.int64),
    }

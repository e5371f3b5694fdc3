"""Write a made-up table to try the tutorial with: `python3 demo/sample_table.py orders.csv`.

1,500 orders of a shop on 20 working days, some of which came back. The same rows each time.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

_FIRST, _ORDERS = date(2026, 3, 2), 1500
_HEADER = ("order_id", "ordered", "amount", "visits", "payment", "returned")


def rows() -> Iterator[tuple[object, ...]]:
    """The table without its header."""
    draw = random.Random(0)  # noqa: S311 - not for secrets
    days = [day for n in range(28) if (day := _FIRST + timedelta(days=n)).weekday() < 5]
    for number in range(_ORDERS):
        amount, visits = draw.gauss(100, 30), draw.randrange(9)
        payment = draw.choice(("card", "invoice", "transfer"))
        leaning = amount + 5 * visits + (25 if payment == "invoice" else 0) + draw.gauss(0, 25)
        day = days[number * len(days) // _ORDERS]
        yield f"A-{number:04d}", day, round(amount, 2), visits, payment, "yes" if leaning > 135 else "no"


def main() -> None:
    """Write the file that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the CSV file to write")
    with parser.parse_args().file.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_HEADER)
        writer.writerows(rows())


if __name__ == "__main__":
    main()

"""Made-up customers, some of whom leave, as a source: `source.kind = "synthetic"`. `customers` makes them."""

from __future__ import annotations

import msgspec

from contract.config.source import Synthetic
from contract.datasets.observed import Observed
from contract.datasets.recipe import Recipe
from contract.errors import ConfigError
from contract.steps.run import Run

KEY = "customer_id"
LEVELS = {
    "contract": ("monthly", "one_year", "two_year"),
    "payment": ("card", "invoice", "transfer"),
    "region": ("north", "east", "south", "west", "centre", "islands"),
    "churned": ("no", "yes"),
}
NUMBERS = ("tenure_months", "age", "monthly_charge", "data_gb", "support_calls", "days_since_contact")
COLUMNS = (KEY, *NUMBERS, *LEVELS)


class Customers:
    """The customers of one day."""

    def __init__(self, run: Run) -> None:
        """Raises ConfigError when the configured table is not the one that is made here."""
        assert isinstance(run.config.source, Synthetic)
        self.run, self.source = run, run.config.source
        self.rows = self.source.rows
        self._must_fit()
        self.data = self.target = self._recipe()

    def _recipe(self) -> Recipe:
        table = self.run.config.table
        return self.run.recipe(
            {
                "source": msgspec.to_builtins(self.source),
                "first_day": self.run.config.schedule.first_day.isoformat(),
                "columns": list(self.run.config.columns),
                "key": table.key,
                "target": table.target,
                "missing_values": list(table.missing_values),
            },
            observed=Observed(),
        )

    def _must_fit(self) -> None:
        config = self.run.config
        if set(config.columns) != set(COLUMNS):
            raise ConfigError(
                f'pipeline.toml: [columns] must be {", ".join(COLUMNS)} for source.kind = "synthetic", got '
                f'{", ".join(config.columns)}; for a table of your own set source.kind = "files" or "sql"'
            )
        if config.table.key not in (KEY, None) or config.table.target == KEY:
            raise ConfigError(
                f"pipeline.toml: table.key must be {KEY!r} or left out, and never the target, "
                f'for source.kind = "synthetic", '
                f"got key {config.table.key!r} and target {config.table.target!r}"
            )
        for name, column in config.columns.items():
            if name not in NUMBERS and column.type in ("number", "integer", "datetime"):
                raise ConfigError(
                    f"pipeline.toml: columns.{name}.type must be category or text for synthetic data, "
                    f'got "{column.type}"'
                )
            if name in LEVELS and column.values is not None and not set(LEVELS[name]) <= set(column.values):
                raise ConfigError(
                    f"pipeline.toml: columns.{name}.values must contain {list(LEVELS[name])} for synthetic data, "
                    f"got {list(column.values)}"
                )

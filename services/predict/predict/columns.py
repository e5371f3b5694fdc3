"""The columns of predictions."""

from __future__ import annotations

from contract.config import Config
from contract.errors import ConfigError


def score_columns(config: Config) -> dict[str, str]:
    """The score columns of a task, each with the class whose probability it has."""
    table = config.table
    if table.task == "regression":
        return {}
    if table.positive is not None:
        return {"score": table.positive}
    return {f"score_{label}": label for label in config.columns[table.target].values or ()}


def check_key(config: Config) -> None:
    """Raise ConfigError when the key has the name of a column that predict adds."""
    added = ["prediction", *score_columns(config), "model"]
    if config.key in added:
        raise ConfigError(
            f"pipeline.toml: table.key must not be named like a column of the predictions ({', '.join(added)}), "
            f"got {config.key!r}; rename it in the data and here"
        )

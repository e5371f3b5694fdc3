"""The text of a pipeline.toml from what was decided about a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from contract.visible import visible
from generate.infer.render.toml_text import key, value
from generate.infer.render.training import training
from generate.infer.schema import TableSchema
from generate.split.proposal import Proposal

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
"""As `schedule.expected` writes them, in the order of `date.weekday`."""
_MISSING = "table.missing_values"
RARE = 0.05
"""Share of the rows: with fewer positives, a threshold of 0.5 may never find one."""


def render(
    schema: TableSchema, *, name: str, first_day: date, source: Sequence[str], proposal: Proposal | None = None
) -> str:
    """The whole file, with comments that say what was seen.

    `source`: the lines of `[source]`; `proposal`: how the rows of one file of many days are best put into days.
    """
    return "\n".join(
        [
            *_head(schema, name, source),
            *_days(proposal),
            *_table(schema),
            *_columns(schema),
            *training(schema, proposal),
            *_decision(schema),
            *_gate(schema),
            *_rest(first_day, proposal),
        ]
    )


def _head(schema: TableSchema, name: str, source: Sequence[str]) -> list[str]:
    return [
        # editors for TOML find by it what each key means, and check what is typed (`make generated` writes that file)
        "#:schema ./pipeline.schema.json",
        f"# Microstep's configuration, written by `generate infer` from {value(schema.file)}: {schema.rows:,} rows,",
        f"# {len(schema.columns)} columns. It runs as it is; what was guessed stands in the comments. Every key, its",
        "# default and its rules: docs/configuration.md.",
        "",
        "[pipeline]",
        f"name = {value(name)}  # of the MLflow experiment and of the registered model: --name, or edit it",
        "",
        "[source]",
        *source,
    ]


def _days(proposal: Proposal | None) -> list[str]:
    if proposal is None:
        return [""]
    return [
        f"# {visible(proposal.why)}; one file of many days becomes inbox/<day>/ by",
        f"#   generate split FILE {proposal.options}",
        "",
    ]


def _table(schema: TableSchema) -> list[str]:
    lines = ["[table]"]
    if schema.key is None:
        lines.append("# no column identifies a row: rows are numbered within their day, repeated rows are not found")
    else:
        also = ", and the test rows chosen," if schema.group is None else ""
        lines.append(f"key = {value(schema.key)}  # duplicates are found{also} by it")
    lines += _group(schema)
    lines += [f"target = {value(schema.target)}", f'task = "{schema.task}"  # {_why(schema)}']
    if schema.positive is not None:
        lines.append(f"positive = {value(schema.positive)}  # the class whose probability is predicted")
    lines += [f"# {note}" for note in schema.missing.notes]
    # whoever adds a word needs the others there, which it would take the place of
    if schema.missing.changed or any("add " in doubt and _MISSING in doubt for _, doubt in schema.suspicions):
        lines.append(f"missing_values = {value(schema.missing.values)}")
    return [
        *lines,
        f"max_rejected_fraction = {value(schema.max_rejected_fraction)}  # more rejected rows than this stop the day",
        "test_fraction = 0.2  # of the groups (without one: of the keys); their rows never train",
        "",
    ]


def _group(schema: TableSchema) -> list[str]:
    lines = []
    if schema.group is not None:
        lines.append(f"group = {value(schema.group)}  # all rows of one of these train or test together")
    elif schema.repeated:
        lines += [
            f"# {schema.repeated:,} rows equal an earlier one in all features: they train or test together, unless",
            '# group = "row_key"  # each row is a thing of its own',
        ]
    if schema.maybe_groups:
        names = ", ".join(map(value, schema.maybe_groups[:5]))
        lines.append(f"# rows with the same {names} may belong to one thing as well: then name that column here")
        if schema.group is None and schema.returning is None:
            lines.append(f"# group = {value(schema.maybe_groups[0])}")
    return lines


def _why(schema: TableSchema) -> str:
    if schema.task == "regression":
        return "the target is a quantity"
    return f"the target has {len(schema.classes)} different values; " + (
        'a quantity is "regression"' if schema.task == "multiclass" else 'more classes are "multiclass"'
    )


def _columns(schema: TableSchema) -> list[str]:
    lines = []
    for column in schema.columns:
        # the summary quotes values of the file by repr, which keeps them on one line
        notes = [f"# look: {suspicion}" for suspicion in column.suspicions if suspicion not in column.summary]
        lines += [f"# {column.summary}", *notes, f"[columns.{key(column.name)}]"]
        lines += [f"{name} = {value(setting)}" for name, setting in column.settings.items()]
        lines += [f"# {line}" for line in column.instead]
        lines.append("")
    return lines


def _decision(schema: TableSchema) -> list[str]:
    share = schema.positives / max(schema.rows, 1)
    if schema.positive is None or not 0 < share < RARE:
        return []
    costs = round((1 - share) / share)
    return [
        f"# {100 * share:.2g} % of the rows are {value(schema.positive)}: hardly any reaches a probability of 0.5. Say",
        "# what a wrong answer costs, and the training picks the threshold; with these both classes count alike:",
        "# [decision]",
        f"# costs = {{ false_positive = 1, false_negative = {costs} }}",
        "",
    ]


def _gate(schema: TableSchema) -> list[str]:
    if schema.task == "binary":
        minimum = "roc_auc = 0.6 }  # 0.5 is chance: raise it to what you need"
    elif schema.task == "multiclass":
        chance = 1 / len(schema.classes)
        minimum = f"balanced_accuracy = {1.5 * chance:.2f} }}  # {chance:.2f} is chance: raise it to what you need"
    else:
        minimum = "r2 = 0.0 }  # 0 is as good as the target's mean: raise it to what you need"
    # a quarter of the test rows in the file: a window may hold less than the file did
    rarer = min(schema.positives, schema.rows - schema.positives) or schema.rows
    least = min(30, max(10, rarer // 20))
    return [
        "[gate]",
        f"minimums = {{ {minimum}",
        "margin = 0.01  # how much worse than the champion a challenger may be",
        f"min_test_rows = {least}  # with fewer, also of the rarer class, nothing is decided",
        *_baseline(schema),
        "",
    ]


def _baseline(schema: TableSchema) -> list[str]:
    if schema.group is None:
        return []
    return [
        f"# a model must tell more than the known labels of a row's own {value(schema.group)} do; where tomorrow's are",
        "# new ones, write",
        '# baseline = "constant"',
    ]


def _rest(first_day: date, proposal: Proposal | None) -> list[str]:
    why, expected = "the first day that has data", []
    if proposal is not None and proposal.first_day == first_day:
        why = f"the first day in {visible(repr(proposal.by))}"
        if len(proposal.weekdays) < len(WEEKDAYS):
            days = [WEEKDAYS[day] for day in proposal.weekdays]
            named = value("weekdays" if days == WEEKDAYS[:5] else days)
            expected = [f"expected = {named}  # no row is of another day of the week: no data is expected then"]
    return [
        "[schedule]",
        f"first_day = {value(first_day)}  # {why}: --first-day, or edit it",
        *expected,
        'timezone = "UTC"',
        'generate = "15 3 * * *"',
        'predict = "15 4 * * *"',
        'train = "15 5 * * 1"  # weekly, on Monday',
        "sensor_timeout_hours = 12  # how long to wait for data before saying so by mail",
        "",
        "[alerts]",
        'to = ["data-team@example.com"]',
        'sender = "microstep@example.com"',
        "",
    ]

"""One day's rows: read, judged, typed and written batch by batch."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from contract.config import GROUP, Config
from contract.datasets.dataset import Dataset
from contract.datasets.prefetch import prefetch
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.due.lacking import ROWS_OF, content
from contract.pretty_json import pretty_json
from contract.split import in_test
from contract.steps.progress import progress
from contract.steps.run import Run
from preprocess.buckets import Buckets, bucket_count
from preprocess.columns.checked_column import CheckedColumn
from preprocess.columns.rules import check_column, written_form
from preprocess.groups import groups_of
from preprocess.key_lookups import key_lookups
from preprocess.keys import Hashes, hashes_of, read_identities, read_keys
from preprocess.labels.fit import judge_fit
from preprocess.labels.read import Labels, Values, read_labels
from preprocess.profile import Profile
from preprocess.quarantine import PROVENANCE, Tally, judge, rejected, too_many_rejected, unread

DUPLICATE = "duplicate"
TOO_MANY = "too_many_rejected"
"""The note of a day that goes on with the rows that are left, though more are rejected than may be."""
MOST_WORDS = 5
"""New ones of a column that the log names."""
UNREAD = "unread"
"""The role of the rows that generate could not read."""
SPLITS = pa.array(["train", "test"])

# some live here at the same time (one that is read, one that is judged, one that is written): half of the usual size
BATCH_ROWS = 65_536

log = logging.getLogger("preprocess")


@dataclass
class Day:
    """What is known about a day's rows while they are read."""

    config: Config
    labels: Labels | None
    lookups: Buckets
    """For each row in turn."""
    tally: Tally = field(default_factory=Tally)
    profile: Profile = field(default_factory=Profile)
    labelled: int = 0

    def __post_init__(self) -> None:
        """What holds for all rows."""
        self.form = written_form(self.config)

    def sort(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.Table]:
        """The next batch's good rows, typed, and its rejected ones with their reasons."""
        config, labels, target = self.config, self.labels, self.config.table.target
        key, keys = read_keys(batch.column(config.key), config)
        hashes = hashes_of(keys)
        lookups = self.lookups.following(hashes)
        columns: dict[str, CheckedColumn] = {}
        named: pa.Array | None = None
        for name in dict.fromkeys([*_key_first(config), *config.columns]):
            if name == config.key:
                columns[name] = key.breaking(DUPLICATE, lookups["repeated"])
            elif name == config.group:
                columns[name], named = read_identities(name, batch.column(name), config)
            elif name in batch.schema.names:
                columns[name] = check_column(
                    name,
                    batch.column(name),
                    config.columns[name],
                    config.table.missing_values,
                    self.form,
                    closed=config.table.on_new_category == "reject",
                )
            elif name == target and labels is not None:
                columns[name] = _label(labels, lookups["label"])
        verdict = judge(columns, np.ones(len(hashes), dtype=bool))
        elsewhere = {target: lambda rows: labels.lines(hashes[rows])} if labels is not None else None
        bad = rejected(batch, keys, verdict, elsewhere)
        rows = self._rows(keys, columns, groups_of(columns, hashes, named, config))
        if bad.num_rows:
            rows = rows.filter(pa.array(verdict.good))
        self.tally.add(bad)
        texts = [name for name in config.features if config.columns[name].type == "text"]
        self.profile.add(rows, [*config.features, *([target] if labels is not None else [])], texts)
        if labels is not None:
            self.labelled += rows.num_rows - rows.column(target).null_count
        return rows, bad

    def new_words(self) -> dict[str, dict[str, int]]:
        """For each column, the rows of each word that stays though `values` does not list it."""
        found = {
            name: self.profile.new_words(name, column.values)
            for name, column in self.config.columns.items()
            if column.values is not None and name != self.config.table.target
        }
        return {name: rows for name, rows in found.items() if rows}

    def _rows(self, keys: pa.Array, columns: dict[str, CheckedColumn], groups: Hashes) -> pa.RecordBatch:
        arrays = {self.config.key: keys, **{name: columns[name].values for name in self.config.kept}}
        if self.labels is not None:
            arrays[self.config.table.target] = columns[self.config.table.target].values
        part = in_test(groups, self.config.table.test_fraction).astype(np.int32)
        arrays["split"] = pa.DictionaryArray.from_arrays(pa.array(part), SPLITS)
        arrays[GROUP] = pa.array(groups)
        return pa.RecordBatch.from_pydict(arrays)


def check(run: Run, recipe: Recipe, data: Dataset, target: Dataset | None, tally: Tally | None = None) -> None:
    """Check a day's rows and write processed/<day>. Raises DataError when too many are rejected, or all of them.

    `tally`: counts the rejected rows, for a caller that wants to know more about them.
    """
    started = time.monotonic()
    config, total = run.config, data.rows() + data.rows(UNREAD)
    with DatasetWriter(run.layout.processed(run.day)) as writer, progress("preprocess", total) as advance:
        scratch = writer.scratch("keys")
        count = bucket_count(max(total, target.rows() if target is not None else 0))
        labels = read_labels(target, config, scratch, count) if target is not None else None
        day = Day(config, labels, key_lookups(data, config, labels, scratch, count), tally or Tally())
        if labels is not None and target is not None:
            judge_fit(run, data, target, labels)
        for batch in data.batches(role=UNREAD):
            day.tally.add(bad := unread(batch))
            writer.write(bad, role="rejected")
            advance(bad.num_rows)
        # three at work at the same time: one reads, one judges, and this one writes
        for rows, bad in prefetch(day.sort(batch) for batch in prefetch(_batches(data, config))):
            if rows.num_rows:
                writer.write(rows)
            if bad.num_rows:
                writer.write(bad, role="rejected")
            advance(rows.num_rows + bad.num_rows)
        if not total:
            writer.write(day.sort(_no_rows(data, config))[0])
        too_many = too_many_rejected(run.layout.name(data.path), day.tally, total, config.table)
        new_words = day.new_words()
        writer.file("profile", "profile.json").write_bytes(pretty_json(day.profile.to_builtins()))
        counts = {
            "rows_in": total,
            "rows_out": total - day.tally.rows,
            "rejected": day.tally.rows,
            "labelled": day.labelled,
            "labelled_by_class": day.profile.categories(config.table.target),
            "labels_repeated": labels.repeated if labels is not None else 0,
            "labels_contradicting": labels.contradicting if labels is not None else 0,
            "labels_without_row": labels.without_row if labels is not None else 0,
            "labels_without_key": labels.without_key if labels is not None else 0,
            "rejected_by_rule": dict(sorted(day.tally.by_rule.items())),
            "missing": day.profile.missing(),
            "new_categories": {name: sum(rows.values()) for name, rows in new_words.items()},
        }
        provenance = run.provenance(**{ROWS_OF: content(data.manifest)})
        writer.publish(recipe, counts, provenance, {TOO_MANY: too_many} if too_many else None)
    for name, rows in new_words.items():
        words = ", ".join(f"{word!r} ({count:,})" for word, count in list(rows.items())[:MOST_WORDS])
        log.warning("%s: column %s has words that values does not list, their rows are kept: %s", run.day, name, words)
    if too_many:
        log.error("%s; the remaining rows are kept (table.on_too_many_rejected)", too_many)
    elif day.tally.rows:
        log.warning("%s: rejected rows: %s", run.layout.name(data.path), day.tally)
    log.info(
        "%s: %s rows in, %s out, %s rejected, %s labelled%s, %.1f s",
        run.layout.name(run.layout.processed(run.day)),
        *(f"{counts[name]:,}" for name in ("rows_in", "rows_out", "rejected", "labelled")),
        _unused_labels(labels),
        time.monotonic() - started,
    )


def _unused_labels(labels: Labels | None) -> str:
    """The labels that no row has, counted for the log."""
    if labels is None:
        return ""
    counted = {
        "for unknown keys": labels.without_row, "without a key": labels.without_key, "repeated": labels.repeated
    }  # fmt: skip
    return "".join(f", {count:,} labels {which}" for which, count in counted.items() if count)


def _no_rows(data: Dataset, config: Config) -> pa.RecordBatch:
    """A batch without rows that has the columns: what is written of it has them, too, with their types."""
    return pa.RecordBatch.from_pydict({name: pa.array([], pa.string()) for name in _columns(data, config)})


def _batches(data: Dataset, config: Config) -> Generator[pa.RecordBatch, None, None]:
    return data.batches(_columns(data, config), batch_rows=BATCH_ROWS, dictionaries=True)


def _columns(data: Dataset, config: Config) -> list[str]:
    there = {field.name for field in data.manifest.schema} - {config.table.target}
    return [name for name in dict.fromkeys([*PROVENANCE, config.key, *config.columns]) if name in there]


def _label(labels: Labels, values: Values) -> CheckedColumn:
    column, bad = labels.column(values)
    # which rule it is, the label's own line says
    return CheckedColumn(column).breaking("", bad)


def _key_first(config: Config) -> list[str]:
    return [] if config.key in config.columns else [config.key]

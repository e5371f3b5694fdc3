"""Write the predictions of one day; three batches at a time: one is read, one is scored, one is written."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Sequence

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.formulas import without_formulas
from analysis.predictions import CONTENT, content_hashes
from analysis.rows import columns
from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.datasets.prefetch import prefetch
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.due.lacking import ROWS_OF
from contract.models.champion import Champion
from contract.models.model_file import open_model
from contract.steps.progress import progress
from contract.steps.run import Run
from predict.drift.day import read_references, watched
from predict.drift.histograms import Histograms
from predict.model import check_fit, features_of
from predict.scorer import Scorer

log = logging.getLogger("predict")


def score(run: Run, recipe: Recipe, rows: Dataset, champion: Champion) -> Histograms | None:
    """Write predictions/<day>; returns the histograms of its rows that drift needs, made on the way.

    None when the champion has no drift reference. Raises NotPermitted for a model file that must not be opened,
    DataError when model and rows do not fit.
    """
    started = time.monotonic()
    check_fit(run.layout, champion, run.config)
    model = open_model(run.root, champion, signed=run.config.training.sign)
    features = features_of(model, [field.name for field in rows.manifest.schema], champion.file)
    scorer = Scorer(model, run.config, champion.label)
    reference = read_references(run.layout, champion).reference
    histograms = (
        Histograms([]) if reference is None else Histograms(watched(reference, rows), reference.part, rows.path.name)
    )
    path, form = run.layout.predictions(run.day), run.config.predictions.format
    # a number tells nothing once other rows come: then their content says which rows these were
    content = _content(run.config, rows)
    with DatasetWriter(path, form=form) as writer, progress("predict", rows.rows()) as advance:
        for batch, hashes in prefetch(_scored(run.config.key, rows, features, scorer, histograms, content)):
            writer.write(without_formulas(batch) if form == "csv" else batch)
            if hashes is not None:
                writer.write(hashes, role=CONTENT)
            advance(batch.num_rows)
        classes = dict(sorted(scorer.classes.items()))
        counts = {"rows_in": rows.rows(), "rows_out": scorer.rows, "rejected": 0, "predicted": classes}
        notes = {"champion": msgspec.to_builtins(champion), "mean": scorer.means()}
        if content:
            notes[CONTENT] = content
        writer.publish(recipe, counts, run.provenance(**_origin(rows)), notes)
    log.info(
        "%s: %s rows by champion %s%s, %.1f s",
        run.layout.name(path), f"{scorer.rows:,}", champion.label, _summary(scorer), time.monotonic() - started,
    )  # fmt: skip
    return histograms if reference is not None else None


def no_rows(rows: Dataset) -> pa.RecordBatch:
    """A batch of a day without rows: it has the columns all the same."""
    schema = pq.read_schema(next(rows.parts()))
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def _origin(rows: Dataset) -> dict[str, str]:
    """The raw rows that these come from: labels that come later change the processed day, not its predictions."""
    return {ROWS_OF: rows.manifest.run[ROWS_OF]} if ROWS_OF in rows.manifest.run else {}


def _content(config: Config, rows: Dataset) -> list[str]:
    """The columns that say which row it is, where only a number would; none for a table with a key."""
    there = {field.name for field in rows.manifest.schema}
    return [] if config.table.key else [name for name in config.features if name in there]


def _scored(
    key: str,
    rows: Dataset,
    features: Sequence[str],
    scorer: Scorer,
    histograms: Histograms,
    content: Sequence[str],
) -> Generator[tuple[pa.RecordBatch, pa.RecordBatch | None], None, None]:
    """The predictions batch by batch, and the rows' hashes where `content` is asked for."""
    wanted = list(dict.fromkeys([*features, *histograms.columns]))
    batches = rows.batches(list(dict.fromkeys([key, *wanted, *content, *histograms.needs])))
    for batch in prefetch(batches) if rows.rows() else [no_rows(rows)]:
        values = columns(batch, wanted)
        histograms.add_rows(batch, values)
        hashes = pa.RecordBatch.from_pydict({CONTENT: content_hashes(batch, content)}) if content else None
        yield scorer.score(batch, {name: values[name] for name in features}), hashes


def _summary(scorer: Scorer) -> str:
    """For the log: `: no 812, yes 88; mean score 0.1231`."""
    classes = ", ".join(f"{name} {rows:,}" for name, rows in sorted(scorer.classes.items()))
    means = ", ".join(f"mean {column} {value:.4g}" for column, value in scorer.means().items())
    return (f": {classes}" if classes else "") + (f"; {means}" if means else "")

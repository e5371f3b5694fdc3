"""A Parquet file, read by batches; its columns keep their types."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from contract.config.source import Files
from contract.datasets.dataset import BATCH_ROWS
from contract.errors import DataError
from generate.files.table_file import Block, TableFile

log = logging.getLogger("generate")

PANDAS_INDEX = re.compile(r"__index_level_\d+__")
"""A column that only says where a row stood in somebody's memory."""


class ParquetFile(TableFile):
    """A Parquet file; of the columns of plain values (text, numbers, truth values, times) the rows can be read."""

    def __init__(self, path: Path, name: str, source: Files | None = None) -> None:  # noqa: ARG002 - as of the others
        """`name` is what messages call the file. Raises DataError when it is damaged."""
        self.path, self.name = path, name
        with self._damage(), pq.ParquetFile(path) as file:
            schema, self.rows = file.schema_arrow, file.metadata.num_rows
        self.others = {field.name: field.type for field in schema if _plain(field.type) is None}
        """Columns of other values: lists, structures, durations. Who wants one is refused."""
        self.schema = pa.schema([(field.name, _plain(field.type) or pa.null()) for field in schema])

    def leave_out(self, wanted: Collection[str], known: Collection[str]) -> None:
        """Leave out what is no plain value and not `wanted`, and the index of pandas unless it is `known`; say so."""
        left = [name for name in self.others if name not in wanted]
        left += [name for name in self.schema.names if PANDAS_INDEX.fullmatch(name) and name not in known]
        if left:
            log.info("%s: left out, no columns of plain values or an index of pandas: %s", self.name, ", ".join(left))
        self.schema = pa.schema([field for field in self.schema if field.name not in left])

    def read(self, columns: Sequence[str]) -> Generator[Block, None, None]:
        """The rows in order. Raises DataError when the file is damaged, and for a column of no plain values."""
        for name in columns:
            if name in self.others:
                raise DataError(
                    f"{self.name}: column {name!r} must hold plain values, got type {self.others[name]}; "
                    "write it as text or numbers, or leave it out"
                )
        schema = pa.schema([self.schema.field(name) for name in columns])
        place = 1
        with self._damage(), pq.ParquetFile(self.path, pre_buffer=False) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=list(columns)):
                arrays = [self._typed(field, batch.column(field.name)) for field in schema]
                rows = pa.RecordBatch.from_arrays(arrays, schema=schema)
                yield Block(rows, np.arange(place, place + batch.num_rows))
                place += batch.num_rows

    def _typed(self, field: pa.Field, values: pa.Array) -> pa.Array:
        try:
            if isinstance(values.type, pa.UuidType):
                return pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.string())
            plain = values.cast(field.type)
            if pa.types.is_string(field.type):
                plain.validate(full=True)  # Arrow trusts the bytes that a file calls UTF-8
        except pa.ArrowInvalid as error:
            raise DataError(
                f"{self.name}: column {field.name!r} must hold UTF-8, got {error}; write it again as UTF-8"
            ) from None
        return plain

    @contextmanager
    def _damage(self) -> Iterator[None]:
        try:
            yield
        except UnicodeDecodeError as error:
            raise DataError(f"{self.name}: names of columns must be UTF-8, got {error.object!r}; rename it") from None
        except (pa.ArrowInvalid, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk's, not the file's
            empty = self.path.stat().st_size == 0
            damage = "an empty file" if empty else f"a damaged or truncated one ({error})"
            raise DataError(f"{self.name}: must be a whole Parquet file, got {damage}; write it again") from None


def _plain(kind: pa.DataType) -> pa.DataType | None:
    """The type without what only says how values are stored; None for values that are not plain."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    text = pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_null(kind)
    # text that its writer did not call so; whether it is, its bytes will tell
    text = text or pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
    if text or isinstance(kind, pa.UuidType):
        return pa.string()
    # of a duration, two files may have other units, and so other numbers
    strange = pa.types.is_duration(kind) or pa.types.is_interval(kind) or pa.types.is_fixed_size_binary(kind)
    return None if pa.types.is_nested(kind) or strange or isinstance(kind, pa.BaseExtensionType) else kind

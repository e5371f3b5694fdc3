"""A Parquet file, read by batches; its columns keep their types."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from contract.datasets.dataset import BATCH_ROWS
from contract.errors import DataError

# of a duration, two files may have other units, and so other numbers
_NOT_PLAIN = ("binary", "extension", "duration", "interval")


class ParquetFile:
    """A Parquet file of plain values: text, numbers, truth values, times."""

    def __init__(self, path: Path, name: str) -> None:
        """`name` is what messages call the file. Raises DataError when it is damaged or holds other types."""
        self.path, self.name = path, name
        with self._damage(), pq.ParquetFile(path) as file:
            schema, self.rows = file.schema_arrow, file.metadata.num_rows
        for field in schema:
            kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
            if pa.types.is_nested(kind) or any(
                word in str(kind) for word in ("binary", "extension", "duration", "interval")
            ):
                raise DataError(
                    f"{name}: column {field.name!r} must hold plain values, got type {field.type}; "
                    "write it as text or numbers, or leave it out"
                )
        self.schema = pa.schema([(field.name, _plain(field.type)) for field in schema])

    def batches(self, columns: Sequence[str]) -> Generator[pa.RecordBatch, None, None]:
        """The rows in order. Raises DataError when the file is damaged."""
        schema = pa.schema([self.schema.field(name) for name in columns])
        with self._damage(), pq.ParquetFile(self.path, pre_buffer=False) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=list(columns)):
                plain = batch.select(list(columns)).cast(schema)
                self._must_be_text(plain)
                yield plain

    def _must_be_text(self, batch: pa.RecordBatch) -> None:
        """Raise DataError for text that is none: Arrow trusts the bytes that a file calls UTF-8."""
        for field, values in zip(batch.schema, batch.columns, strict=True):
            if pa.types.is_string(field.type):
                try:
                    values.validate(full=True)
                except pa.ArrowInvalid as error:
                    raise DataError(
                        f"{self.name}: column {field.name!r} must hold UTF-8, got {error}; write it again as UTF-8"
                    ) from None

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


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type without what only says how values are stored."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_null(kind):
        return pa.string()
    return kind

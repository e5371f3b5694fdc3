"""A file with one JSON object a line (.jsonl, .ndjson)."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from contract.config.source import Files
from contract.errors import DataError
from generate.files.content import Content
from generate.files.plain_text import plain_text
from generate.files.table_file import TEXT, Block, TableFile, Unread, texts

BATCH_ROWS = 65_536


class JsonFile(TableFile):
    """Its columns are the names that any of its objects has; values become text, lists and objects their JSON."""

    def __init__(self, path: Path, name: str, source: Files) -> None:
        """`name` is what messages call the file. Raises DataError when no line is an object."""
        self.path, self.name, self.decimal = path, name, source.decimal
        self.content = Content(path, name, source.encoding)
        names: dict[str, None] = {}
        first = None
        for _, line, row in self._objects():
            if isinstance(row, dict):
                names |= dict.fromkeys(row)
            first = first or (line, row)
        if not names:
            got = f"{first[0][:TEXT].decode(errors='replace')!r}" if first else "an empty file"
            raise DataError(f"{name}: must have one JSON object a line, got {got}; write the file again")
        self.schema = pa.schema([(column, pa.string()) for column in names])

    def read(self, columns: Sequence[str]) -> Generator[Block, None, None]:
        """The rows in order; a line that is no object is none."""
        rows: list[list[str | None]] = []
        numbers: list[int] = []
        unread: list[Unread] = []
        for number, line, row in self._objects():
            if isinstance(row, dict):
                rows.append([self._text(row.get(column)) for column in columns])
                numbers.append(number)
            else:
                unread.append(Unread(number, f"must be a JSON object, {row}", line[:TEXT].decode(errors="replace")))
            if len(rows) == BATCH_ROWS:
                yield Block(texts(columns, rows), np.array(numbers), tuple(unread))
                rows, numbers, unread = [], [], []
        if rows or unread:
            yield Block(texts(columns, rows), np.array(numbers, dtype=np.int64), tuple(unread))

    def _objects(self) -> Iterator[tuple[int, bytes, dict[str, Any] | str]]:
        """Each line with its number, blank ones left out, and its object or what is wrong with it."""
        number, rest = 0, b""
        decoder = msgspec.json.Decoder()
        with self.content.open() as stream:
            while True:
                block = bytes(stream.read(1 << 20))
                *lines, rest = (rest + block).split(b"\n") if block else (rest, b"")
                for line in lines:
                    if not line.strip():
                        continue
                    number += 1
                    try:
                        row = decoder.decode(line)
                    except (msgspec.DecodeError, UnicodeDecodeError) as error:
                        row = str(error)
                    yield number, line, row if isinstance(row, dict | str) else f"is {type(row).__name__}"
                if not block:
                    return

    def _text(self, value: object) -> str | None:
        if isinstance(value, list | dict):
            return msgspec.json.encode(value).decode()
        return plain_text(value, self.decimal)

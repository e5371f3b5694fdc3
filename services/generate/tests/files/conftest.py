"""Any file of a table, read whole."""

import pytest

from contract.config.source import Files
from generate.files.open_table import open_table


@pytest.fixture
def read(tmp_path):
    """Writes a file and reads it: its columns, its rows by their places, and the rows that cannot be read."""

    def read(name, content, **source):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        table = open_table(path, name, Files(**source))
        rows, unread = {}, []
        for block in table.read(table.schema.names):
            values = [tuple(row.values()) for row in block.rows.to_pylist()]
            rows |= dict(zip(block.numbers.tolist(), values, strict=True))
            unread += [(row.number, row.rule, row.text) for row in block.unread]
        return table.schema.names, rows, unread

    return read

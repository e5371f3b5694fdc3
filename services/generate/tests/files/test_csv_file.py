import pyarrow as pa
import pytest

from contract.config.source import Files
from contract.errors import DataError
from generate.files import csv_file
from generate.files.csv_file import CsvFile
from generate.files.table_file import Unread


def opened(path, **source):
    return CsvFile(path, path.name, Files(**source))


def read(path, **source):
    file = opened(path, **source)
    return pa.Table.from_batches(file.batches(file.schema.names), file.schema)


def test_values_that_look_like_numbers_or_nothing_stay_text(tmp_path):
    (tmp_path / "a.csv").write_text('a,b\n01,\n"",NA\n')
    assert read(tmp_path / "a.csv").to_pylist() == [{"a": "01", "b": ""}, {"a": "", "b": "NA"}]


def test_only_the_columns_asked_for_are_given(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    file = opened(tmp_path / "a.csv")
    assert [batch.to_pydict() for batch in file.batches(["b"])] == [{"b": ["2"]}]


def test_a_quoted_header_may_hold_the_delimiter_and_a_new_line(tmp_path):
    (tmp_path / "a.csv").write_text('"a,\nb",c\n1,2\n')
    assert read(tmp_path / "a.csv").to_pylist() == [{"a,\nb": "1", "c": "2"}]


def test_rows_are_numbered_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_file, "BLOCK_BYTES", 200)
    (tmp_path / "a.csv").write_text("a,b\n" + '"x\ny",2\n' * 300 + "3\n" + "4,5\n" * 100)
    (block,) = opened(tmp_path / "a.csv").read(["b"])
    assert block.unread == (Unread(301, "must have 2 fields like the header, got 1", "3"),)
    assert block.numbers.tolist() == [*range(1, 301), *range(302, 402)]
    assert block.rows["b"].to_pylist() == ["2"] * 300 + ["5"] * 100


def test_blocks_are_put_together_to_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_file, "BLOCK_BYTES", 200)
    monkeypatch.setattr(csv_file, "BATCH_BYTES", 2000)
    (tmp_path / "a.csv").write_text("a,b\n" + "1,2\n" * 3000)
    sizes = [batch.num_rows for batch in opened(tmp_path / "a.csv").batches(["a", "b"])]
    assert sum(sizes) == 3000
    assert len(sizes) > 5
    assert min(sizes[:-1]) > 100


def test_a_row_longer_than_a_block_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_file, "BLOCK_BYTES", 200)
    (tmp_path / "a.csv").write_text("a,b\n1," + "x" * 900 + "\n")
    with pytest.raises(DataError, match=r"^a.csv: a row must fit into a block of 200 bytes, got one that begins with"):
        read(tmp_path / "a.csv")


@pytest.mark.parametrize("before", [0, 1, (1 << 20) - 3, (1 << 20) - 1, 1 << 20, 3 << 20])
def test_the_byte_that_is_not_utf8_is_found_wherever_it_lies(tmp_path, before):
    head = b"a,b\n" + b"1,2\n" * (before // 4) + b"x" * (before % 4)
    # two bytes of a character of three: the third one is what is wrong
    (tmp_path / "a.csv").write_bytes(head + b"\xe2\x82(,2\n")
    with pytest.raises(DataError, match=rf"line {2 + before // 4}, byte {len(head) + 1}: must be UTF-8, got 0xe2"):
        read(tmp_path / "a.csv")


def test_a_file_cut_within_a_character_is_not_utf8(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"a,b\n1,\xe2\x82")
    with pytest.raises(DataError, match=r"line 2, byte 7: must be UTF-8, got 0xe2 \(unexpected end of data\)"):
        read(tmp_path / "a.csv")


def test_a_value_with_quotes_and_new_lines_at_the_end_is_whole(tmp_path):
    (tmp_path / "a.csv").write_text('a,b\n1,"say ""x""\nand y"\n')
    assert read(tmp_path / "a.csv").to_pylist() == [{"a": "1", "b": 'say "x"\nand y'}]

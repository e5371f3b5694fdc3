import gzip
import zipfile

import pyarrow as pa
import pytest
from test_any_dialect import PACKINGS, zipped

from contract.errors import DataError

TEXT = "id,größe\n1,x\n2,y\n"
EXPECTED = (["id", "größe"], {1: ("1", "x"), 2: ("2", "y")}, [])


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.zip", "a.txt"])
@pytest.mark.parametrize("packing", PACKINGS)
def test_a_packed_file_is_unpacked_whatever_its_name_says(read, name, packing):
    assert read(name, PACKINGS[packing](TEXT.encode())) == EXPECTED


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("declared", ["utf-8", "cp1252"])
def test_a_mark_before_the_text_says_its_encoding(read, encoding, declared):
    assert read("a.csv", TEXT.encode(encoding), encoding=declared) == EXPECTED


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16-le", "utf-16-be", "cp850"])
def test_a_text_without_a_mark_is_in_the_declared_encoding(read, encoding):
    assert read("a.csv.gz", gzip.compress(TEXT.encode(encoding)), encoding=encoding) == EXPECTED


def test_several_members_of_gzip_and_frames_of_zstd_are_one_text(read):
    halves = TEXT.encode()[:8], TEXT.encode()[8:]
    assert read("a.csv", b"".join(map(gzip.compress, halves))) == EXPECTED
    frames = b"".join(pa.compress(half, codec="zstd", asbytes=True) for half in halves)
    assert read("a.csv", frames) == EXPECTED


@pytest.mark.parametrize("packing", [".gz", ".bz2", ".xz", ".zst", ".zip"])
def test_a_packed_file_that_is_cut_is_damaged(read, packing):
    content = PACKINGS[packing](TEXT.encode() * 1000)
    with pytest.raises(DataError, match=r"^a.csv: must be a whole packed file, is damaged: "):
        read("a.csv", content[:-12])


def test_a_zip_of_several_files_is_refused_with_their_names(read, tmp_path):
    content = zipped(TEXT.encode())
    path = tmp_path / "b.zip"
    path.write_bytes(content)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.csv", TEXT)
    with pytest.raises(DataError, match=r"^a.zip: must hold one file, got folder/table.csv, more.csv; put the files"):
        read("a.zip", path.read_bytes())


def test_utf8_under_another_name_is_refused(read):
    with pytest.raises(DataError, match=r"^a.csv: must be cp1252 as source.encoding says, is UTF-8; take"):
        read("a.csv", TEXT, encoding="cp1252")
    assert read("a.csv", "id\n1\n", encoding="cp1252") == (["id"], {1: ("1",)}, [])


def test_a_byte_that_the_encoding_does_not_have_is_named(read):
    with pytest.raises(DataError, match=r"^a.csv: byte 8: must be cp1252, got 0x81; set source.encoding to what"):
        read("a.csv", b"id,x\n1,\x81\n", encoding="cp1252")


def test_utf16_without_a_mark_is_said_to_look_like_it(read):
    with pytest.raises(DataError, match=r'^a.csv: must be text, got bytes of 0: .* source.encoding = "utf-16-le"'):
        read("a.csv", TEXT.encode("utf-16-le"))

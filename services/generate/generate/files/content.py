"""The bytes of a file of text, unpacked and in UTF-8: packing and marks are known by its bytes, not by its name."""

from __future__ import annotations

import bz2
import codecs
import errno
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from contract.errors import DataError

EXCEL = "xl/workbook.xml"
PARQUET = b"PAR1"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_GZIP, _ZSTD, _ZIP, _BZ2, _XZ = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"BZh", b"\xfd7zXZ\x00"
_FAULTS = (EOFError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, NotImplementedError)
_UTF8 = {"utf-8", "ascii"}


def first_bytes(path: Path, count: int = 6) -> bytes:
    """The first bytes of a file as it lies there."""
    with path.open("rb") as file:
        return file.read(count)


def is_excel(path: Path) -> bool:
    """Whether a file is an Excel workbook (.xlsx), by its content."""
    if not first_bytes(path).startswith(_ZIP):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return EXCEL in archive.namelist()
    except zipfile.BadZipFile:
        return False


class Content:
    """The content of a file of text as UTF-8 without a mark before it."""

    def __init__(self, path: Path, name: str, encoding: str = "utf-8") -> None:
        """`encoding` is that of a file without a byte order mark."""
        self.path, self.name, self.declared = path, name, codecs.lookup(encoding).name
        with self._damage(), self._unpacked() as file:
            start = file.read(4)
        self.mark, self.encoding = next(
            ((mark, name) for mark, name in _MARKS if start.startswith(mark)), (b"", self.declared)
        )
        if not self.mark and self.encoding not in _UTF8 and not self.encoding.startswith("utf-16"):
            self._must_not_be_utf8()

    @contextmanager
    def open(self) -> Iterator[Any]:
        """A stream with `read`. Raises DataError for damage, and for bytes that the encoding does not have."""
        with self._damage(), self._unpacked() as file:
            file.read(len(self.mark))
            yield file if self.encoding in _UTF8 else _Recoded(file, self)

    @contextmanager
    def raw(self) -> Iterator[Any]:
        """A stream of the unpacked bytes as they are, the mark included."""
        with self._damage(), self._unpacked() as file:
            yield file

    @contextmanager
    def _unpacked(self) -> Iterator[IO[bytes] | Any]:
        start = first_bytes(self.path)
        if start.startswith(_GZIP):
            with gzip.open(self.path) as packed:
                yield packed
        elif start.startswith(_ZSTD):
            with pa.input_stream(str(self.path), compression="zstd") as packed:
                yield packed
        elif start.startswith(_BZ2):
            with bz2.open(self.path) as packed:
                yield packed
        elif start.startswith(_XZ):
            with lzma.open(self.path) as packed:
                yield packed
        elif start.startswith(_ZIP):
            with zipfile.ZipFile(self.path) as archive, archive.open(self._member(archive)) as packed:
                yield packed
        else:
            with self.path.open("rb") as plain:
                yield plain

    def _member(self, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
        members = [
            member
            for member in archive.infolist()
            if not member.is_dir() and not member.filename.rpartition("/")[2].startswith(".")
            if not member.filename.startswith("__MACOSX/")
        ]
        if len(members) != 1:
            names = ", ".join(member.filename for member in members[:5]) or "none"
            raise DataError(f"{self.name}: must hold one file, got {names}; put the files themselves there")
        if members[0].flag_bits & 1:
            raise DataError(f"{self.name}: must not be encrypted, {members[0].filename} is; unpack it")
        return members[0]

    def _must_not_be_utf8(self) -> None:
        """Raise DataError for UTF-8 under another name: each of its letters would be read as two."""
        decoder, letters = codecs.getincrementaldecoder("utf-8")(), False
        try:
            with self.raw() as file:
                while block := file.read(1 << 20):
                    letters = letters or not block.isascii()
                    decoder.decode(block)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return
        if letters:
            raise DataError(
                f"{self.name}: must be {self.declared} as source.encoding says, is UTF-8; "
                "take source.encoding away, or save the file in that encoding"
            )

    @contextmanager
    def _damage(self) -> Iterator[None]:
        try:
            yield
        except (*_FAULTS, pa.ArrowInvalid, OSError) as error:
            # a damaged archive asks for places before its beginning
            if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
                raise  # the disk's, not the file's
            raise DataError(f"{self.name}: must be a whole packed file, is damaged: {error}; write it again") from None


class _Recoded:
    """A stream in UTF-8 of one in another encoding."""

    def __init__(self, file: Any, content: Content) -> None:
        self._file, self._content, self._offset = file, content, 0
        self._decoder = codecs.getincrementaldecoder(content.encoding)()

    def read(self, count: int) -> bytes:
        """About so many bytes; none at the end."""
        while block := self._file.read(count):
            text = self._decode(block, final=False)
            self._offset += len(block)
            if text:
                return text
        return self._decode(b"", final=True)

    def _decode(self, block: bytes, *, final: bool) -> bytes:
        try:
            return self._decoder.decode(block, final).encode()
        except UnicodeError as error:
            start = getattr(error, "start", 0)
            wrong = block[start : start + 1].hex() or "its end"
            raise DataError(
                f"{self._content.name}: byte {self._offset + start + 1}: must be {self._content.encoding}, "
                f"got 0x{wrong}; set source.encoding to what the file is written in"
            ) from None

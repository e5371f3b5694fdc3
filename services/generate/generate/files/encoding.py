"""Which encoding the bytes of a text are in."""

from __future__ import annotations

import codecs
import re

from contract.errors import DataError
from generate.files.content import Content

WINDOWS, OLD = ("cp1252", "iso8859-15"), ("mac_roman", "cp850")
SEVERAL_BYTES = ("shift_jis", "cp932", "euc_jp", "gb2312", "gbk", "gb18030", "big5", "big5hkscs", "euc_kr", "cp949")
_SIGNS = "\\xa0-\\xa3\\xa5\\xa7\\xa9-\\xab\\xad\\xae\\xb0-\\xb7\\xba-\\xbd\\xbf\\xd7\u2013-\u2026\u2030\u20ac\u2122"
_LETTERS = "\\xc0-\\xcf\\xd1-\\xd6\\xd8-\\xdc\\xdf-\\xef\\xf1-\\xf6\\xf8-\\xfc\\xff\u0152\u0153"
# a sign between letters, or a capital within a word, is another encoding's letter
_ODD = re.compile(
    f"[^\\x00-\\x7f{_LETTERS}{_SIGNS}]"
    f"|[^\\W\\d_](?![\u2019\xb7\xad])[{_SIGNS}][^\\W\\d_]"
    "|[a-z\xdf-\xff][\xc0-\xde\u0152]"
)


def guessed(sample: bytes) -> str | None:
    """The encoding that a text without a mark is most likely in, by Python's name; None where nothing fits.

    Of encodings that hardly differ the western European ones are asked first: short texts of them are too little for
    statistics.
    """
    if _decodes(sample, "utf-8"):
        return "utf-8"
    foreign = b"\n".join(line for line in sample.split(b"\n") if not line.isascii())[:20_000]
    if western := _western(foreign, WINDOWS):
        return western
    import chardet  # noqa: PLC0415 - only for what is neither UTF-8 nor western

    found = chardet.detect(foreign)["encoding"]
    name = codecs.lookup(found).name if found and _decodes(foreign, found) else None
    # letters of two bytes look like signs of old machines, which are hardly met any more
    return name if name in SEVERAL_BYTES else _western(foreign, OLD) or name


def _western(foreign: bytes, encodings: tuple[str, ...]) -> str | None:
    for encoding in encodings:
        if (text := _decodes(foreign, encoding)) and not _ODD.search(text):
            return encoding
    return None


def _decodes(sample: bytes, encoding: str) -> str | None:
    try:
        # a sample may end within a letter
        return codecs.getincrementaldecoder(encoding)().decode(sample)
    except (UnicodeError, LookupError):
        return None


def must_be_utf8(content: Content) -> None:
    """Raise DataError for bytes that are not UTF-8, with their place and the encoding that they seem to be in."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset, line, sample = 0, 1, b""
    if content.encoding != "utf-8":
        return
    with content.raw() as file:
        while True:
            block = bytes(file.read(1 << 20))
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                start = error.start - pending
                line += block[: max(start, 0)].count(b"\n")
                found = guessed(sample[-1000:] + block)
                advice = (
                    f'it reads as {found}: set source.encoding = "{found}", or convert it '
                    f"(iconv -f {found.upper()} -t UTF-8)"
                    if found
                    else "set source.encoding to what it is written in, or convert it with iconv"
                )
                raise DataError(
                    f"{content.name}: line {line}, byte {offset + start + 1}: must be UTF-8, got "
                    f"0x{error.object[error.start]:02x} ({error.reason}); {advice}"
                ) from None
            if not block:
                return
            offset += len(block)
            line += block.count(b"\n")
            sample = block


def stray_line(text: bytes) -> bytes | None:
    """The first line that is not UTF-8 where most are; None where there is none, or where they are not."""
    lines = text.splitlines()
    strays = [line for line in lines if not _is_utf8(line)]
    return strays[0] if 0 < len(strays) < len(lines) / 2 else None


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

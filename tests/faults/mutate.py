"""Bytes as an unlucky or an evil hand leaves them: seeded, so that every failure can be had again."""

from __future__ import annotations

import random

TOKENS = [
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b"\r\n", b'"', b'""', b"'", b",", b",,,,", b";", b"\t", b"\\", b"{", b"}",
    b"[", b"]", b"[[", b"=", b"#", b"NaN", b"inf", b"-inf", b"1e999", b"-0", b"9223372036854775808", b"1" * 400, b"null", b"true",
    b"../../../../tmp/escaped", b"/etc/passwd", b"=cmd|' /C calc'!A0", b"\xed\xa0\x80", "é\u202e\u0000".encode(), b"1900-01-01",
    b"0000-00-00", b"{" * 3000, b"[" * 3000, b"PAR1", b"\x1f\x8b\x08", b"${HOME}", b"%s%n", b"A" * 70000,
]  # fmt: skip


def mutated(content: bytes, seed: int) -> bytes:
    """The content with one to eight changes."""
    chance = random.Random(seed)
    data = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.choice((1, 2, 8, 64, 1024)))
        match chance.randrange(7):
            case 0 if data:
                data[at % len(data)] ^= 1 << chance.randrange(8)
            case 1:
                data[at:at] = chance.choice(TOKENS)
            case 2:
                del data[at:end]
            case 3:
                data[at:end] = chance.choice(TOKENS)
            case 4:
                data[at:at] = data[at:end] * chance.randint(1, 20)
            case 5:
                data[at:at] = chance.randbytes(end - at)
            case 6:
                del data[at:]
    return bytes(data)

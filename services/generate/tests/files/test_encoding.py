import pytest

from contract.errors import DataError
from generate.files.encoding import guessed

TEXTS = {
    "Müller;Größe;5 \u20ac;Straße;Köln": ("cp1252", "iso8859-15", "mac_roman"),
    "Hélène;François;Besançon;Nîmes": ("cp1252",),
    "Málaga;Logroño;\xbfqué?": ("cp1252",),
    "Łukasz;Łódź;Żaneta;Kraków;Gdańsk": ("cp1250",),
    "Иван;Москва;Ольга;Казань;Пётр;Тверь": ("cp1251",),
    "山田;東京;佐藤;大阪;鈴木;名古屋": ("shift_jis",),
    "王伟;北京;李娜;上海;张敏;广州": ("gb18030",),
    "김철수;서울;이영희;부산": ("cp949",),
}


@pytest.mark.parametrize(("text", "encoding"), [(text, name) for text, names in TEXTS.items() for name in names])
def test_a_text_reads_as_it_was_written_in_the_guessed_encoding(text, encoding):
    lines = "id;name\n" + "".join(f"{number};{word}\n" for number, word in enumerate(text.split(";")))
    assert lines.encode(encoding).decode(guessed(lines.encode(encoding))) == lines


def test_ascii_and_utf8_are_utf8():
    assert guessed(b"abc") == "utf-8"
    assert guessed("Größe".encode()[:-1]) == "utf-8"


def test_the_message_names_the_encoding_and_the_setting(read):
    with pytest.raises(
        DataError, match=r'got 0xf6 .*it reads as cp1252: set source.encoding = "cp1252", or convert it'
    ):
        read("a.csv", "größe,b\n1,2\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"line 2, byte 7: .*it reads as cp1252"):
        read("a.csv", "a,b\n1,5 \u20ac\n".encode("cp1252").replace(b"5 ", b""))

import re
from html.parser import HTMLParser

import pytest

from generate.infer.inference import look_at
from generate.infer.inputs import open_files
from generate.infer.page.page import page_of


@pytest.fixture
def page(tmp_path):
    """Makes the page of a table of texts; the file is called orders.csv."""

    def make(columns, target="y", name="orders"):
        path = tmp_path / "orders.csv"
        lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
        path.write_text("\n".join(lines), encoding="utf-8")
        seen = look_at(open_files([path]), target)
        return page_of(seen.schema, seen.columns, seen.sample, seen.form, name=name)

    return make


@pytest.fixture
def columns():
    return {
        "order_id": [f"o{number}" for number in range(100)],
        "size": [number / 2 for number in range(100)],
        "when": [f"{number % 28 + 1}.11.2026 09:00" for number in range(100)],
        "plan": ["a", "b"] * 50,
        "note": [f"the {number}th of many words" for number in range(100)],
        "same": ["x"] * 100,
        "y": ["no", "no", "yes", "no"] * 25,
    }


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.open, self.text, self.addresses = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "link", "rect", "br"}:
            self.open.append(tag)
        self.addresses += [value for name, value in attrs if name in {"href", "src"}]

    def handle_startendtag(self, tag, attrs):
        self.addresses += [value for name, value in attrs if name in {"href", "src"}]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def words(page):
    return " ".join(" ".join(Tags(page).text).split())


def test_each_column_is_drawn_with_what_was_guessed_and_why(page, columns):
    made = page(columns)
    assert Tags(made).open == []
    text = words(made)
    assert "Binary: y from 4 columns." in text
    assert 'size feature: type = "number" 100 distinct, 0 to 49.5' in text
    assert 'when feature: type = "datetime", format = "%d.%m.%Y %H:%M"' in text
    assert "2026-11-01 09:00 2026-11-28 09:00" in text
    assert 'note feature: type = "text"' in text
    assert "no 75 % yes 25 %" in text
    assert made.count("<svg") == len(columns)


def test_what_is_left_out_is_told_with_its_reason(page, columns):
    text = words(page(columns))
    assert "Left out No model sees these. Where one of them tells something about y, give it" in text
    assert "what it may cost same always 'x' nothing, as long as it is the same" in text


def test_suspicions_stand_together_and_at_their_columns(page, columns):
    leak = ["1" if label == "yes" else "0" for label in columns["y"]]
    text = words(page(columns | {"leak": leak}))
    doubt = "tells 'y' alone (balanced accuracy 1.000): is it known when a prediction is asked for?"
    assert f"leak {doubt}" in text
    assert f"look: {doubt}" in text
    assert "Suspicions None." in words(
        page({name: columns[name] for name in ("order_id", "size")} | {"y": ["no", "yes"] * 50})
    )


def test_the_page_is_one_file_that_fetches_nothing_and_has_light_and_dark(page, columns):
    made = page(columns)
    assert [address for address in Tags(made).addresses if not address.startswith("data:")] == []
    assert "<script" not in made
    assert "prefers-color-scheme: dark" in made
    assert "http" not in re.sub(r'http-equiv="[^"]*"', "", made)


def test_what_a_file_holds_is_shown_as_text(page, columns):
    made = page(columns | {"<b>": ["<i>", "&"] * 50}, name="<u>")
    assert not {"<b>", "<i>", "<u>"} & set(re.findall(r"<[biu]>", made))
    assert "<b>" in words(made)


def test_the_same_table_gives_the_same_page(page, columns):
    assert page(columns) == page(columns)

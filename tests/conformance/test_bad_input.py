"""Bad input from outside, brought in through the inbox: who refuses it, with which code, in which words.

A message names the file, the row or the column, the rule and the value; after it nothing is half-written.
"""

from dataclasses import dataclass, field

import pytest
from images import STEPS, give_to_owner, missing, run

DAY = "2026-03-02"
CONFIG = """
[source]
kind = "files"

[table]
key = "id"
target = "bought"
task = "binary"
positive = "yes"
max_rejected_fraction = 0.0
on_new_category = "reject"

[columns.id]
type = "text"
role = "ignore"

[columns.price]
type = "number"
min = 0

[columns.colour]
type = "category"
values = ["red", "blue"]

[columns.bought]
type = "category"
values = ["no", "yes"]

[training]
window_days = 1

[[training.candidates]]
name = "linear"
estimator = "sklearn.linear_model.LogisticRegression"

[schedule]
first_day = 2026-03-01
"""
HEADER = "id,price,colour,bought\n"


def rows(count=60):
    return [
        f"K{number},{number % 17}.5,{('red', 'blue')[number % 2]},{('no', 'yes')[number % 3 == 0]}\n"
        for number in range(count)
    ]


def good():
    return (HEADER + "".join(rows())).encode()


def with_row(row, at=6):
    """The good file with one row replaced; `at` counts data rows from 1."""
    lines = rows()
    lines[at - 1] = row + "\n"
    return (HEADER + "".join(lines)).encode()


def without_column(index):
    lines = [HEADER, *rows()]
    return "".join(
        ",".join(v for i, v in enumerate(line.strip().split(",")) if i != index) + "\n" for line in lines
    ).encode()


def with_column():
    lines = [HEADER, *rows()]
    return "".join(line.strip() + (",shoe_size\n" if n == 0 else ",43\n") for n, line in enumerate(lines)).encode()


@dataclass(frozen=True)
class Bad:
    """What is wrong, the step that refuses it, and what its message must say."""

    fault: str
    step: str
    code: int
    says: tuple[str, ...]
    files: dict[str, bytes] = field(default_factory=lambda: {"a.csv": good()})
    config: tuple[str, str] = ("", "")
    """A text of CONFIG and what stands there instead."""
    day: str = DAY


INBOX = f"inbox/{DAY}/a.csv"
CASES = [
    Bad("missing column", "generate", 65, (INBOX, "'price'"), {"a.csv": without_column(1)}),
    Bad("extra column", "generate", 65, (INBOX, "'shoe_size'"), {"a.csv": with_column()}),
    Bad(
        "text in a number",
        "preprocess",
        65,
        (INBOX, "row 6", "price", "number", "'cheap'"),
        {"a.csv": with_row("K5,cheap,red,no")},
    ),
    Bad(
        "a number out of range",
        "preprocess",
        65,
        (INBOX, "row 6", "price", "below 0", "'-3'"),
        {"a.csv": with_row("K5,-3,red,no")},
    ),
    Bad(
        "unknown category",
        "preprocess",
        65,
        (INBOX, "row 6", "colour", "'purple'"),
        {"a.csv": with_row("K5,1,purple,no")},
    ),
    Bad(
        *(
            "all rows bad",
            "preprocess",
            65,
            (INBOX, "60", "price", "row 1"),
            {"a.csv": (HEADER + "".join(f"K{n},much,red,no\n" for n in range(60))).encode()},
        ),
        ("max_rejected_fraction = 0.0", "max_rejected_fraction = 1.0"),
    ),
    Bad("empty file", "generate", 65, (INBOX, "empty"), {"a.csv": b""}),
    Bad("truncated CSV", "generate", 65, (INBOX, "row 60"), {"a.csv": good()[:-12]}),
    Bad(
        "truncated Parquet",
        "generate",
        65,
        (f"inbox/{DAY}/a.parquet", "truncated"),
        {"a.parquet": b"PAR1" + bytes(500)},
    ),
    Bad(
        "not UTF-8",
        "generate",
        65,
        (INBOX, "line 7", "UTF-8", "0xfc"),
        {"a.csv": with_row("K5,1,gr\u00fcn,no").decode().encode("latin-1")},
    ),
    Bad("no file for the day", "generate", 66, (f"inbox/{DAY}",), {}),
    Bad("no target for the day", "train", 66, (DAY, "bought"), {"a.csv": without_column(3)}),
    Bad("a day that does not exist", "generate", 64, ("--day", "calendar", "'2026-02-30'"), day="2026-02-30"),
    Bad("a malformed day", "generate", 64, ("--day", "YYYY-MM-DD", "'02.03.2026'"), day="02.03.2026"),
    Bad(
        "a wrong key",
        "generate",
        78,
        ("pipeline.toml", "training.window_day ", "did you mean 'window_days'?"),
        config=("window_days", "window_day "),
    ),
    Bad(
        "an unknown estimator",
        "train",
        78,
        ("training.candidates", "sklearn.linear_model.LogisticRegresion", "LogisticRegression'?"),
        config=("LogisticRegression", "LogisticRegresion"),
    ),
]


def left_behind(root, step):
    """Datasets of the step, and unfinished files of anyone, below the data root."""
    folders = {"generate": "raw", "preprocess": "processed", "train": "models"}
    manifests = (root / folders[step]).rglob("manifest.json")
    return sorted(str(path.relative_to(root)) for path in (*manifests, *root.rglob(".*")) if path.name != ".locks")


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.fault)
def test_bad_input_is_refused_in_words_that_help(bad, tmp_path):
    before = STEPS[: STEPS.index(bad.step)]
    for step in (*before, bad.step):
        if missing(step):
            pytest.skip(f"the image microstep-{step} is not built (make build)")
    root, config = tmp_path / "data", tmp_path / "pipeline.toml"
    inbox = root / "inbox" / DAY
    inbox.mkdir(parents=True)
    for name, content in bad.files.items():
        (inbox / name).write_bytes(content)
    give_to_owner(root)
    old, new = bad.config
    assert old in CONFIG
    config.write_text(CONFIG.replace(old, new, 1) if old else CONFIG)
    for step in before:
        ended = run(step, "--day", bad.day, data=root, config=config)
        assert ended.code == 0, ended.err
    ended = run(bad.step, "--day", bad.day, data=root, config=config)
    assert ended.code == bad.code, ended.err
    message = ended.err.strip().splitlines()[-1]
    assert [word for word in bad.says if word not in message] == [], message
    assert "Traceback" not in ended.err
    assert left_behind(root, bad.step) == []


def test_without_anything_wrong_the_same_steps_accept_the_same_table(tmp_path):
    """So that every refusal above is about its own cause."""
    root, config = tmp_path / "data", tmp_path / "pipeline.toml"
    (root / "inbox" / DAY).mkdir(parents=True)
    (root / "inbox" / DAY / "a.csv").write_bytes(good())
    give_to_owner(root)
    config.write_text(CONFIG)
    for step in ("generate", "preprocess", "train"):
        if missing(step):
            pytest.skip(f"the image microstep-{step} is not built (make build)")
        ended = run(step, "--day", DAY, data=root, config=config)
        assert ended.code == 0, ended.err

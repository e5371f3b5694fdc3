"""Every parser of bytes from outside gets bytes that nobody meant: an end with a code of ours, bounded memory, no trace.

`MICROSTEP_FUZZ` inputs for each parser (100 by default), each in a process of its own.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from mutate import mutated
from steps import DAY, ROOT, copied

INPUTS = int(os.environ.get("MICROSTEP_FUZZ", "100"))
MEMORY = 500
"""MB that a step may take for a few kilobytes of input, most of it its libraries."""
OURS = {0, 64, 65, 66, 77, 78, 80}


CSV = "customer_id,age,note,data_gb,since,churned\n" + "".join(
    f'c{n},{n % 90},"a ""b""",{n}.5,2026-01-0{n % 9 + 1},{"yes" if n % 3 else "no"}\n' for n in range(60)
)
TABLE = """
[source]
kind = "files"

[table]
key = "customer_id"
target = "churned"
task = "binary"
positive = "yes"

[columns]
customer_id = { type = "text", role = "ignore" }
age = { type = "integer", min = 0 }
note = { type = "category" }
data_gb = { type = "number" }
since = { type = "text", role = "ignore" }
churned = { type = "category", values = ["no", "yes"] }

[[training.candidates]]
name = "linear"
estimator = "sklearn.linear_model.LogisticRegression"

[schedule]
first_day = 2026-01-01
"""


def parquet(scratch):
    """The same rows as Parquet."""
    (scratch / "a.csv").write_text(CSV)
    code = "import sys, pyarrow.csv as c, pyarrow.parquet as p; p.write_table(c.read_csv(sys.argv[1]), sys.argv[2])"
    python = ROOT / ".venvs" / "generate" / "bin" / "python"
    subprocess.run([python, "-c", code, scratch / "a.csv", scratch / "a.parquet"], check=True)
    return (scratch / "a.parquet").read_bytes()


@pytest.fixture(scope="module")
def cases(stories, tmp_path_factory):
    """By parser: the step, its words, the file that is changed, and its honest bytes."""
    before = {step: story.before for step, story in stories.items()}
    inbox = f"inbox/{DAY}"
    manifest = f"raw/{DAY}/data/manifest.json"
    return {
        "CSV": ("generate", [], f"{inbox}/a.csv", CSV.encode()),
        "Parquet": ("generate", [], f"{inbox}/a.parquet", parquet(tmp_path_factory.mktemp("parquet"))),
        "pipeline.toml": ("preprocess", [], "pipeline.toml", stories["preprocess"].config.read_bytes()),
        "manifest": ("preprocess", [], manifest, (before["preprocess"] / manifest).read_bytes()),
        "pointer": ("predict", [], "models/champion.json", (before["predict"] / "models/champion.json").read_bytes()),
        "ledger": ("validate", ["history"], "ledger.jsonl", (before["predict"] / "ledger.jsonl").read_bytes()),
    }


def answer(ended):
    """What ended alike: the code, and how many warnings there were."""
    return ended.code, ended.output.count("WARNING")


@pytest.mark.parametrize("parser", ["CSV", "Parquet", "pipeline.toml", "manifest", "pointer", "ledger"])
def test_no_bytes_crash_a_parser_or_get_out_of_the_data_root(runners, stories, cases, tmp_path, counts, parser):
    step, words, name, honest = cases[parser]
    folder = tmp_path / "place"
    root = copied(stories[step].before, folder / "root")
    config = folder / "pipeline.toml"
    config.write_text(TABLE if step == "generate" else stories[step].config.read_text())
    if step == "generate":
        (root / "inbox" / DAY).mkdir(parents=True)
        (root / "inbox" / DAY / "_SUCCESS").touch()
    target = config if parser == "pipeline.toml" else root / name
    around = sorted(path.name for path in folder.iterdir())
    target.unlink(missing_ok=True)
    target.write_bytes(honest)
    assert runners[step].run(root, config, words=words).code == 0, "what is changed is good before"
    good = runners[step].run(root, config, words=words)  # done already, as it is for most of what comes
    ends: dict[int, int] = {}
    answers: set[tuple[int, int]] = set()
    most = 0
    for seed in range(INPUTS):
        target.unlink(missing_ok=True)
        target.write_bytes(mutated(honest, seed))
        ended = runners[step].run(root, config, words=words)
        where = f"{parser}, seed {seed}: exit {ended.code}\n{ended.output}"
        assert ended.code in OURS, where
        assert "a bug in" not in ended.output, where
        assert ended.memory < MEMORY, f"{ended.memory} MB: {where}"
        ends[ended.code] = ends.get(ended.code, 0) + 1
        # what the ledger makes up for, such as a damaged pointer, costs a warning and no run
        answers.add(answer(ended))
        most = max(most, ended.memory)
    assert sorted(path.name for path in folder.iterdir()) == around
    assert not Path("/tmp/escaped").exists()
    assert answers != {answer(good)}, "every input ended as the good one: nothing was parsed"
    shutil.rmtree(folder)
    counts("fuzzed inputs", parser, INPUTS, f"exits {dict(sorted(ends.items()))}, at most {most} MB")

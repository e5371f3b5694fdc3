"""`make try` on tables that scikit-learn brings along, on 50,000 made-up rows, and on files of your own.

try_tables.py [FILE:TARGET …]      a line for each table: seconds, metric, verdict
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUNDLED = ("iris", "breast_cancer", "diabetes", "wine")
MADE = "made_50000"
_WRITE = """
import sys
from sklearn import datasets
import numpy as np, pandas as pd
name, path = sys.argv[1:]
if name == "made_50000":
    x, y = datasets.make_classification(50_000, 20, n_informative=8, n_redundant=4, flip_y=0.1, random_state=0)
    table = pd.DataFrame(x.round(4), columns=[f"x{number}" for number in range(20)])
    table["plan"] = np.array(["a", "b", "c"])[np.searchsorted([-1, 1], x[:, 0])]
    minutes = np.sort(np.random.default_rng(0).integers(0, 2 * 365 * 24 * 60, 50_000))
    table.insert(0, "created", pd.Timestamp("2024-01-01") + pd.to_timedelta(minutes, "min"))
    table.insert(0, "order_id", [f"A{number:06}" for number in range(50_000)])
    table["target"] = np.where(y, "yes", "no")
else:
    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    table = bunch.frame
    if "target_names" in bunch and name != "diabetes":
        table["target"] = np.asarray(bunch.target_names)[table["target"]]
table.to_csv(path, index=False)
"""


def written(name: str, folder: Path) -> Path:
    """A table as a CSV file, by scikit-learn itself."""
    path = folder / f"{name}.csv"
    python = ROOT / ".venvs" / "train" / "bin" / "python"
    subprocess.run([python, "-c", _WRITE, name, path], check=True)
    return path


def tried(file: Path, target: str) -> tuple[str, str, str, str]:
    """Seconds, the gate's score, the live score and the verdict of one table."""
    done = subprocess.run(
        ["make", "--no-print-directory", "try", f"FILE={file}", f"TARGET={target}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return "", "", "", (done.stderr.strip().splitlines() or ["?"])[0]
    lines = dict(re.findall(r"^(\w+) +(.*)$", done.stdout, re.MULTILINE))
    seconds = re.search(r"took (\d+) s", done.stdout)
    metric = lines["metric"].partition(":")[0]
    return (
        seconds[1] if seconds else "",
        f"{metric} {lines['judged'].partition(' on ')[0]}",
        lines.get("live", "").partition(" on ")[0],
        lines["verdict"].partition(":")[0],
    )


def main() -> None:
    """Print the table."""
    subprocess.run([ROOT / "dev" / "env", "generate", "preprocess", "train", "validate", "predict"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        tables = [(written(name, Path(folder)), "target") for name in (*BUNDLED, MADE)]
        own = [argument.rpartition(":") for argument in sys.argv[1:]]
        tables += [(Path(file), target) for file, _, target in own]
        print("| table | seconds | judged | on the last day | verdict |\n|---|---|---|---|---|")
        for file, target in tables:
            seconds, judged, live, verdict = tried(file, target)
            print(f"| {file.stem} | {seconds} | {judged} | {live} | {verdict} |", flush=True)


if __name__ == "__main__":
    main()

"""Have days done, from one to another, both included: runs of Airflow's DAGs, which look at each day themselves."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date

from checkout.compose import compose, is_up
from checkout.ending import UNAVAILABLE, USAGE, end_tidily_when_asked_to, refuse
from checkout.ownership import must_be_ours
from pipelines.places import chosen, dag_of

DAGS = ("generate", "predict", "train")
USUAL = ("generate", "predict")
"""predict waits for each day's data, so both may be asked for at once."""


def day(name: str, text: str) -> str:
    """A day as Airflow is asked for it; ends this program for what is none. A moment has a time zone, a day has not."""
    try:
        known = date.fromisoformat(text).isoformat()
    except ValueError:
        known = None
    if known != text:
        refuse(USAGE, f"{name}: must be a day, written YYYY-MM-DD, got {text!r}")
    return text


def main() -> int:
    """Start a run of each DAG; Airflow judges what is asked for."""
    end_tidily_when_asked_to()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", metavar="FROM")
    parser.add_argument("last", metavar="TO")
    parser.add_argument("--dag", choices=DAGS, help="only this DAG (default: generate and predict)")
    parser.add_argument("--pipeline", help="the pipeline, where there are several")
    parser.add_argument("--force", action="store_true", help="also do again what is up to date")
    args = parser.parse_args()
    conf = {"from": day("FROM", args.first), "to": day("TO", args.last)} | ({"force": True} if args.force else {})
    pipeline = chosen(args.pipeline)
    must_be_ours()
    if not is_up():
        refuse(UNAVAILABLE, "the stack is not up; type: make up")
    for dag in (args.dag,) if args.dag else USUAL:
        dag_id = dag_of(pipeline, dag)
        words = ("airflow", "dags", "trigger", dag_id, "--conf", json.dumps(conf))
        done = compose("exec", "-T", "airflow-scheduler", *words, check=False)
        if done.returncode:
            # the last line is the judgement, what is before it Airflow's way to it
            refuse(USAGE, (done.stderr.strip() or done.stdout.strip()).splitlines()[-1])
        print(f"{dag_id}: started for {args.first} to {args.last}; its page in Airflow shows each day")
    return 0


if __name__ == "__main__":
    sys.exit(main())

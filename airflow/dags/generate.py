"""Let a day's data in, and what lacks of the days before.

Every day: **days** looks which of the last `schedule.catch_up_days` lack something, or have another inbox or, by now,
other labels than when they were read. Then, for each of them and for the run's own day, whatever becomes of the others:
wait for the inbox (only with `source.kind = "files"`), **generate**. Days that got labels of `inbox/labels/` on the way
are generated again, at once. Once there is a whole window and no champion that answers what `pipeline.toml` asks,
**first_training** starts the DAG `train`, whatever day it is.

| task | reads | writes |
|---|---|---|
| `days` | `inbox/`, `raw/` | the days of the run |
| `wait_for_inbox`, for each day | `inbox/<each day>/_SUCCESS` or `_EMPTY` | |
| `generate`, for each day | `inbox/<each day>/`, a database, or nothing | `raw/<each day>/{data,target}/` |
| `days_with_labels` | `inbox/` | the days that got labels of `inbox/labels/` meanwhile |
| `generate_again`, for each of them | `inbox/<each day>/` | `raw/<each day>/target/` |
| `all_days` | | nothing: it fails the run where a day failed |
| `first_training` | `raw/<each day of the window>/`, `models/champion.json` | a run of `train` |

The run's own day is the one that has just ended; for a run by hand, give `day`, or `from` and `to`.
"""

from airflow.sdk import chain

from contract.config.source import Files
from microstep_airflow.dag_factory import DagFactory

for factory in DagFactory.each():
    with factory.dag("generate", factory.config.schedule.generate, __doc__):
        days = factory.days_of_run("generate")
        waits = ["inbox"] if isinstance(factory.config.source, Files) else []
        each_day = factory.each_day(days, waits=waits, steps=["generate"])
        all_days = factory.all_days()
        chain(each_day, all_days)
        chain(each_day, *factory.days_with_labels(), [all_days, factory.first_training()])

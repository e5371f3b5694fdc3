"""Score a day with the champion, and the days before that have no predictions.

Every day: **days** looks which of the last `schedule.catch_up_days` have rows, or are about to, and no predictions of
these rows. Wait for a champion (a scheduled run is skipped where none can be there yet); then, for each of them and for
the run's own day, whatever becomes of the others: wait for the day's data, **preprocess**, **predict**.

| task | reads | writes |
|---|---|---|
| `days` | `inbox/`, `raw/`, `predictions/` | the days of the run |
| `wait_for_champion` | `models/champion.json` | |
| `wait_for_raw_data`, for each day | `raw/<each day>/data/manifest.json` | |
| `preprocess`, for each day | `raw/<each day>/` | `processed/<each day>/` |
| `predict`, for each day | `processed/<each day>/`, champion | `predictions/<each day>/`, `reports/predict/…/` |

Drift is measured on the way and told by mail when it begins, not every day; one mail tells which days were caught up.

The run's own day is the one that has just ended; for a run by hand, give `day`, or `from` and `to`.
"""

from airflow.sdk import chain

from microstep_airflow.dag_factory import DagFactory

for factory in DagFactory.each():
    with factory.dag("predict", factory.config.schedule.predict, __doc__):
        days = factory.days_of_run("predict")
        each_day = factory.each_day(days, waits=["raw_data"], steps=["preprocess", "predict"])
        chain(days, factory.wait_for("champion"), each_day)

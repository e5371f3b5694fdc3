"""Score a day with the champion.

Every day: wait for the day's data and for a champion, **preprocess**, **predict**.

| task | reads | writes |
|---|---|---|
| `wait_for_raw_data` | `raw/<day>/data/manifest.json` | |
| `wait_for_champion` | `models/champion.json` | |
| `preprocess` | `raw/<day>/` | `processed/<day>/` |
| `predict` | `processed/<day>/`, `models/champion.json` | `predictions/<day>/`, `reports/predict/<day>/` |

Drift is measured on the way and told by mail when it begins, not every day.

The day is the one that has just ended; for a run by hand, give `day`.
"""

from airflow.sdk import chain

from microstep_airflow.dag_factory import DagFactory

factory = DagFactory.open()

with factory.dag("predict", factory.config.schedule.predict, __doc__):
    arrived = [factory.wait_for(artifact) for artifact in ("raw_data", "champion")]
    chain(arrived, factory.step("preprocess"), factory.step("predict"))

"""Let a day's data in.

Every day: wait for the inbox (only with `source.kind = "files"`), then **generate**.

| task | reads | writes |
|---|---|---|
| `wait_for_inbox` | `inbox/<day>/_SUCCESS` | |
| `generate` | `inbox/<day>/`, a database, or nothing | `raw/<day>/data/`, `raw/<day>/target/` |

The day is the one that has just ended; for a run by hand, give `day`.
"""

from airflow.sdk import chain

from contract.config.data import Files
from microstep_airflow.dag_factory import House

house = House.open()

with house.dag("generate", house.config.schedule.generate, __doc__):
    waits = [house.wait_for("inbox")] if isinstance(house.config.source, Files) else []
    chain(*waits, house.step("generate"))

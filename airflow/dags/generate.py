"""Let a day's data in.

Every day: wait for the inbox (only with `source.kind = "files"`), then **generate**.

| task | reads | writes |
|---|---|---|
| `wait_for_inbox` | `inbox/<day>/_SUCCESS` | |
| `generate` | `inbox/<day>/`, a database, or nothing | `raw/<day>/data/`, `raw/<day>/target/` |

The day is the one that has just ended; for a run by hand, give `day`.
"""

from airflow.sdk import chain

from contract.config.source import Files
from microstep_airflow.dag_factory import DagFactory

factory = DagFactory.open()

with factory.dag("generate", factory.config.schedule.generate, __doc__):
    waits = [factory.wait_for("inbox")] if isinstance(factory.config.source, Files) else []
    chain(*waits, factory.step("generate"))

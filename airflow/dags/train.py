"""Train a challenger, and promote it or refuse it.

Every week: wait until data and target of every day in the window are there, **preprocess** each day that is,
**train**, **validate**. After the wait it goes on without days that lack, when `training.min_days` are there.
A refused challenger is skipped, not failed, and told by mail. With `gate.approval = "manual"` a challenger that passed
waits for a person's answer (Required Actions, in this page), which `decide` carries out.

| task | reads | writes |
|---|---|---|
| `window` | `pipeline.toml` | the days of the window |
| `wait_for_raw_data`, `wait_for_raw_target` | `raw/<each day>/{data,target}/manifest.json` | |
| `there` | `raw/<each day>/` | the days that train |
| `preprocess`, for each day | `raw/<each day>/` | `processed/<each day>/` |
| `train` | `processed/<each day>/` | `models/<day>/` |
| `validate` | `models/<day>/`, `processed/<each day>/` | champion, ledger, `reports/train/<day>/` |
| `ask` | `reports/train/<day>/` | |
| `decide` | the answer, `models/<day>/` | champion, ledger, `reports/train/<day>/` |
| `trainings`, `train_each_day` | `from` and `to` of a run by hand | a run for each training of these days |

The day is the one that has just ended; for a run by hand, give `day`, or `from` and `to`.
"""

from airflow.sdk import chain

from microstep_airflow.dag_factory import DagFactory

for factory in DagFactory.each():
    with factory.dag("train", factory.config.schedule.train, __doc__, needs_approval=factory.needs_approval):
        days = factory.training_window()
        arrived = [factory.wait_for_each(artifact, days=days) for artifact in ("raw_data", "raw_target")]
        approval = factory.approval() if factory.needs_approval else ()
        there = factory.days_that_train(days)
        preprocess = factory.step_for_each("preprocess", days=there)
        chain(arrived, there, preprocess, factory.step("train"), factory.step("validate"), *approval)
        factory.train_each_day()

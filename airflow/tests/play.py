"""Play DAG runs with `dag.test()`, one after the other, in a process of their own; argv: dag=day …

Prints one line of JSON per run: {"dag", "state", "tasks": {"preprocess_1": "success", …}}.
"""

import json
import sys

from airflow.dag_processing.dagbag import DagBag


def play(name, day):
    dag = DagBag(f"{FOLDER}/{name}.py").dags[name]
    run = dag.test(logical_date=None, run_conf={"day": day})
    tasks = {
        ti.task_id if ti.map_index < 0 else f"{ti.task_id}_{ti.map_index}": str(ti.state)
        for ti in run.get_task_instances()
    }
    return {"dag": name, "state": str(run.state), "tasks": tasks}


FOLDER, *runs = sys.argv[1:]
for each in runs:
    print("PLAYED " + json.dumps(play(*each.split("="))), flush=True)

"""Play DAG runs with `dag.test()`, one after the other, in a process of their own; argv: the folder, then dag=day …

Prints one line of JSON per run: {"dag", "state", "tasks": {"preprocess_1": "success", …}}. A question to a person is
answered as a person would, in Airflow's API, with the answer that follows the day: dag=day=answer=why.
"""

import json
import os
import sys
import threading
import time
import traceback

from airflow.dag_processing.dagbag import DagBag


def play(name, day, *answer):
    if answer:
        threading.Thread(target=give_or_end, args=answer, daemon=True).start()
    dag = DagBag(f"{FOLDER}/{name}.py").dags[name]
    dag.deadline = None  # dag.test() stores none, and would look for it
    run = dag.test(logical_date=None, run_conf={"day": day})
    tasks = {
        ti.task_id if ti.map_index < 0 else f"{ti.task_id}_{ti.map_index}": str(ti.state)
        for ti in run.get_task_instances()
    }
    return {"dag": name, "state": str(run.state), "tasks": tasks}


def give(option, why):
    """Answer the one question that is open, by the function behind the API's PATCH … /hitlDetails."""
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
    from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail
    from airflow.models.hitl import HITLDetail
    from airflow.utils.session import create_session
    from sqlalchemy import select

    payload = UpdateHITLDetailPayload(chosen_options=[option], params_input={"why": why} if why else {})
    user = SimpleAuthManagerUser(username="ada", role="admin")
    while True:
        with create_session() as session:
            asked = session.scalar(select(HITLDetail).where(HITLDetail.responded_at.is_(None)))
            if asked is not None and asked.task_instance.state == "awaiting_input":
                print("ASKED " + json.dumps([asked.subject, asked.body]), flush=True)
                ti = asked.task_instance
                update_hitl_detail(ti.dag_id, ti.run_id, ti.task_id, payload, user, session)
                return
        time.sleep(0.2)


def give_or_end(*answer):
    """Without an answer the run would wait for days."""
    try:
        give(*answer)
    except Exception:  # noqa: BLE001 - whatever it is, nobody waits for it
        traceback.print_exc()
        os._exit(1)


FOLDER, *runs = sys.argv[1:]
for each in runs:
    print("PLAYED " + json.dumps(play(*each.split("=", 3))), flush=True)

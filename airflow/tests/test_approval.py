from microstep_airflow.alerts.step_reports import Verdict
from microstep_airflow.approval import question


def test_what_came_from_data_is_no_markup_in_the_question():
    rules = [("passed", "contract=![x](http://a.example/pixel) <b>bold</b> `code` \x1b[2J drops by 0.01")]
    page = question(Verdict("proposed", "", "roc_auc", "0.86", rules, "report.html"), 6)
    assert r"contract=\!\[x\](http://a.example/pixel) \<b\>bold\</b\> \`code\`" in page
    assert "\x1b" not in page
    assert page.startswith("It passed the gate. **roc_auc** 0.86.\n\n- passed: contract")

import subprocess
import sys


def test_deciding_by_it_loads_no_heavy_library():
    program = "import sys, analysis.record.predicted_for; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert {"numpy", "pyarrow", "pandas"} & set(loaded) == set()
    assert "analysis.record.predicted_for" in loaded

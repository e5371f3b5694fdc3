import hashlib
import os
import subprocess
import sys
from pathlib import Path

DAY = "2026-11-22"
SHIPPED = Path(__file__).parents[3] / "pipeline.toml"
SETTINGS = [
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "123", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"},
]


def shell(root, config, settings, *options):
    argv = [sys.executable, "-m", "generate", "--day", DAY, "--data-root", str(root), "--config", str(config), *options]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MICROSTEP_")}
    return subprocess.run(argv, env=clean | settings, check=False, capture_output=True, text=True, encoding="utf-8")


def parts(root):
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((root / "raw").rglob("part-*"))
    }


def test_the_shipped_configuration_gives_the_same_bytes_on_every_machine_and_with_force(tmp_path):
    made = []
    for number, settings in enumerate(SETTINGS):
        root = tmp_path / str(number)
        root.mkdir()
        for options in ([], ["--force"]):
            assert shell(root, SHIPPED, settings, *options).returncode == 0
            made.append(parts(root))
    assert len(made[0]) == 2
    assert all(files == made[0] for files in made)


def test_files_give_the_same_bytes_and_infer_the_same_text_on_every_machine(tmp_path):
    text = "id,größe,y\n" + "".join(f"k{number},{number / 7},{'ä' if number % 3 else 'b'}\n" for number in range(60))
    made, configs = [], []
    for number, settings in enumerate(SETTINGS):
        root, config = tmp_path / str(number), tmp_path / f"{number}.toml"
        (root / "inbox" / DAY).mkdir(parents=True)
        file = root / "inbox" / DAY / "größen.csv"
        file.write_text(text, encoding="utf-8")
        infer = ["infer", str(file), "--target", "y", "--output", str(config)]
        assert shell(root, config, settings, *infer).returncode == 0
        ended = shell(root, config, settings)
        assert ended.returncode == 0, ended.stderr
        configs.append(config.read_bytes())
        made.append(parts(root))
    assert configs[0] == configs[1]
    assert len(made[0]) == 2
    assert made[0] == made[1]


def test_a_day_that_is_up_to_date_imports_nothing_heavy(root):
    shell(root, SHIPPED, {})
    program = f"""
import sys
sys.argv = ["generate", "--day", "{DAY}", "--data-root", "{root}", "--config", "{SHIPPED}"]
from generate.__main__ import main
code = main()
print(code, *[name for name in ("pyarrow", "numpy", "sqlalchemy") if name in sys.modules])
"""
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ended.stderr.count("up to date") == 2
    assert ended.stdout.split() == ["0"]

"""What `make mutation` goes by: which tests belong to which module, which survivors are accepted."""

import yaml
from support import ROOT

FOLDER = ROOT / "workflow/scripts/thousandfold/inference"


def read(name):
    return yaml.safe_load((ROOT / "tests/mutation" / name).read_text(encoding="utf-8"))


def test_every_module_has_test_files():
    files = {path.relative_to(FOLDER) for path in FOLDER.rglob("*.py") if path.stem != "__init__"}
    modules = read("modules.yaml")
    assert set(modules) == {".".join(file.with_suffix("").parts) for file in files}
    for tests in modules.values():
        assert tests
        assert all((ROOT / f"tests/unit/{test}.py").is_file() for test in tests)


def test_every_accepted_survivor_is_of_a_line_that_is_there():
    for entry in read("survivors.yaml"):
        assert set(entry) == {"module", "line", "mutant", "reason"}
        file = FOLDER / f"{entry['module'].replace('.', '/')}.py"
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
        assert set(entry["line"].strip().splitlines()) <= set(lines), entry["line"]

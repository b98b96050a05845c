"""What the tests of a sheet cost is compared with its budget."""

import importlib.util
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).parents[1] / "benchmarks" / "suite.py"


@pytest.fixture
def status(tmp_path, monkeypatch):
    """The status with which the benchmark ends on tests of a file, a name and a computing time."""
    spec = importlib.util.spec_from_file_location("suite_costs", PATH)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # where dataclasses look
    spec.loader.exec_module(module)

    def run(*tests: tuple[str, str, float]) -> int:
        cases = "".join(
            f'<testcase classname="{file}" name="{name}" time="1000"><properties>'
            f'<property name="computed" value="{seconds}"/></properties></testcase>'
            for file, name, seconds in tests
        )
        path = tmp_path / "times.xml"
        path.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
        monkeypatch.setattr(sys, "argv", [str(PATH), str(path)])
        return module.main()

    return run


def test_a_sheets_own_tests_and_those_that_name_it_are_counted(status, capsys):
    own = ("tests.sheet01.test_gan", "test_gan", 200)
    named = ("tests.test_notebooks", "test_solution[sheet01: gan]", 99)
    others = ("tests.test_wire", "test_echo[sheet012]", 500)
    assert status(own, named, others) == 0
    said = capsys.readouterr().out
    assert "| sheet01 | 2 | 2000.0 s | 299.0 s | 300 s |" in said
    assert "| all | 3 | 3000.0 s | 799.0 s |" in said
    assert status(own, named, named) == 1
    assert "the tests of sheet01 compute 398 s, its budget is 300 s" in capsys.readouterr().out


def test_without_a_run_it_says_how_to_get_one(status, monkeypatch, tmp_path, capsys):
    status()
    (tmp_path / "times.xml").unlink()
    with pytest.raises(SystemExit):
        sys.modules["suite_costs"].main()
    assert "`make test` writes build/test-times.xml" in capsys.readouterr().err

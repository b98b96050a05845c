"""What of the hidden tests counts for a sheet: what its tests lead to, and nothing of others."""

import sys
import time
from pathlib import Path

import pytest
from courses import tiny

from course_grader.course import Course
from course_grader.grading.checks_digest import checks_digest, counted_checks

FILES = {
    "nbgrader_config.py": "c = get_config()\n",
    "pyproject.toml": '[tool.genlhc]\nbundle = ["lib", "data"]\nchecks = ["hidden"]\n',
    "solutions/one/n.ipynb": "",
    "lib/__init__.py": "import importlib\nimport hidden.two",
    "helpers.py": "import hidden.behind",
    "hidden/__init__.py": "",
    "hidden/README.md": "for all",
    "hidden/shared.py": "from hidden.deeper import x",
    "hidden/deeper/__init__.py": "from ._inner import x",
    "hidden/deeper/_inner.py": "x = 1",
    "hidden/behind.py": "",
    "hidden/unused.py": "",
    "hidden/one/__init__.py": "from hidden.one.checks import check",
    "hidden/one/checks.py": "from .. import shared\nfrom . import more\n\n\ndef check(f): ...",
    "hidden/one/more.py": "def later():\n    from hidden.one import late",
    "hidden/one/late.py": "",
    "hidden/one/tool.py": "",
    "hidden/one/calibration.json": "{}",
    "hidden/one/data/events.npy": "1 2 3",
    "hidden/one/data/make.py": "print(1)",
    "hidden/one/mutants/__init__.py": "import hidden.one",
    "hidden/one/mutants/wrong.txt": "",
    "hidden/two/__init__.py": "from hidden import unused",
    "hidden/two/calibration.json": "{}",
    "hidden/two/data/events.npy": "4 5 6",
    "hidden/__pycache__/shared.cpython-311.pyc": "junk",
}
ALWAYS = {
    f"hidden/{name}"
    for name in ("__init__.py", "README.md", "shared.py", "deeper/__init__.py", "deeper/_inner.py")
}
ONE = ALWAYS | {
    f"hidden/one/{name}"
    for name in (
        "__init__.py", "checks.py", "more.py", "late.py", "calibration.json", "data/events.npy",
    )
}  # fmt: skip
EVERYTHING = {name for name in FILES if name.startswith("hidden/") and "pyc" not in name}


class Folder:
    """A course whose files are written one by one, with one test."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def counted(self, test: str) -> set[str]:
        notebook = tiny.notebook(tiny.test("assert f", test, "check-1", 1))
        return set(counted_checks(Course.open(self.root), [notebook]))

    def digest(self, test: str) -> str:
        notebook = tiny.notebook(tiny.test("assert f", test, "check-1", 1))
        return checks_digest(Course.open(self.root), [notebook])


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path / "course")
    for name, text in FILES.items():
        made.write(name, text)
    return made


TEST = "from hidden import one\n\none.check(f)"


def test_what_imports_lead_to_counts_and_nothing_else(folder):
    assert folder.counted(TEST) == ONE


@pytest.mark.parametrize(
    "test",
    [
        "import hidden.one.checks",
        "import hidden.one.checks as c",
        "from hidden.one.checks import check",
        "from hidden.one import *",
        "def later():\n    import hidden.one",
        "try:\n    from hidden import one\nexcept ImportError:\n    pass",
        "import numpy\nimport hidden, hidden.one",
    ],
)
def test_it_does_not_matter_how_a_test_imports(folder, test):
    assert folder.counted(test) >= ONE
    assert not any("two" in name or "mutants" in name for name in folder.counted(test))


def test_a_test_without_checks_needs_only_what_is_in_no_package(folder):
    folder.write("pyproject.toml", '[tool.genlhc]\nchecks = ["hidden", "thresholds.toml"]\n')
    folder.write("thresholds.toml", "")
    assert folder.counted("assert f(1) == 1") == {"thresholds.toml"}


CHANGED: dict[str, bool] = {
    "hidden/one/checks.py": True,
    "hidden/one/calibration.json": True,
    "hidden/one/data/events.npy": True,
    "hidden/shared.py": True,
    "hidden/deeper/_inner.py": True,
    "hidden/deeper/__init__.py": True,
    "hidden/__init__.py": True,
    "hidden/README.md": True,
    "hidden/new.md": True,
    "hidden/one/late.py": True,
    "hidden/unused.py": False,
    "hidden/one/tool.py": False,
    "hidden/one/mutants/__init__.py": False,
    "hidden/one/mutants/wrong.txt": False,
    "hidden/two/__init__.py": False,
    "hidden/two/calibration.json": False,
    "hidden/two/data/events.npy": False,
    "hidden/loose/new.npy": True,
    "hidden/three/__init__.py": False,
    "hidden/__pycache__/shared.cpython-311.pyc": False,
    "lib/__init__.py": False,
    "data/events.npy": False,
}


@pytest.mark.parametrize(("name", "renews"), CHANGED.items())
def test_marks_are_renewed_by_changes_of_what_counts_alone(folder, name, renews):
    before = folder.digest(TEST)
    folder.write(name, "# another text")
    assert (folder.digest(TEST) != before) == renews


def test_another_sheets_package_costs_this_one_nothing(folder):
    before = folder.digest(TEST)
    for name, text in FILES.items():
        if name.startswith("hidden/one/"):
            folder.write(name.replace("one", "three"), text.replace("one", "three"))
    assert folder.digest(TEST) == before
    assert "hidden/three/data/events.npy" in folder.counted("from hidden import three")


def test_a_file_that_is_gone_or_has_another_name_is_a_change(folder):
    before = folder.digest(TEST)
    (folder.root / "hidden/one/data/events.npy").rename(folder.root / "hidden/one/data/new.npy")
    renamed = folder.digest(TEST)
    (folder.root / "hidden/one/data/new.npy").unlink()
    assert len({before, renamed, folder.digest(TEST)}) == 3


def test_the_digest_depends_on_names_and_content_only(folder, tmp_path):
    elsewhere = Folder(tmp_path / "another place" / "course")
    for name, text in reversed(FILES.items()):
        elsewhere.write(name, text)
    assert elsewhere.digest(TEST) == folder.digest(TEST)


@pytest.mark.parametrize(
    "code",
    [
        "import importlib\n\nimportlib.import_module('hidden.' + name)",
        "import importlib as i",
        "from importlib import import_module as load",
        "import importlib.util",
        "import importlib.resources\n\nimportlib.import_module(name)",
        "__import__(name)",
        "import builtins",
        "import runpy",
        "from runpy import run_path",
        "import pkgutil",
        "import subprocess",
        "exec(open(name).read())",
        "eval(name)",
        "import sys\n\nsys.path.insert(0, name)",
        "import sys\n\nsys.modules[name]",
        "__path__ = [name]",
    ],
)
@pytest.mark.parametrize("place", ["test", "hidden/one/more.py", "hidden/deeper/__init__.py"])
def test_where_reading_does_not_show_what_is_loaded_everything_counts(folder, code, place):
    if place == "test":
        assert folder.counted(code) == EVERYTHING
    else:
        folder.write(place, code)
        assert folder.counted(TEST) == EVERYTHING


@pytest.mark.parametrize("code", ["%run hidden/two.py", "!python x.py", "get_ipython()", "f("])
def test_a_test_that_is_more_than_python_counts_everything(folder, code):
    assert folder.counted(code) == EVERYTHING


@pytest.mark.parametrize(
    "code",
    [
        "model.eval()",
        "re.compile('x')",
        "executor.exec",
        "from importlib import resources",
        "from importlib.resources import files",
        "import importlib.metadata as m",
        "import sys\n\nsys.version_info",
        "p.path, p.modules",
        "'''import importlib: words in a string of their own'''",
    ],
)
def test_what_only_looks_like_loading_is_harmless(folder, code):
    folder.write("hidden/one/more.py", code + "\nfrom hidden.one import late")
    assert folder.counted(TEST) == ONE


@pytest.mark.parametrize("code", ["f(", "\0", "x = " + "(" * 500, "# -*- coding: klingon -*-"])
def test_a_module_that_cannot_be_read_counts_itself(folder, code):
    folder.write("hidden/one/more.py", code)
    assert folder.counted(TEST) == ONE - {"hidden/one/late.py"}


def test_warnings_of_a_module_are_its_own(folder):
    folder.write("hidden/one/more.py", "x = '\\d'\nfrom hidden.one import late")
    assert folder.counted(TEST) == ONE


@pytest.mark.parametrize(
    "code",
    [
        "HERE.parent / 'two' / 'data'",
        "'../two/data/events.npy'",
        "files('hidden.two')",
        "f'two/{x}'",
    ],
)
def test_a_package_that_a_string_names_counts_with_its_data(folder, code):
    folder.write("hidden/one/late.py", code)
    more = {"__init__.py", "calibration.json", "data/events.npy"}
    assert folder.counted(TEST) == ONE | {f"hidden/two/{name}" for name in more} | {
        "hidden/unused.py"
    }


def test_words_of_a_docstring_name_no_package(folder):
    folder.write("hidden/one/late.py", '"""As in sheet two, or hidden/two of it."""')
    assert folder.counted(TEST) == ONE


@pytest.mark.parametrize(
    ("init", "taken"),
    [
        ("__all__ = ['_other', 'part']", {"_other.py", "part/__init__.py"}),
        ("names = 'part'\n__all__ = names.split()", {"part/__init__.py"}),
        (
            "__all__ = [p.stem for p in HERE.glob('*')]",
            {"_inner.py", "_other.py", "part/__init__.py"},
        ),
        ("x = 1", set()),
    ],
)
def test_a_star_takes_modules_that_the_package_names(folder, init, taken):
    folder.write("hidden/deeper/__init__.py", init)
    folder.write("hidden/deeper/_other.py", "")
    folder.write("hidden/deeper/part/__init__.py", "")
    assert folder.counted("from hidden.deeper import *") == {
        "hidden/__init__.py", "hidden/README.md",
        *(f"hidden/deeper/{name}" for name in {"__init__.py", *taken}),
    }  # fmt: skip


def test_a_module_outside_the_checks_is_followed_and_does_not_count(folder):
    assert folder.counted("import helpers") == {
        "hidden/__init__.py", "hidden/README.md", "hidden/behind.py",
    }  # fmt: skip


def test_a_package_takes_the_place_of_a_module(folder):
    before = folder.digest(TEST)
    folder.write("hidden/shared/__init__.py", "from . import part")
    folder.write("hidden/shared/part.py", "")
    counted = folder.counted(TEST)
    assert folder.digest(TEST) != before
    assert {"hidden/shared/__init__.py", "hidden/shared/part.py"} <= counted
    assert "hidden/shared.py" not in counted


def test_a_new_module_of_the_name_of_an_attribute_counts(folder):
    before = folder.digest(TEST)
    folder.write("hidden/one/checks/__init__.py", "")
    assert folder.digest(TEST) != before
    folder.write("hidden/deeper/x.py", "")
    assert "hidden/deeper/x.py" in folder.counted("from hidden.deeper import x")


def test_folders_without_init_are_packages_for_imports(tmp_path):
    folder = Folder(tmp_path)
    for name, text in FILES.items():
        if not name.endswith("__init__.py"):
            folder.write(name, text)
    data = {name for name in EVERYTHING if not name.endswith(".py")}
    modules = {"hidden/one/checks.py", "hidden/one/more.py", "hidden/one/late.py"}
    assert folder.counted("import hidden.one.checks") == data | modules | {"hidden/shared.py"}
    assert folder.counted("import one.checks") >= data | modules  # with PYTHONPATH=hidden


def test_checks_may_lie_in_the_library_that_students_get(folder):
    folder.write("pyproject.toml", '[tool.genlhc]\nbundle = ["lib"]\nchecks = ["lib/hidden"]\n')
    folder.write("lib/hidden/__init__.py", "from . import more")
    folder.write("lib/hidden/more.py", "")
    assert folder.counted("from lib import hidden") == {
        "lib/hidden/__init__.py",
        "lib/hidden/more.py",
    }


def test_checks_may_be_one_file_or_lie_elsewhere(tmp_path):
    folder = Folder(tmp_path / "course")
    for name in ("nbgrader_config.py", "solutions/one/n.ipynb"):
        folder.write(name, FILES[name])
    folder.write("pyproject.toml", '[tool.genlhc]\nchecks = ["my_tests.py", "../our_checks"]\n')
    folder.write("my_tests.py", "")
    folder.write("../our_checks/__init__.py", "")
    folder.write("../our_checks/other.py", "")
    assert folder.counted("import my_tests") == {"my_tests.py"}
    assert folder.counted("import our_checks") == {"../our_checks/__init__.py"}


def test_nothing_is_imported_or_run(folder, monkeypatch):
    for name in ("hidden/__init__.py", "hidden/one/__init__.py"):
        folder.write(name, "raise SystemExit")
    before = set(sys.modules)
    folder.counted(TEST)
    assert "hidden" not in set(sys.modules) - before


def test_a_large_course_is_looked_through_at_once(tmp_path):
    folder = Folder(tmp_path)
    for name in ("nbgrader_config.py", "solutions/one/n.ipynb", "pyproject.toml"):
        folder.write(name, FILES[name])
    body = "import numpy as np\n\n" + "".join(
        f"def f{n}(x, y):\n    assert np.abs(x - {n} * y).sum() < 1e-{n}, 'too far'\n"
        for n in range(40)
    )
    folder.write("hidden/__init__.py", "")
    for sheet in range(5):
        modules = [f"m{n}" for n in range(40)]
        imports = "".join(f"from hidden.s{sheet} import {name}\n" for name in modules)
        folder.write(f"hidden/s{sheet}/__init__.py", imports)
        for name in modules:
            folder.write(f"hidden/s{sheet}/{name}.py", body)
    seconds = []
    for _ in range(3):  # a machine that does something else at the same time computes slowly, too
        start = time.process_time()
        assert len(folder.counted("from hidden import s0")) == 42
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.6  # 0.15 s here


def test_the_tests_of_this_course_do_not_hide_what_they_load():
    root = Path(__file__).parents[1]
    course = Course.open(root)
    assert course.sheets()
    for sheet in course.sheets():
        paths = [course.source / sheet / f"{name}.ipynb" for name in course.notebooks(sheet)]
        counted = set(counted_checks(course, [tiny.nbformat.read(path, 4) for path in paths]))
        assert f"autograde_tests/{sheet}/__init__.py" in counted
        assert not any("mutants" in name or "cli.py" in name for name in counted)

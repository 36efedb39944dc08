import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from localku.slugs.inside import chain_driver, forked


def program(folder: Path, body: str, first_line: str = "#!/usr/bin/env python3") -> Path:
    file = folder / "bin" / "compile"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{first_line}\n{body}\n")
    return file


def run(made: Path, call: str = "") -> subprocess.CompletedProcess[str]:
    """Run it in a copy of an interpreter whose output is its own, unlike that of a test."""
    code = (
        "import os; from pathlib import Path; from localku.slugs.inside import forked\n"
        f"print('status', forked.run(Path({str(made)!r}), ['x', 'y'], {call}), os.environ.get('A'))\n"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)


@pytest.mark.parametrize(
    ("body", "status", "err"),
    [
        ("", 0, ""),
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit", 0, ""),
        ("raise SystemExit('sorry')", 1, "sorry\n"),
        ("import os; os._exit(7)", 7, ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9, ""),
    ],
)
def test_it_ends_as_a_program_of_its_own_would(body: str, status: int, err: str, tmp_path: Path) -> None:
    done = run(program(tmp_path, body))
    assert (done.stdout, done.stderr) == (f"status {status} None\n", err)


def test_an_exception_is_a_traceback_and_status_1(tmp_path: Path) -> None:
    done = run(program(tmp_path, "1 / 0"))
    assert done.stdout == "status 1 None\n"
    assert "ZeroDivisionError" in done.stderr


def test_arguments_folder_and_environment_are_its_own(tmp_path: Path) -> None:
    body = (
        "import os, sys\n"
        "print(sys.argv[1:], os.getcwd(), dict(os.environ), __name__, __file__, flush=True)\n"
        "os.system('echo child $A')"
    )
    env = {"A": "1", "PATH": os.environ["PATH"]}
    made = program(tmp_path, body)
    own, child, status = run(made, f"cwd={str(tmp_path)!r}, env={env!r}").stdout.splitlines()
    assert (own, child) == (f"['x', 'y'] {tmp_path} {env} __main__ {made}", "child 1")
    assert status == "status 0 None"


def test_output_goes_where_it_shall(tmp_path: Path) -> None:
    made = program(tmp_path, "import sys; print('out'); print('err', file=sys.stderr)")
    done = run(made, "out=2, err=1")
    assert (done.stdout, done.stderr) == ("err\nstatus 0 None\n", "out\n")


@pytest.mark.parametrize("end", ["", "raise SystemExit(3)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_something_else_is_looked_at_until_it_ends(end: str, tmp_path: Path) -> None:
    """It waits for what is done meanwhile; what it leaves running is not waited for."""
    seen, left = tmp_path / "seen", tmp_path / "left"
    body = (
        "import pathlib, subprocess, time\n"
        "nothing = subprocess.DEVNULL\n"
        "left = subprocess.Popen(['sleep', '600'], stdin=nothing, stdout=nothing, stderr=nothing)\n"
        f"pathlib.Path({str(left)!r}).write_text(str(left.pid))\n"
        f"while not pathlib.Path({str(seen)!r}).is_file(): time.sleep(0.01)\n{end}\n"
    )
    done = run(program(tmp_path, body), f"meanwhile=lambda: open({str(seen)!r}, 'w').close()")
    os.kill(int(left.read_text()), signal.SIGKILL)
    assert done.stdout.startswith("status "), done
    assert seen.is_file()


def test_only_a_python_program_can_be_run_so(tmp_path: Path) -> None:
    assert forked.can(program(tmp_path, ""))
    assert not forked.can(program(tmp_path, "", "#!/usr/bin/env bash"))
    assert not forked.can(program(tmp_path, "", "#!/usr/bin/env python3 -E"))


def test_libraries_are_read_until_something_else_is_to_do(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        package = tmp_path / "0" / "lib" / "localku_test_kit"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text("")
        (package / f"{name}.py").write_text("")
    code = (
        "import sys; from pathlib import Path; from localku.slugs.inside import forked\n"
        "left = [True, True, False]\n"
        f"before = list(sys.path); forked.preload(Path({str(tmp_path)!r}), lambda: left.pop(0))\n"
        "print(sorted(name for name in sys.modules if name.startswith('localku_test_kit.')), before == sys.path)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['localku_test_kit.a', 'localku_test_kit.b'] True\n"


def test_exports_are_sourced_by_a_shell_in_their_order(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("export A='1\n2'; B=not exported")
    two.write_text('export A="$A and 3"; unset C')
    found = chain_driver.sourced([str(one), str(two)], {"PATH": "/bin", "C": "gone"}, "/")
    assert found is not None
    assert (found["A"], found["PATH"]) == ("1\n2 and 3", "/bin")
    assert not {"B", "C"} & found.keys()


def test_an_export_that_ends_the_shell_is_left_to_a_shell(tmp_path: Path) -> None:
    (tmp_path / "export").write_text("exit 3")
    assert chain_driver.sourced([str(tmp_path / "export")], {"PATH": "/bin"}, "/") is None

"""Vaccinated bytecode on disk: when it is taken, and what the running text is then."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import spec_from_loader
from pathlib import Path
from typing import Any

import pytest

from daifu_dap.recovery import versions
from daifu_dap.vaccine import cache, compile, hook, late, project
from daifu_dap.vaccine.names import codes

ROOT = Path(__file__).parents[2]
OLD = 1_600_000_000_000_000_000
ONE = "def f():\n    return 1  # ü\n"
TWO = "def f():\n    return 2  # ü\n"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    project.configure([str(tmp_path)])
    yield tmp_path / "mod.py"
    project.configure([])


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were woven."""
    made: list[str] = []
    plain = compile.module

    def module(text: compile.Text) -> object:
        made.append(text.text)
        return plain(text)

    monkeypatch.setattr(compile, "module", module)
    return made


def write(path: Path, text: str, time: int | None = OLD) -> None:
    path.write_text(text, encoding="utf-8")
    if time is not None:
        os.utime(path, ns=(time, time))


def run(path: Path) -> object:
    space: dict[str, object] = {}
    code = hook.own(str(path))
    assert code is not None
    exec(code, space)
    return space["f"]()  # type: ignore[operator]


def present(path: Path) -> str:
    file = versions.find(str(path))
    assert file is not None
    return file.present.text


def test_a_second_start_takes_the_cache(path: Path, compiled: list[str]) -> None:
    write(path, ONE)
    assert [run(path), run(path), run(path)] == [1, 1, 1]
    assert compiled == [ONE]


def test_an_edit_of_the_same_length_is_seen(path: Path, compiled: list[str]) -> None:
    write(path, ONE)
    assert run(path) == 1
    write(path, TWO, OLD + 1)
    assert run(path) == 2
    assert present(path) == TWO


def test_an_edit_within_one_tick_of_the_clock_is_seen(path: Path, compiled: list[str]) -> None:
    write(path, ONE, None)
    stat = path.stat()
    assert run(path) == 1
    write(path, TWO, stat.st_mtime_ns)
    assert run(path) == 2


def test_times_set_back_hide_no_edit(path: Path, compiled: list[str]) -> None:
    write(path, ONE)
    assert run(path) == 1
    write(path, TWO, OLD)
    assert run(path) == 2


def test_a_touched_file_is_not_woven_again(path: Path, compiled: list[str]) -> None:
    write(path, ONE)
    assert run(path) == 1
    os.utime(path, ns=(OLD + 5, OLD + 5))
    assert run(path) == 1
    assert compiled == [ONE]
    head = Path(cache.place(str(path))).read_bytes()
    assert (OLD + 5).to_bytes(8, "little") in head


def test_the_running_text_is_not_what_is_on_disk_now(path: Path, compiled: list[str]) -> None:
    write(path, ONE)
    assert run(path) == 1
    found = cache.load(str(path), path.stat())
    assert found is not None
    text = found.text(str(path))
    write(path, TWO, OLD + 1)
    assert run(path) == 2  # as another process may have run it, which replaces the cache
    assert text.text == ONE
    assert compile.Text(str(path), ONE.encode()).key == text.key
    assert text.scopes and [each.qualname for each in text.scopes.values()] == ["<module>", "f"]


@pytest.mark.parametrize("size", [0, 10, 60, 200, -1])
def test_a_damaged_cache_is_made_anew(path: Path, compiled: list[str], size: int) -> None:
    write(path, ONE)
    assert run(path) == 1
    file = Path(cache.place(str(path)))
    data = file.read_bytes()
    file.write_bytes(data[:size])
    assert cache.load(str(path), path.stat()) is None
    assert run(path) == 1
    assert present(path) == ONE


def test_a_moved_file_is_not_taken_for_the_old_one(path: Path, compiled: list[str]) -> None:
    write(path, ONE)
    assert run(path) == 1
    moved = path.parent / "sub" / "mod.py"
    moved.parent.mkdir()
    moved.write_bytes(path.read_bytes())
    os.renames(path.parent / "__pycache__", moved.parent / "__pycache__")
    os.utime(moved, ns=(OLD, OLD))
    code = hook.own(str(moved))
    assert code is not None and code.co_filename == str(moved)


def test_a_cache_may_be_read_by_who_may_read_the_source(path: Path) -> None:
    write(path, ONE)
    path.chmod(0o644)
    run(path)
    plain = 0o644 & ~_umask()
    assert Path(cache.place(str(path))).stat().st_mode & 0o777 == plain


def _umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


def test_links_are_followed_to_the_project(
    path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write(path, ONE)
    (elsewhere / "link.py").symlink_to(path)
    (path.parent / "out.py").symlink_to(elsewhere / "real.py")
    (elsewhere / "real.py").write_text(ONE)
    (elsewhere / "folder").symlink_to(path.parent)
    assert project.is_project(str(elsewhere / "link.py"))
    assert project.is_project(str(elsewhere / "folder" / "mod.py"))
    assert not project.is_project(str(path.parent / "out.py"))
    assert not project.is_project(str(elsewhere / "real.py"))
    (elsewhere / "folder" / "mod.py").write_text(ONE)
    for link in (elsewhere / "link.py", elsewhere / "folder" / "mod.py"):
        assert project.state(str(link)) == path.stat()
    for out in (path.parent / "out.py", elsewhere / "real.py", path.parent / "missing.py"):
        assert project.state(str(out)) is None


def test_a_cache_that_is_read_in_parts_is_whole(
    path: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "ROOM", 100)
    write(path, ONE)
    assert [run(path), run(path)] == [1, 1]
    assert compiled == [ONE]
    assert present(path) == ONE


LOADER = """\
import importlib.machinery, importlib.util
from daifu_dap.vaccine import hook
from daifu_dap.vaccine.names import RUNTIME

class Second(importlib.machinery.SourceFileLoader):
    def source_to_code(self, data, path, **more):
        return super().source_to_code(bytes(data).replace(b"1", b"2"), path, **more)

class Usual(importlib.machinery.SourceFileLoader):
    pass

hook.start()
for kind in (Second, Usual):
    spec = importlib.util.spec_from_file_location("mod", "mod.py", loader=kind("mod", PATH))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    print(module.f(), RUNTIME in module.f.__code__.co_names)
"""


def test_a_loader_that_makes_code_in_a_way_of_its_own_is_let_do_it(path: Path) -> None:
    write(path, ONE)
    code = LOADER.replace("PATH", repr(str(path)))
    for _ in range(2):  # the second time from a cache
        found = subprocess.run(
            [sys.executable, "-c", code],
            cwd=path.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": ""},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert found.stderr == ""
        assert found.stdout.split("\n") == ["2 False", "1 True", ""]


def test_a_file_that_comes_from_a_cache_is_known_when_it_is_asked_for(
    path: Path, compiled: list[str]
) -> None:
    write(path, ONE)
    assert run(path) == 1
    versions._files.pop(str(path))  # as in a new process
    for text in (ONE, ONE, TWO):  # the second time as by a reload
        write(path, text)
        assert run(path) == (1 if text is ONE else 2)
        files = versions.files()
        assert files[str(path)] is versions.find(str(path)) is versions.known(str(path))
        assert present(path) == text
    file = versions.find(os.path.join(path.parent, ".", path.name))
    assert file is versions.find(str(path))
    assert file is not None
    code = hook.own(str(path))
    assert code is not None
    assert sorted(each.text for each in file.texts.values()) == [ONE, TWO]
    assert {id(each) for each in codes(code)} <= {id(each) for each in file.codes()}
    assert compiled == [ONE, TWO]


class Loader:
    """The finder and the loader of several modules."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        return spec_from_loader(name, self) if name.startswith("loaded_by_a_test") else None

    def create_module(self, spec: object) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        module.value = module.__name__


def test_something_is_done_to_a_module_once_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    finder = Loader()
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, finder])
    first, second = names = ["loaded_by_a_test", "loaded_by_a_test_too"]
    done: list[object] = []
    late.on_import("os", done.append)
    late.on_import(first, lambda module: done.append(module.value))
    late.on_import(first, lambda module: done.append("and more"))
    assert done == [os]
    try:
        for name in (first, second):
            assert importlib.import_module(name).value == name
            assert done == [os, first, "and more"]
        importlib.reload(sys.modules[first])
    finally:
        for name in names:
            sys.modules.pop(name, None)
    assert done == [os, first, "and more"]
    assert vars(finder) == {}

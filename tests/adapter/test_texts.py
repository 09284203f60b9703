"""What was saved is what runs, and what was not saved stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from daifu_dap.adapter.edits import collect
from daifu_dap.adapter.fields import Fields
from daifu_dap.adapter.texts import Draft, Texts, digest
from daifu_dap.common.refusals import Refusal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.py"
    path.write_text("x = 1\ny = 2\n")
    return path


@pytest.fixture
def texts(file: Path) -> Texts:
    found = Texts()
    running = {str(file): file.read_text(), str(file.parent / "gone.py"): "z = 3\n"}
    found.refresh({p: {"digest": digest(t), "text": t} for p, t in running.items()})
    return found


def later(path: Path, text: str) -> None:
    """Save a file so that its time stamp differs."""
    path.write_text(text)
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))


def test_only_what_was_saved_with_another_text_takes_part(texts: Texts, file: Path) -> None:
    assert texts.saved() == {}
    later(file, "x = 5\ny = 2\n")
    assert texts.saved() == {str(file): "x = 5\ny = 2\n"}
    assert texts.saved(apart_from=[str(file)]) == {}


def test_a_text_applied_without_the_disk_is_not_undone_by_it(texts: Texts, file: Path) -> None:
    texts.applied({str(file): "x = 7\ny = 2\n"})
    assert texts.saved() == {}
    later(file, "x = 8\ny = 2\n")
    assert texts.saved() == {str(file): "x = 8\ny = 2\n"}


def test_a_save_of_equal_length_right_after_a_read_is_seen(texts: Texts, file: Path) -> None:
    texts.on_disk(str(file))
    stamp = file.stat()
    file.write_text("x = 9\ny = 2\n")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert texts.on_disk(str(file)) == "x = 9\ny = 2\n"


def test_only_texts_that_changed_are_asked_for_again(texts: Texts, file: Path) -> None:
    known = texts.known()
    assert set(known) == set(texts.running)
    texts.refresh({str(file): {"digest": known[str(file)]}})
    assert texts.text(str(file)) == "x = 1\ny = 2\n"


def test_a_file_is_found_by_its_other_names(texts: Texts, file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.py"
    link.symlink_to(file)
    for name in (str(link), f"{tmp_path}/./a.py", str(file)):
        assert texts.resolve(name) == str(file)
    with pytest.raises(Refusal) as caught:
        texts.resolve(str(tmp_path / "other.py"))
    assert caught.value.code == "DFU0002"


def test_a_file_that_cannot_be_read_says_why(texts: Texts, file: Path) -> None:
    file.write_bytes(b"x = '\xff'\n")
    with pytest.raises(Refusal, match="UTF-8") as caught:
        texts.on_disk(str(file))
    assert caught.value.code == "DFU0003"
    file.unlink()
    with pytest.raises(Refusal, match="No such file"):
        texts.on_disk(str(file))
    assert texts.saved() == {}


def test_a_draft_keeps_encoding_line_ends_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "w.py"
    path.write_bytes("# -*- coding: latin-1 -*-\r\nx = 'é'\r\n".encode("latin-1"))
    path.chmod(0o640)
    link = tmp_path / "l.py"
    link.symlink_to(path)
    draft = Draft(str(link), "# -*- coding: latin-1 -*-\nx = 'éé'\n")
    draft.commit()
    assert path.read_bytes() == "# -*- coding: latin-1 -*-\r\nx = 'éé'\r\n".encode("latin-1")
    assert path.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert {each.name for each in tmp_path.iterdir()} == {"w.py", "l.py"}


def test_a_draft_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as caught:
        Draft(str(tmp_path / "none" / "a.py"), "x = 1\n")
    assert caught.value.code == "DFU0023"
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    Draft(str(path), "x = 2\n").drop()
    assert path.read_text() == "x = 1\n"
    assert [each.name for each in tmp_path.iterdir()] == ["a.py"]


def test_one_cell_is_replaced_in_the_running_text(texts: Texts, file: Path) -> None:
    asked = {"source": {"path": str(file)}, "cell": {"line": 2}, "code": "  y = 20"}
    edit = collect(texts, Fields(asked))
    assert edit.files == {str(file): "x = 1\ny = 20\n"}
    assert edit.write == {}
    assert collect(texts, Fields({**asked, "writeBack": True})).write == {str(file): str(file)}
    later(file, "x = 4\ny = 2\n")
    with pytest.raises(Refusal, match="not the text that runs"):
        collect(texts, Fields({**asked, "writeBack": True}))


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"text": "x"}, "source"),
        ({"source": {}}, r"source\.path"),
        ({"source": {"path": "FILE"}, "cell": {"line": 1}}, "code"),
        ({"source": {"path": "FILE"}, "code": "x"}, "cell"),
        ({"source": {"path": "FILE"}, "cell": {}, "code": "x"}, r"cell\.line"),
        ({"source": {"path": "FILE"}, "cell": {"line": 1}, "code": "x", "text": "y"}, "text"),
        ({"source": {"path": "FILE"}, "text": 3}, "text"),
        ({"source": {"path": "FILE"}, "writeBack": 1}, "writeBack"),
    ],
)
def test_what_is_malformed_is_named(texts: Texts, file: Path, asked: dict, field: str) -> None:
    source = asked.get("source")
    if source and source.get("path") == "FILE":
        asked = {**asked, "source": {"path": str(file)}}
    with pytest.raises(Refusal, match=f"Argument {field} ") as caught:
        collect(texts, Fields(asked))
    assert caught.value.code == "DFU0021"


@pytest.mark.parametrize(
    ("before", "edited", "after"),
    [
        (b"a\r\nb\r\n", "a\nx\ny\n", b"a\r\nx\r\ny\r\n"),
        (b"a\r\nb\nc\n", "a\nx\nc\n", b"a\r\nx\r\nc\n"),
        (b"a\rb\rc\r", "x\nb\nc\n", b"x\rb\rc\r"),
        (b"a\nb\r\nc", "a\nb\nx", b"a\nb\r\nx"),
        (b"a\nb\nc", "a\nb\nc\nd", b"a\nb\nc\nd"),
        (b"a\nb\r\nc", "z\na\nb\nc", b"z\na\nb\r\nc"),
        (b"\xef\xbb\xbfa\r\nb", "a\nb\n", b"\xef\xbb\xbfa\r\nb\r\n"),
        (b"# coding: latin-1\r\n\xe9 = 1\n", "# coding: latin-1\n\xe9 = 2\n",
         b"# coding: latin-1\r\n\xe9 = 2\r\n"),
        (b"", "a\n", b"a\n"),
        (b"a\r\n", "", b""),
        (b"x\x0c\r\ny = '\x1c'\n", "x\x0c\nz\ny = '\x1c'\n", b"x\x0c\r\nz\r\ny = '\x1c'\n"),
    ],
)  # fmt: skip
def test_lines_that_did_not_change_keep_their_ends(
    tmp_path: Path, before: bytes, edited: str, after: bytes
) -> None:
    file = tmp_path / "b.py"
    file.write_bytes(before)
    Draft(str(file), edited).commit()
    assert file.read_bytes() == after

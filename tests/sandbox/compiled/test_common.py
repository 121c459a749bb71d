import os
import sys
from pathlib import Path

import pytest

from graftwork.errors import InputError
from graftwork.sandbox.compiled.common import Common

COPY = [sys.executable, "-c", "import shutil; shutil.copy('in/text', 'made'); open('log', 'a').write('ran ')"]


def common() -> Common:
    return Common("x", lambda: {"in/text": "ours"}, lambda folder: [COPY])


def test_it_is_made_once_and_when_it_is_asked_for() -> None:
    one = common()
    assert one() == one()
    assert (one() / "made").read_text(encoding="utf-8") == "ours"
    assert (one() / "log").read_text(encoding="utf-8") == "ran "


def test_other_users_can_read_it_whatever_the_umask() -> None:
    before, one = os.umask(0o077), common()
    try:
        folder = one()
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in (folder, folder / "in")} == {0o755}
    assert {path.stat().st_mode & 0o777 for path in (folder / "made", folder / "in" / "text")} == {0o644}


def test_it_goes_with_who_made_it() -> None:
    folder = common()()
    assert not folder.exists()


def test_a_compiler_that_does_not_take_our_part_is_named() -> None:
    wrong = Common("x", dict, lambda folder: [[sys.executable, "-c", "raise SystemExit('no such thing')"]])
    with pytest.raises(InputError, match="compiler of x .* own part: 'no such thing'"):
        wrong()


def test_a_compiler_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="compiler of x"):
        Common("x", dict, lambda folder: [[str(tmp_path / "none")]])()

"""Removing trees."""

from __future__ import annotations

import threading
from pathlib import Path

from dockercompat.storage.tree import remove_tree


def test_a_tree_that_is_not_there(tmp_path: Path) -> None:
    remove_tree(str(tmp_path / "nothing"))


def test_two_remove_the_same_tree(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def remove(path: str) -> None:
        try:
            remove_tree(path)
        except BaseException as error:
            failures.append(error)

    for number in range(20):
        top = tmp_path / str(number)
        for directory in range(10):
            (top / str(directory)).mkdir(parents=True)
            for file in range(10):
                (top / str(directory) / str(file)).write_text("x")
        threads = [threading.Thread(target=remove, args=(str(top),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not top.exists()
    assert not failures

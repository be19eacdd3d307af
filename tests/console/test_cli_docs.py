"""docs/cli.md and the command line say the same."""

import argparse
import re
from pathlib import Path

from console import cli

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `([\w-]+)`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
EVERYWHERE = {"-h", "--help", "--config", "-v", "--verbose", "--version"}


def _options(name: str) -> set[str]:
    parser = argparse.ArgumentParser()
    cli.load(name).options(parser)
    return {option for action in parser._actions for option in action.option_strings} - EVERYWHERE


def test_every_verb_is_documented_and_no_other() -> None:
    assert set(SECTIONS) == set(cli.MODULES)


def test_every_option_of_a_verb_stands_in_its_section_and_no_other() -> None:
    written = {name: set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)) for name, text in SECTIONS.items()}
    assert written == {name: _options(name) for name in cli.MODULES}


def test_the_common_options_are_documented() -> None:
    assert all(f"`{option}" in PAGE for option in EVERYWHERE - {"-h"})

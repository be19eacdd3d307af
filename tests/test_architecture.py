"""Laws of the house that no compiler holds: sizes, mirrored tests, imports, what must not stand in the tree."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("core", "store", "listener", "detectors", "alerting", "playbooks", "console", "bench")
LONGEST_MODULE = 300
LONGEST_FUNCTION = 50
HISTORY = "store/migrations/versions"  # written by a tool, once
SHELVES = {  # shelf -> where its tests stand
    "listener/collectors": "tests/listener/collectors",
    "detectors/signals": "tests/detectors/signals",
    "alerting/notifiers": "tests/alerting/notifiers",
}
OF_DATA = {"shipped_figures"}  # tests of what is shipped beside the code
REGISTRIES = ("pypi" + ".org", "pythonhosted" + ".org", "npm" + "js.org", "crates" + ".io", "proxy.golang" + ".org", "anaconda" + ".org")
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".lock", ".txt", ".cfg", ".ini", ".html", ".js", ".css", ".j2", ".po", ".json", ""}


def modules():
    found = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if HISTORY not in path.as_posix()]
    assert len(found) > 100
    return found


def told(path):
    return path.relative_to(ROOT).as_posix()


def in_the_tree():
    """The files that git knows, or that it would take in; all there are where there is no git."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        hidden = {".venv", ".tools", ".git", "var"}
        return [path for path in ROOT.rglob("*") if path.is_file() and not hidden & set(path.relative_to(ROOT).parts)]
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def texts():
    return [path for path in in_the_tree() if path.suffix in TEXT]


def test_no_module_is_longer_than_one_can_keep_in_mind():
    long = {told(path): lines for path in modules() if (lines := len(path.read_text().splitlines())) > LONGEST_MODULE}
    assert long == {}


def functions(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def code_lines(node):
    """Lines of a function without its docstring."""
    first = node.body[0]
    is_told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    docstring = first.end_lineno - first.lineno + 1 if is_told else 0
    return node.end_lineno - node.lineno + 1 - docstring


def test_no_function_is_longer_than_a_screen():
    long = {
        f"{told(path)}:{node.name}": code_lines(node)
        for path in modules()
        for node in functions(path)
        if code_lines(node) > LONGEST_FUNCTION
    }
    assert long == {}


@pytest.mark.parametrize("shelf", SHELVES)
def test_every_plug_in_has_a_test_of_its_own(shelf):
    kinds = [path.stem for path in (ROOT / shelf).glob("*.py") if not path.stem.startswith("_")]
    assert kinds
    assert [kind for kind in kinds if not (ROOT / SHELVES[shelf] / f"test_{kind}.py").exists()] == []


def test_every_test_file_mirrors_a_module():
    own = {"contracts", "servers", "stories", "data"}
    strays = []
    for path in (ROOT / "tests").rglob("test_*.py"):
        parts = path.relative_to(ROOT / "tests").parts
        if len(parts) > 1 and parts[0] not in own:
            module = ROOT.joinpath(*parts[:-1])
            name = path.stem.removeprefix("test_")
            if name not in OF_DATA and not any((module / f"{each}.py").exists() for each in (name, *prefixes(name))):
                strays.append(told(path))
    assert strays == []


def prefixes(name):
    """`volume_spike_on_crises` tests `volume_spike` too."""
    words = name.split("_")
    return ["_".join(words[:length]) for length in range(len(words) - 1, 0, -1)]


def test_imports_go_down_only():
    from importlinter.application.use_cases import read_user_options  # the contracts stand in pyproject.toml
    from importlinter.cli import lint_imports

    assert read_user_options(config_filename=str(ROOT / "pyproject.toml")).contracts_options
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, is_debug_mode=False) == 0


def test_nothing_outside_the_rooms_is_imported_at_the_top_of_a_cold_verb():
    """`ack`, `incidents` and `on-call` answer at once: what they import loads neither spaCy nor Apprise nor an event loop's database."""
    heavy = re.compile(r"^(import|from) (spacy|apprise|numpy|aiohttp|nats|lark|jinja2)\b", re.MULTILINE)
    for name in ("acting", "base", "incidents", "people", "tables", "times"):
        assert not heavy.search((ROOT / "console" / "verbs" / f"{name}.py").read_text()), name


def test_no_todo_without_an_issue():
    loose = re.compile(r"\b(TODO|FIXME|XXX)\b(?!.*#\d+)")
    found = [
        f"{told(path)}:{number}" for path in modules() for number, line in enumerate(path.read_text().splitlines(), 1) if loose.search(line)
    ]
    assert found == []


def test_the_pins_name_no_index_and_every_one_has_hashes():
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    assert "--index-url" not in lock
    assert "--extra-index-url" not in lock
    assert "--find-links" not in lock
    pins = re.findall(r"^[A-Za-z0-9][\w.\-\[\]]*==.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    assert len(pins) > 50
    assert [pin.splitlines()[0] for pin in pins if "--hash=sha256:" not in pin] == []


def test_no_registry_is_named_anywhere():
    found = [f"{told(path)}: {host}" for path in texts() for host in REGISTRIES if host in path.read_text(errors="replace")]
    assert found == []


def test_no_path_of_somebodys_machine_stands_in_the_code():
    home = re.compile(r"/(?:home|Users|root)/\w|/work/")
    found = [told(path) for path in texts() if path.suffix in {".py", ".md", ".toml", ".yaml"} and path.name != "test_architecture.py"]
    assert [path for path in found if home.search((ROOT / path).read_text(errors="replace"))] == []


NETWORK = re.compile(
    r"\b(?:ClientSession|TCPConnector|UnixConnector|aiohttp\.request|create_connection|open_connection|create_datagram_endpoint|urlopen|socket\.socket)\("
    r"|^\s*(?:import|from) (?:requests|urllib3|httpx|http\.client|urllib\.request|smtplib|imaplib|aiosmtplib|imap_tools|apprise|ftplib|telnetlib)\b",
    re.MULTILINE,
)
WAYS_OUT = {  # file -> why it may: each is bound by the address rule, or is the operator's own word
    "core/hops.py": "the guarded socket itself",
    "core/http.py": "the fetcher's connector",
    "core/sockets.py": "the fetcher's websockets and streams",
    "core/addresses.py": "a socket to an address that was judged, for the libraries below",
    "listener/mail.py": "reads what was fetched; opens nothing",
    "core/mailbox.py": "IMAP, to an address that was judged",
    "alerting/notifiers/email.py": "SMTP, over a socket that was judged",
    "alerting/notifiers/apprise.py": "Apprise, its sockets judged as they connect",
}


def test_f4_nothing_goes_out_but_through_the_fetcher_or_the_address_rule():
    found = {told(path) for path in modules() if not told(path).startswith("bench/") and NETWORK.search(path.read_text())}
    assert found - set(WAYS_OUT) == set()


PATTERNS = {"compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"}


def test_f10_no_pattern_comes_from_a_user():
    """Python's regular expressions can be made to run for years; so each one that we run is written in the code, as a literal or a module's constant."""
    found = []
    for path in modules():
        tree = ast.parse(path.read_text())
        constants = {
            name.id for node in tree.body for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args):
            if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "re" and call.func.attr in PATTERNS:
                names = {name.id for name in ast.walk(call.args[0]) if isinstance(name, ast.Name)}
                if not names <= constants:
                    found.append(f"{told(path)}:{call.lineno}")
    # one of six shapes of a constant; words of the shipped lexicon, escaped
    excused = ("playbooks/blanks.py:", "detectors/enrichment/risks.py:")
    assert [place for place in found if not place.startswith(excused)] == []

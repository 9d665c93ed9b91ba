"""What a module really imports: the closure over our own files, so that an unrelated change redeploys nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

import msgspec

OURS = ("contract", "hub", "spoke")


class Closure(msgspec.Struct, frozen=True):
    """Our files that a module needs (paths below the source root, sorted) and the names of others' packages."""

    files: tuple[str, ...]
    others: frozenset[str]


def closure(root: Path, module: str) -> Closure:
    """Return what `module` imports, directly or not, by reading the sources under `root`, never by running them."""
    files: set[str] = set()
    others: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name.partition(".")[0] not in OURS:
            others.add(name.partition(".")[0])
            continue
        for file in _files_of(root, name):
            if file not in files:
                files.add(file)
                waiting += _imported(ast.parse((root / file).read_bytes(), file))
    return Closure(tuple(sorted(files)), frozenset(others))


def _files_of(root: Path, name: str) -> Iterator[str]:
    """Yield the module's file and its packages' `__init__.py`; a name that is no module ends with its holder."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        package, module = "/".join([*parts[:end], "__init__.py"]), "/".join(parts[:end]) + ".py"
        yield from (file for file in (package, module) if (root / file).is_file())


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in _run(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _run(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk the nodes, but not into what is for type checkers only."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            yield node
            yield from _run(node)

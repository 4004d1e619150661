"""A strict YAML reader that knows the line of everything it read.

YAML as its parsers take it is too generous for a file that carries doses: ``yes`` becomes True,
``0o17`` and ``1_000`` become numbers, a key may stand twice, an anchor may blow up. Here numbers
follow the one grammar and become exact decimals, only ``true`` and ``false`` are booleans, and
aliases, tags and duplicate keys are refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import yaml

from posology.knowledge.errors import UnreadableFile
from posology.quantities import QuantityError, read_day, read_number

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # a PyYAML built without libyaml reads the same files, slower
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

Path = tuple[str | int, ...]

_LONGEST_FILE = 2_000_000
_DEEPEST = 40
_PLAIN_NUMBER = frozenset("-0123456789.")


@dataclass(frozen=True, slots=True)
class Document:
    """What one file says, and the line on which each part of it stands."""

    name: str
    data: Any
    lines: Mapping[Path, int]

    def line_of(self, path: Path) -> int:
        """Return the line of the nearest part of ``path`` that stands in the file."""
        for end in range(len(path), -1, -1):
            line = self.lines.get(path[:end])
            if line is not None:
                return line
        return 1


def read_yaml(text: str, *, name: str) -> Document:
    """Read one YAML document strictly.

    Parameters
    ----------
    text : str
        The file's text.
    name : str
        The file's name, for messages.

    Returns
    -------
    Document
        Plain dicts, lists, strings, ``int``, ``Decimal``, ``bool``, ``date`` and ``None``, with their lines.

    Raises
    ------
    UnreadableFile
        If the text is too long, too deep, not YAML, or uses a feature that is refused here.
    """
    if len(text) > _LONGEST_FILE:
        raise UnreadableFile(f"{name}: the file is longer than {_LONGEST_FILE:,} characters. Split it.")
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "it is not YAML"
        raise UnreadableFile(f"{name}:{line}: the file cannot be read: {problem}. Mend that line.") from None
    except RecursionError:
        raise UnreadableFile(f"{name}: the file is nested too deeply to be read. Flatten it.") from None
    if node is None:
        raise UnreadableFile(f"{name}: the file is empty. Fill it in, or take it away.")
    lines: dict[Path, int] = {}
    data = _Reading(name, lines, set()).value(node, ())
    return Document(name, data, lines)


@dataclass(slots=True)
class _Reading:
    name: str
    lines: dict[Path, int]
    read: set[
        int
    ]  # nodes read so far; one that comes again is an alias, and forty of them can stand for 2^40

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.lines[path] = node.start_mark.line + 1
        if id(node) in self.read:
            raise self._refuse(node, "this part is repeated by an alias", "Write it out in both places")
        if len(path) > _DEEPEST:
            raise self._refuse(node, "it is nested too deeply", "Flatten it")
        self.read.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._refuse(key_node, "a key is a list or a mapping", "Write a plain word as the key")
            key = self._scalar(key_node)
            if key == "<<":
                raise self._refuse(key_node, "it merges another mapping", "Write the values out")
            if key in found:
                raise self._refuse(
                    key_node, f"the key '{key}' stands twice in one mapping", "Keep one of them"
                )
            found[key] = self.value(value_node, (*path, key if isinstance(key, str | int) else str(key)))
        return found

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        text = node.value
        if node.tag not in _PLAIN_TAGS:
            raise self._refuse(node, f"it uses the tag {node.tag}", "Write a plain value")
        if node.style in {"'", '"', "|", ">"}:
            return text
        if text in {"", "null", "~"}:
            return None
        if text in {"true", "false"}:
            return text == "true"
        if node.tag == "tag:yaml.org,2002:timestamp" and len(text) == 10:
            return self._day(node, text)
        if _PLAIN_NUMBER.issuperset(text) and any(c.isdigit() for c in text) and text.count(".") < 2:
            return self._number(node, text)
        if node.tag in {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}:
            return self._number(node, text)
        return text

    def _day(self, node: yaml.ScalarNode, text: str) -> date:
        try:
            return read_day(text, what="day")
        except QuantityError as error:
            raise UnreadableFile(f"{self.name}:{node.start_mark.line + 1}: {error}") from None

    def _number(self, node: yaml.ScalarNode, text: str) -> int | Decimal | str:
        if text.count("-") > 1 or (text.count("-") == 1 and not text.startswith("-")):
            return text  # an identifier such as a LOINC code, 44249-1
        try:
            number = read_number(text, what="value")
        except QuantityError as error:
            raise UnreadableFile(f"{self.name}:{node.start_mark.line + 1}: {error}") from None
        return int(number) if "." not in text else number

    def _refuse(self, node: yaml.Node, found: str, remedy: str) -> UnreadableFile:
        return UnreadableFile(
            f"{self.name}:{node.start_mark.line + 1}: {found}, which is not read here. {remedy}."
        )


_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")
)

"""Every kind of knowledge file: those that decide, and those that are read and decide nothing."""

from collections.abc import Mapping
from types import MappingProxyType

from posology.knowledge.reference import BACKGROUND_KINDS
from posology.knowledge.schema import DECIDING_KINDS, Header

FILE_KINDS: Mapping[str, type[Header]] = MappingProxyType({**DECIDING_KINDS, **BACKGROUND_KINDS})

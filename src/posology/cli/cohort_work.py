"""What a worker does with one piece, on this machine or another; and how it tells what it computed with.

A worker gets a study and a number and gives back an array. It reads and writes no file of the run.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from posology import __version__
from posology.pharmacology.cohorts import Study, run_piece


@dataclass(frozen=True)
class Done:
    """One finished piece.

    Attributes
    ----------
    index : int
        Which piece.
    mark : str
        What it was computed with; pieces of one file have one mark.
    table : ndarray of float, shape (n_columns, n_members)
        The columns in their order.
    past : mapping of str to int
        Members past a soft bound, by its sentence.
    """

    index: int
    mark: str
    table: npt.NDArray[np.float64]
    past: Mapping[str, int]


def work(study: Study, index: int) -> Done:
    """Run one piece; this is what travels to a worker."""
    piece = run_piece(study, index)
    return Done(index, mark(study.model), np.stack(list(piece.columns.values())), piece.past)


@lru_cache(maxsize=8)
def mark(model: str) -> str:
    """Return a name for everything that decides on the last bit: code, model, library, and how it rounds."""
    told = hashlib.sha256(f"{__version__} {np.__version__}\n".encode())
    for package, ends in (("posology.pharmacology", ".py"), ("posology.knowledge.data.pk", ".yaml")):
        root, *below = package.split(".data.")
        folder = files(root).joinpath("data", *below) if below else files(root)
        for one in sorted(folder.iterdir(), key=lambda each: each.name):
            wanted = one.name.endswith(ends) and (
                ends == ".py" or one.name in (f"{model}.yaml", "covariates.yaml")
            )
            if wanted:
                told.update(one.name.encode() + b"\n" + one.read_bytes())
    told.update(_rounding())
    return told.hexdigest()


def _rounding() -> bytes:
    """How this machine rounds what the engine asks of it: processors of one family agree."""
    x = np.random.Generator(np.random.PCG64(20261123)).uniform(0.001, 30.0, 4096)
    matrix = np.diag([1.0, 2.0, 3.0, 4.0]) + 0.25
    parts = (np.exp(-x), np.expm1(-x), np.log(x), np.sqrt(x), np.arccos(x / 31.0), np.cos(x), x**0.75)
    found = [*parts, np.einsum("in,in->n", np.stack(parts), np.stack(parts)), *np.linalg.eigh(matrix)]
    return b"".join(np.ascontiguousarray(one).tobytes() for one in found)

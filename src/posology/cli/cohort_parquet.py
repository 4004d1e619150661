"""One Parquet file from all pieces, byte for byte the same whoever ran them.

A row group is a piece; codec, versions and order are fixed, and nothing of the day, the machine or the run
goes in. The study and its summary stand in the file's own metadata.
"""

import hashlib
import json
from pathlib import Path
from typing import IO, Any

from posology.cli.cohort_pieces import Pieces, write_whole
from posology.cli.cohort_work import Done
from posology.pharmacology.cohort_summary import ColumnSummary, Summary
from posology.pharmacology.cohorts import Study, columns_of

_PERCENTS = (2.5, 10.0, 25.0, 50.0, 75.0, 90.0, 97.5)
_CHUNK = 1 << 20


def join(pieces: Pieces, out: Path) -> Summary:
    """Write the file, and return the summary of all members.

    Raises
    ------
    NotKept
        If a piece has gone, or the disk does not take the file.
    """
    made: list[Summary] = []
    write_whole(out, lambda file: made.append(_write(pieces, file)))
    return made[0]


def _write(pieces: Pieces, file: IO[bytes]) -> Summary:
    import pyarrow  # type: ignore[import-untyped]
    from pyarrow import parquet

    study, names = pieces.study, columns_of(pieces.study)
    fields = [("member", pyarrow.int64()), *((name, pyarrow.float64()) for name in names)]
    schema = pyarrow.schema(
        [pyarrow.field(name, kind, nullable=False) for name, kind in fields],
        metadata={"posology.study": _told(study.as_data()), "posology.study.sha256": study.digest},
    )
    total: Summary | None = None
    with parquet.ParquetWriter(
        file,
        schema,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=1,
        use_dictionary=False,
        write_statistics=True,
    ) as writer:
        for index in range(study.pieces):
            done = pieces.read(index)
            columns = dict(zip(names, done.table, strict=True))
            numbers = pyarrow.array(_numbers(study, done))
            arrays = [numbers, *(pyarrow.array(column) for column in columns.values())]
            table = pyarrow.Table.from_arrays(arrays, schema=schema)
            writer.write_table(table, row_group_size=table.num_rows)
            summary = Summary.of(columns, done.past)
            total = summary if total is None else total.merged(summary)
        assert total is not None
        writer.add_key_value_metadata({"posology.summary": _told(summary_data(total))})
    return total


def _numbers(study: Study, done: Done) -> Any:
    import numpy as np

    first = done.index * study.piece_members
    return np.arange(first, first + done.table.shape[1])


def _told(data: Any) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def summary_data(summary: Summary) -> dict[str, Any]:
    """Return the summary in JSON's own types; the order of columns is that of the file."""
    return {
        "members": summary.n,
        "columns": {name: _column(one) for name, one in summary.columns.items()},
        "members_past": {sentence: summary.past[sentence] for sentence in sorted(summary.past)},
    }


def _column(one: ColumnSummary) -> dict[str, Any]:
    return {
        "mean": one.mean,
        "sd": one.sd,
        "lowest": one.low,
        "highest": one.high,
        "percentiles": {f"{percent:g}": one.percentile(percent) for percent in _PERCENTS},
    }


def sha256_of(path: Path) -> str:
    """Return the hash of a file, by which two files are told to be the same."""
    told = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            told.update(chunk)
    return told.hexdigest()

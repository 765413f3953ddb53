"""Reads one XLSX workbook from standard input to JSON on standard output, in a process with little memory and time.

A workbook of a few kilobytes can ask for gigabytes (a cell at XFD1048576, a zip bomb). Here it may, and only this
process falls. Run as `python -m entrepot.catalogue.importing.workbook ROWS COLUMNS`; imports nothing of ours.
Exit codes: 0 read, 3 too many rows or columns, 4 not a readable workbook; anything else: it fell over its limits.
"""

from __future__ import annotations

import datetime
import io
import resource
import sys
from decimal import Decimal

import msgspec
from python_calamine import CalamineError, CalamineWorkbook

MEMORY_MAX_BYTES = 1024 * 1024 * 1024
CPU_MAX_S = 30
TOO_LARGE, UNREADABLE = 3, 4


def cell_text(value: object) -> str:
    """A cell as a person would have typed it: 9008700124195.0 is "9008700124195", dates are ISO."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        number = Decimal(repr(value))
        return f"{number.to_integral_value() if number == number.to_integral_value() else number:f}"
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


def main(rows_max: int, columns_max: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_MAX_S, CPU_MAX_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            if sheet.total_height > rows_max + 1 or sheet.total_width > columns_max:
                return TOO_LARGE
            if sheet.total_height:
                rows = [[cell_text(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
                break
        else:
            name, rows = "", []
    except (CalamineError, OSError, ValueError, ArithmeticError, KeyError, IndexError):
        return UNREADABLE
    sys.stdout.buffer.write(msgspec.json.encode({"sheet": name, "rows": rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))

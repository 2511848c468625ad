import subprocess
import sys

COUNT = """
import io, os
import pyarrow as pa
import pyarrow.parquet as pq
from checkstate.scale.storage import read_columns
pq.write_table(pa.table({"label": ["on"] * 9, "path": ["x"] * 9}), buffer := io.BytesIO())
before = len(os.listdir("/proc/self/task"))
table = read_columns(buffer, ["label"])
print(table.num_rows, table.column_names, len(os.listdir("/proc/self/task")) - before)
"""


def test_reading_starts_no_thread_that_could_outlive_the_interpreter() -> None:
    """One that lets go of a Python file meanwhile aborts the process, now and then."""
    said = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, check=True)
    assert said.stdout == "9 ['label'] 0\n"

"""A folder for servers that a test starts.

As root, PostgreSQL runs as another account, which must be able to pass. Folders of `tmp_path` will not do: every pytest
that root starts shuts the folder above them to all others, while the servers of this one are at work.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def passable_directory() -> Iterator[Path]:
    """A new folder with a short path, gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="cw-", dir="/tmp"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)

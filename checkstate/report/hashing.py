"""The hash of what lies on the disk now, as DVC takes it and whatever it remembers."""

from __future__ import annotations

from typing import Any

from dvc.fs import localfs
from dvc_data.hashfile.build import build
from dvc_data.hashfile.db import HashFileDB
from dvc_data.hashfile.hash_info import HashInfo


def hash_now(path: str, fs: Any = localfs, kind: str = "md5", ignore: Any = None) -> HashInfo:
    """Hash a file or folder by its absolute path; nothing is stored."""
    _, _, now = build(HashFileDB(fs, ""), path, fs, kind, ignore=ignore, dry_run=True)
    found: HashInfo = now.hash_info
    return found

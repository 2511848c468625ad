"""Put what dvc.lock names into git, in the remote that every clone has: `make store`.

python -m scripts.store

git ignores .dvc-storage/ but for these files, so that `dvc pull` brings the outputs of the
committed lock to a clone of which nobody pushed anything.
"""

import subprocess

from dvc.repo import Repo

from checkstate.core.errors import UserError
from checkstate.stage.runner import run_stage

STORAGE = ".dvc-storage"


def main() -> None:
    """Push the outputs, and track those of the lock alone."""
    with Repo() as repo:
        if not repo.config["remote"]["storage"]["url"].endswith(STORAGE):
            raise UserError(f".dvc/config: the remote storage is not {STORAGE}, which git carries")
        repo.push(remote="storage")
        md5s = sorted(out.hash_info.value for out in repo.index.outs if out.use_cache)
    objects = [f"{STORAGE}/files/md5/{md5[:2]}/{md5[2:]}" for md5 in md5s]
    subprocess.run(["git", "rm", "-rq", "--cached", "--ignore-unmatch", STORAGE], check=True)
    subprocess.run(["git", "add", "--force", *objects], check=True)


if __name__ == "__main__":
    run_stage(main)

"""Put what dvc.lock names into git, in the remote that every clone has: `make store`.

python -m scripts.store

git ignores .dvc-storage/ but for these files, so that `dvc pull` brings the outputs of the
committed lock to a clone of which nobody pushed anything.
"""

import subprocess
from pathlib import Path

from dvc.repo import Repo

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.stage.runner import run_stage

STORAGE = Path(".dvc-storage")


def main() -> None:
    """Push what the pipeline made, and track that alone, with the lock that names it."""
    with Repo() as repo:
        url = repo.config["remote"].get("storage", {}).get("url", "")
        if Path(url).name != STORAGE.name:
            raise UserError(f".dvc/config: the remote storage is not {STORAGE}, which git carries")
        # not of data that `dvc add` tracks, which may be large or nobody else's
        made = [out for out in repo.index.outs if out.stage.path_in_repo == "dvc.yaml"]
        kept = {str(out): out.hash_info.value for out in made if out.use_cache}
        if missing := [name for name, md5 in kept.items() if not md5]:
            raise UserError(f"{missing[0]}: not in {paths.LOCK}; run `dvc repro`")
        repo.push(targets=list(kept), remote="storage")
    objects = [STORAGE / "files/md5" / md5[:2] / md5[2:] for md5 in kept.values()]
    git("rm", "-rq", "--cached", "--ignore-unmatch", STORAGE)
    git("add", "--force", paths.LOCK, *objects)


def git(*arguments: str | Path) -> None:
    """Run git."""
    subprocess.run(["git", *arguments], check=True)


if __name__ == "__main__":
    run_stage(main)

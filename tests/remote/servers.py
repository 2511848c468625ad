"""Real servers on loopback, started by the tests: OpenSSH, nginx with WebDAV, S3, git, MLflow."""

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil


def find(tool: str) -> str | None:
    """A program, also where root's programs and those of this environment lie; or a path."""
    places = f"{os.environ['PATH']}:/usr/sbin:{Path(sys.executable).parent}"
    return shutil.which(tool, mode=os.F_OK, path=places)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One server with a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.prepare()
        self.start()

    def start(self) -> None:
        log = (self.folder / "log").open("ab")
        environment = {**os.environ, "MINIO_ROOT_USER": "user", "MINIO_ROOT_PASSWORD": "password"}
        environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"  # it would want huey
        self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, env=environment)
        for _ in range(1200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text())

    def stop(self) -> None:
        """kill -9, then its children, which may have process groups of their own.

        In this order: nginx replaces a worker that dies before it.
        """
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        self.process.wait()
        for process in children:
            with suppress(psutil.NoSuchProcess):
                process.kill()


class Ssh(Server):
    """OpenSSH's sftp."""

    needs = ("sshd", "ssh-keygen")

    def prepare(self) -> None:
        for name in ("host", "client", "stranger"):
            key = ["-t", "ed25519", "-N", "", "-f", str(self.folder / name)]
            subprocess.run(["ssh-keygen", "-q", *key], check=True)
        shutil.copy(self.folder / "client.pub", self.folder / "authorized")
        (self.folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host\n"
            f"AuthorizedKeysFile {self.folder}/authorized\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\nPermitRootLogin yes\nPidFile none\n"
            "Subsystem sftp internal-sftp\nMaxStartups 100\nMaxSessions 100\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)

    def command(self) -> list[str]:
        return [str(find("sshd")), "-D", "-e", "-f", str(self.folder / "sshd_config")]

    def arrivals(self) -> Path:
        return self.folder / "store"

    def options(self) -> dict[str, str]:
        url = f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{self.folder}/store"
        return {"url": url, "keyfile": str(self.folder / "client"), "allow_agent": "false"}

    def wrong(self) -> dict[str, str]:
        return {"keyfile": str(self.folder / "stranger")}


class WebDav(Server):
    """nginx with its WebDAV modules."""

    MODULE = "/usr/lib/nginx/modules/ngx_http_dav_ext_module.so"
    needs = ("nginx", MODULE)

    def prepare(self) -> None:
        (self.folder / "www/store").mkdir(parents=True)
        (self.folder / "users").write_text("user:{PLAIN}password\n")
        (self.folder / "nginx.conf").write_text(
            f"load_module {self.MODULE};\ndaemon off;\n"
            f"user {getpass.getuser()};\npid {self.folder}/pid;\nerror_log {self.folder}/log;\n"
            f"events {{}}\nhttp {{ access_log off; client_body_temp_path {self.folder}/body;\n"
            f"server {{ listen 127.0.0.1:{self.port}; client_max_body_size 0;\n"
            f"location / {{ root {self.folder}/www; create_full_put_path on; dav_access user:rw;\n"
            "dav_methods PUT DELETE MKCOL COPY MOVE; dav_ext_methods PROPFIND OPTIONS;\n"
            f'auth_basic "x"; auth_basic_user_file {self.folder}/users; }} }} }}\n'
        )

    def command(self) -> list[str]:
        return [str(find("nginx")), "-c", str(self.folder / "nginx.conf")]

    def arrivals(self) -> Path:
        return self.folder / "www/store"

    def options(self) -> dict[str, str]:
        url = f"webdav://127.0.0.1:{self.port}/store"
        return {"url": url, "user": "user", "password": "password"}

    def wrong(self) -> dict[str, str]:
        return {"password": "guess"}


class S3(Server):
    """The S3 gateway of juicefs, over a folder."""

    needs = ("juicefs",)

    def prepare(self) -> None:
        self.database = f"sqlite3://{self.folder}/meta.db"
        store = ["--storage", "file", "--bucket", f"{self.folder}/blocks/"]
        command = [str(find("juicefs")), "format", *store, self.database, "volume"]
        subprocess.run(command, check=True, capture_output=True)

    def command(self) -> list[str]:
        cache = ["--cache-dir", str(self.folder / "cache"), "--no-usage-report"]
        address = f"127.0.0.1:{self.port}"
        return [str(find("juicefs")), "gateway", *cache, self.database, address]

    def arrivals(self) -> Path:
        return self.folder / "blocks"

    def options(self) -> dict[str, str]:
        return {
            "url": "s3://volume/store",
            "endpointurl": f"http://127.0.0.1:{self.port}",
            "access_key_id": "user",
            "secret_access_key": "password",
            "connect_timeout": "3",
            "read_timeout": "5",
        }

    def wrong(self) -> dict[str, str]:
        return {"secret_access_key": "guessed-secret"}


class Git(Server):
    """git's own server, of the repositories below the folder."""

    def prepare(self) -> None:
        pass

    def command(self) -> list[str]:
        where = ["--listen=127.0.0.1", f"--port={self.port}", f"--base-path={self.folder}"]
        return ["git", "daemon", "--export-all", "--reuseaddr", *where, str(self.folder)]

    def url(self, repository: str) -> str:
        return f"git://127.0.0.1:{self.port}/{repository}"


class MlFlow(Server):
    """MLflow's tracking server on SQLite."""

    def prepare(self) -> None:
        pass

    def command(self) -> list[str]:
        store = ["--backend-store-uri", f"sqlite:///{self.folder}/runs.db"]
        files = ["--artifacts-destination", str(self.folder / "artifacts")]
        where = ["--port", str(self.port), "--workers", "1"]
        return [sys.executable, "-m", "mlflow", "server", *store, *files, *where]

    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

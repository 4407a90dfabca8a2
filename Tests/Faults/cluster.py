"""A throwaway PostgreSQL server, and an installation on it."""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager

from place import Broken, Place, eventually, expect


def program(name):
    """The path of one of PostgreSQL's programs."""
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}")) or [shutil.which(name)]
    if not found[-1]:
        raise Broken(f"there is no {name}: apt-get install postgresql")
    return found[-1]


class Cluster:
    """A server in a folder, reached by a socket in it."""

    def __init__(self, folder, connections):
        self.folder, self.connections, self.process = folder, connections, None
        self.account = {}
        if os.getuid() == 0:
            # PostgreSQL refuses to run as root.
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
            self.account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        made = subprocess.run(
            [program("initdb"), "-D", f"{folder}/data", "-U", "postgres", "--auth=trust",
             "--encoding=UTF8", "--locale=C"],
            cwd=folder, capture_output=True, text=True, check=False, **self.account)
        expect(made.returncode == 0, f"initdb: {made.stderr}")

    def start(self):
        """Starts it and waits until it answers."""
        with open(f"{self.folder}/log", "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [program("postgres"), "-D", f"{self.folder}/data", "-k", self.folder, "-c",
                 "listen_addresses=", "-c", f"max_connections={self.connections}"],
                cwd=self.folder, stdout=log, stderr=log, **self.account)
        eventually("PostgreSQL answers", lambda: self.ask("SELECT 1", "postgres") == "1", 30, 0.05)

    def stop(self, how=signal.SIGINT):
        """Ends it: SIGINT is fast, SIGQUIT is immediate, as after a power cut."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)

    def ask(self, sql, database="heed"):
        """What a superuser is answered; None when there is no answer."""
        ran = subprocess.run(self.psql(database) + ["-c", sql], capture_output=True, text=True,
                             check=False)
        return ran.stdout.strip() if ran.returncode == 0 else None

    def psql(self, database="heed"):
        """The command of a superuser's prompt."""
        return ["psql", "-qXAt", "-h", self.folder, "-U", "postgres", "-d", database]

    @contextmanager
    def holding(self, sql):
        """A session that has said this and stays as it is."""
        with subprocess.Popen(self.psql(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True) as session:
            try:
                session.stdin.write(sql + "\n\\echo held\n")
                session.stdin.flush()
                expect(session.stdout.readline() == "held\n", f"cannot hold: {sql}")
                yield
            finally:
                session.kill()

    def url(self, role):
        """The address for a role."""
        return f"postgres://{role}@/heed?host={self.folder}"


@contextmanager
def open_cluster(binary, connections=60):
    """An installation on a new server; gives both, and nothing of them is left afterwards."""
    folder = tempfile.mkdtemp(prefix="heed-drill-")
    inner = os.path.join(folder, "heed")
    os.mkdir(inner)
    os.mkdir(os.path.join(folder, "postgres"))
    os.chmod(folder, 0o755)
    place, cluster = Place(binary, inner), None
    try:
        cluster = Cluster(os.path.join(folder, "postgres"), connections)
        cluster.start()
        cluster.ask("CREATE ROLE heed_owner LOGIN CREATEROLE", "postgres")
        cluster.ask("CREATE DATABASE heed OWNER heed_owner", "postgres")
        place.environment["HEED_DATABASE_WAIT_MILLISECONDS"] = "1000"
        place.done("migrate", "--database", cluster.url("heed_owner"))
        cluster.ask("CREATE ROLE heed_node LOGIN IN ROLE heed_app", "postgres")
        place.flags = ["--database", cluster.url("heed_node")]
        yield place, cluster
    finally:
        place.close()
        if cluster:
            cluster.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)

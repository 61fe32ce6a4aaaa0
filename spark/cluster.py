"""A small Spark cluster on this machine, for tests: master, workers, Connect server.

Everything listens on 127.0.0.1 only, lives in one folder, and stops with this process.

    python spark/cluster.py            starts one and prints its address, until Ctrl-C
"""

import argparse
import atexit
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

# Small data: a query costs planning, not computing.
SMALL_DATA = {
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.codegen.wholeStage": "false",
    # Planning anew after every stage is for data whose size nobody knows.
    "spark.sql.adaptive.enabled": "false",
    "spark.log.level": "WARN",
    "spark.sql.ui.explainMode": "simple",
}
# Threads of the one core that a test machine has to spare; no optimising compiler. What
# the quick one makes of Spark does not fit into its default 48 MB: once they are full,
# Java interprets, many times slower, and may fail with NoSuchMethodError.
QUICK = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=512m"
JAVA = f"-Duser.timezone=UTC {QUICK} -Xss8m"


def free_port():
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def java_home():
    """Folder of Java 17 or newer, or None."""
    java = shutil.which("java")
    if os.environ.get("JAVA_HOME"):
        return os.environ["JAVA_HOME"]
    return str(pathlib.Path(java).resolve().parents[1]) if java else None


class Cluster:
    """Standalone master, workers of one core each, and a Connect server.

    Arguments:
        folder: where logs, shuffle files and tables go.
        workers: how many.
        memory: of each worker's executor and of the server, in MB.
        settings: further Spark settings of the server.
    """

    def __init__(self, folder, workers=2, memory=1024, settings=None):
        """Nothing is started yet."""
        self.folder = pathlib.Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.n_workers = workers
        self.memory = memory
        self.settings = {**SMALL_DATA, **(settings or {})}
        self.processes = {}
        self.master_port = free_port()
        self.connect_port = free_port()

    @property
    def remote(self):
        """Address for Spark Connect clients."""
        return f"sc://127.0.0.1:{self.connect_port}"

    def start(self):
        """Start everything; return when clients can connect."""
        atexit.register(self.stop)
        for caught in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(caught, lambda number, frame: sys.exit(128 + number))
        master = f"spark://127.0.0.1:{self.master_port}"
        self._run(
            "master",
            "org.apache.spark.deploy.master.Master",
            f"--host 127.0.0.1 --port {self.master_port}".split()
            + f"--webui-port {free_port()}".split(),
        )
        self._wait_for(self.master_port, "master")
        for number in range(1, self.n_workers + 1):
            self._run(
                f"worker{number}",
                "org.apache.spark.deploy.worker.Worker",
                [
                    *f"--host 127.0.0.1 --cores 1 --webui-port {free_port()}".split(),
                    *f"--memory {self.memory + 512}m --work-dir".split(),
                    str(self.folder / f"worker{number}"),
                    master,
                ],
            )
        settings = {
            "spark.master": master,
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.executor.memory": f"{self.memory}m",
            "spark.executor.cores": "1",
            "spark.executor.extraJavaOptions": JAVA,
            "spark.ui.enabled": "false",
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": str(self.connect_port),
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.warehouse.dir": str(self.folder / "tables"),
            "spark.local.dir": str(self.folder / "scratch"),
            "spark.sql.ui.retainedExecutions": "1",
            **self.settings,
        }
        arguments = [
            "--class",
            "org.apache.spark.sql.connect.service.SparkConnectServer",
            "--driver-java-options",
            JAVA,
        ]
        for name, value in settings.items():
            arguments += ["--conf", f"{name}={value}"]
        self._run(
            "connect",
            "org.apache.spark.deploy.SparkSubmit",
            [*arguments, "spark-internal"],
        )
        self._wait_for(self.connect_port, "connect")
        return self

    def _run(self, name, main_class, arguments):
        import pyspark

        home = pathlib.Path(pyspark.__file__).parent
        environment = {
            **os.environ,
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            # The launcher counts the Connect server among the daemons.
            "SPARK_DAEMON_MEMORY": f"{2 * self.memory if name == 'connect' else 256}m",
            "PYSPARK_PYTHON": sys.executable,
            "SPARK_DAEMON_JAVA_OPTS": QUICK,
        }
        # The server must not take itself for a client.
        environment.pop("SPARK_REMOTE", None)
        with open(self.folder / f"{name}.log", "w") as log:
            self.processes[name] = subprocess.Popen(
                [home / "bin" / "spark-class", main_class, *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self.folder,
                start_new_session=True,
            )

    def _wait_for(self, port, name, seconds=180):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.processes[name].poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.3)
        log = (self.folder / f"{name}.log").read_text()[-2000:]
        raise RuntimeError(f"Spark's {name} did not start:\n{log}")

    def kill_worker(self, number):
        """End a worker and its executors at once, as a machine that fails does."""
        os.killpg(self.processes.pop(f"worker{number}").pid, signal.SIGKILL)

    def stop(self):
        """Stop what was started, newest first; safe to call twice."""
        for name in reversed(list(self.processes)):
            process = self.processes.pop(name)
            try:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(15)
            except ProcessLookupError:
                continue
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def __enter__(self):
        """Start."""
        return self.start()

    def __exit__(self, kind, error, traceback):
        """Stop, also on failure."""
        self.stop()


def main():
    """Start a cluster and wait."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", default="target/spark/cluster")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", type=int, default=1024, help="MB")
    arguments = parser.parse_args()
    with Cluster(arguments.folder, arguments.workers, arguments.memory) as cluster:
        print(f"INSIGHT_SPARK_REMOTE={cluster.remote}", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()

"""The engine on a cluster: the same bytes, whatever dies."""

import os
import signal
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import pytest
from distributed import Client, LocalCluster

import tilegan.inference.cluster as cluster_module
from tilegan.errors import WorkerError
from tilegan.inference.cluster import existing_cluster, local_cluster, run_on_cluster
from tilegan.inference.engine import run_in_threads
from tilegan.progress import silent


@pytest.fixture(scope="module")
def cluster():
    """A cluster in this process."""
    options = {"n_workers": 2, "threads_per_worker": 2, "processes": False, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(protocol="tcp", host="127.0.0.1", **options) as running:
        yield running


def worker_processes():
    """Processes of workers, those that other tests share as well; Python's own resource tracker is none."""
    found = set()
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it ended meanwhile, or has not been waited for
            if any("spawn_main" in part for part in child.cmdline()):
                found.add(child)
    return found


def store_bytes(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_bytes_as_in_threads(begun, random_translator, cluster, tmp_path):
    names, open_it = begun(random_translator)
    work = open_it()
    assert run_in_threads(names, work, silent) == 270 * 200
    expected = store_bytes(work.folder.store)
    work.folder.path.rename(tmp_path / "first")
    names, open_it = begun(random_translator)
    calls = []
    with existing_cluster(cluster.scheduler_address) as client:
        assert run_on_cluster(client, names, open_it(), lambda *call: calls.append(call)) == 270 * 200
        assert store_bytes(work.folder.store) == expected
        assert run_on_cluster(client, (*names[:2], "again"), open_it(), silent) == 0
    assert calls[0] == ("stylize", 0, 270 * 200)
    assert ("stylize", 270 * 200, 270 * 200) in calls


def test_errors_of_tasks_come_through_and_end_the_run(begun, random_translator, cluster):
    names, open_it = begun(random_translator)
    work = open_it()
    Path(names[0]).unlink()
    with existing_cluster(cluster.scheduler_address) as client, pytest.raises(OSError, match=r"in\.png"):
        run_on_cluster(client, names, work, silent)


def test_a_cluster_without_workers_is_refused(begun, random_translator):
    names, open_it = begun(random_translator)
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address="127.0.0.1:0") as empty,
        Client(empty) as client,
        pytest.raises(WorkerError, match="no workers"),
    ):
        run_on_cluster(client, names, open_it(), silent)


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(begun, random_translator, tmp_path):
    names, open_it = begun(random_translator, shard=32)
    work = open_it()
    run_in_threads(names, work, silent)
    expected = store_bytes(work.folder.store)
    work.folder.path.rename(tmp_path / "first")
    names, open_it = begun(random_translator, shard=32)
    killed = []

    def kill_one(client, _phase, done, _total):
        if done and not killed:
            killed.append(client.run(os.getpid))
            os.kill(min(killed[0].values()), signal.SIGKILL)
            # what it may have been writing, so named by zarr
            (work.folder.store / "0" / "c" / "0.0123456789abcdef.partial").write_bytes(b"torn")

    shared = worker_processes()
    with local_cluster(2, 2) as client:
        assert len(worker_processes() - shared) == 2
        assert run_on_cluster(client, names, open_it(), partial(kill_one, client)) > 0
    assert killed
    assert store_bytes(work.folder.store) == expected
    assert not worker_processes() - shared


@pytest.mark.slow
def test_local_workers_leave_nothing_in_the_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with local_cluster(1, 1) as client:
        assert client.run(os.getpid)
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_run_ends_when_no_worker_is_left(begun, random_translator, monkeypatch):
    monkeypatch.setattr(cluster_module, "DESERTED", "1s")
    names, open_it = begun(random_translator, shard=32)

    def kill_all(_phase, done, _total):
        if done:
            for nanny in running.workers.values():  # which would start another worker
                nanny.process.process.kill()
                nanny.auto_restart = False

    with local_cluster(1, 2) as client:
        running = client.cluster
        with pytest.raises(WorkerError, match="all workers have died"):
            run_on_cluster(client, names, open_it(), kill_all)

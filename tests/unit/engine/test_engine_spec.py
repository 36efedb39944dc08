from typing import Any

import pytest
from docker.types import HostConfig
from docker.types.containers import ContainerConfig

from localku.engine.spec import ContainerSpec, Limits, Mount, Publish, create_arguments, host_arguments

API = "1.44"


def body(spec: ContainerSpec) -> dict[str, Any]:
    """What docker-py would send for the spec."""
    return dict(ContainerConfig(API, host_config=HostConfig(API, **host_arguments(spec)), **_sendable(spec)))


def _sendable(spec: ContainerSpec) -> dict[str, Any]:
    return {key: value for key, value in create_arguments(spec).items() if key != "name"}


def test_a_plain_spec_sets_nothing_of_its_own() -> None:
    sent = body(ContainerSpec("image", "name"))
    assert (sent["Image"], sent["Cmd"], sent["Env"]) == ("image", None, [])
    assert "Entrypoint" not in sent or sent["Entrypoint"] is None
    host = sent["HostConfig"]
    assert {
        "Binds",
        "PortBindings",
        "Memory",
        "PidsLimit",
        "CapDrop",
        "SecurityOpt",
        "RestartPolicy",
        "Init",
    }.isdisjoint(key for key, value in host.items() if value)


def test_a_dyno_is_confined() -> None:
    limits = Limits(memory=512 << 20, pids=256, cpu_shares=1024, nproc=256)
    sent = body(ContainerSpec("image", "name", limits=limits, unprivileged=True, init=True, network="net"))
    host = sent["HostConfig"]
    assert (host["CapDrop"], host["SecurityOpt"]) == (["ALL"], ["no-new-privileges"])
    assert (host["Memory"], host["MemorySwap"]) == (512 << 20, 512 << 20)
    assert (host["PidsLimit"], host["CpuShares"], host["Init"], host["NetworkMode"]) == (256, 1024, True, "net")
    assert [dict(limit) for limit in host["Ulimits"]] == [{"Name": "nproc", "Soft": 256, "Hard": 256}]


def test_the_engine_keeps_150_mb_of_the_output() -> None:
    config = body(ContainerSpec("image", "name"))["HostConfig"]["LogConfig"]
    assert (config["Type"], config["Config"]) == ("json-file", {"max-size": "50m", "max-file": "3"})


def test_environment_keeps_equals_signs_newlines_and_empty_values() -> None:
    sent = body(ContainerSpec("image", "name", environment={"A": "x=y", "B": "1\n2", "C": ""}))
    assert sorted(sent["Env"]) == ["A=x=y", "B=1\n2", "C="]


def test_ports_are_published_where_the_spec_says_and_nowhere_else() -> None:
    spec = ContainerSpec("image", "name", publish=(Publish(4711, "127.0.0.1"), Publish(5432, "172.18.0.1", 40000)))
    sent = body(spec)
    assert set(sent["ExposedPorts"]) == {"4711/tcp", "5432/tcp"}
    assert sent["HostConfig"]["PortBindings"] == {
        "4711/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}],
        "5432/tcp": [{"HostIp": "172.18.0.1", "HostPort": "40000"}],
    }


def test_volumes_are_bound_read_only_where_asked() -> None:
    spec = ContainerSpec("image", "name", mounts=(Mount("cache", "/tmp"), Mount("build", "/src", read_only=True)))
    assert sorted(body(spec)["HostConfig"]["Binds"]) == ["build:/src:ro", "cache:/tmp:rw"]


def test_a_volume_with_labels_is_made_with_them() -> None:
    spec = ContainerSpec("image", "name", mounts=(Mount("usr", "/usr", read_only=True, labels={"a": "b"}),))
    assert body(spec)["HostConfig"]["Mounts"] == [
        {
            "Type": "volume",
            "Source": "usr",
            "Target": "/usr",
            "ReadOnly": True,
            "VolumeOptions": {"Labels": {"a": "b"}},
        }
    ]


@pytest.mark.parametrize("stdin", [True, False])
def test_input_is_closed_to_the_process_when_the_client_closes_it(stdin: bool) -> None:
    sent = body(ContainerSpec("image", "name", stdin=stdin, tty=stdin))
    assert (sent["OpenStdin"], sent["StdinOnce"], sent["Tty"]) == (stdin, stdin, stdin)


def test_the_rest_arrives_under_dockers_names() -> None:
    spec = ContainerSpec(
        "image",
        "name",
        command=("web",),
        entrypoint=("/bin/bash", "-c"),
        user="10000:1000",
        working_dir="/app",
        hostname="host",
        stop_signal="SIGTERM",
        labels={"a": "b"},
        tmpfs={"/run": "size=1m"},
        restart=True,
    )
    sent = body(spec)
    assert (sent["Cmd"], sent["Entrypoint"]) == (["web"], ["/bin/bash", "-c"])
    assert (sent["User"], sent["WorkingDir"], sent["Hostname"]) == ("10000:1000", "/app", "host")
    assert (sent["StopSignal"], sent["Labels"]) == ("SIGTERM", {"a": "b"})
    assert sent["HostConfig"]["Tmpfs"] == {"/run": "size=1m"}
    assert sent["HostConfig"]["RestartPolicy"] == {"Name": "unless-stopped"}

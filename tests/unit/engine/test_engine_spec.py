import pytest

from localku.engine.spec import ContainerSpec, Limits, Mount, Publish, body


def test_a_plain_spec_has_no_right_to_anything() -> None:
    sent = body(ContainerSpec("image", "name"))
    assert (sent["Image"], sent.get("Cmd"), sent["Env"]) == ("image", None, [])
    assert "Entrypoint" not in sent, "the image's own"
    host = {key: value for key, value in sent["HostConfig"].items() if value and key != "LogConfig"}
    assert host == {
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "NetworkMode": "none",
        "Memory": 512 << 20,
        "MemorySwap": 512 << 20,
        "PidsLimit": 128,
    }


def test_what_a_spec_asks_for_it_gets_and_no_more() -> None:
    limits = Limits(memory=1024 << 20, pids=256, cpu_shares=1024, nproc=256)
    asking = ContainerSpec(
        "image", "name", limits=limits, init=True, network="net", capabilities=("CHOWN",), read_only=True
    )
    host = body(asking)["HostConfig"]
    assert (host["CapDrop"], host["CapAdd"], host["SecurityOpt"]) == (["ALL"], ["CHOWN"], ["no-new-privileges"])
    assert (host["Memory"], host["MemorySwap"]) == (1024 << 20, 1024 << 20)
    assert (host["PidsLimit"], host["CpuShares"], host["Init"], host["NetworkMode"]) == (256, 1024, True, "net")
    assert host["ReadonlyRootfs"]
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


def test_a_volume_without_a_name_is_the_containers_own() -> None:
    spec = ContainerSpec("image", "name", mounts=(Mount("", "/run/postgresql"), Mount("data", "/data")))
    host = body(spec)["HostConfig"]
    assert [(mount["Type"], mount["Source"], mount["Target"]) for mount in host["Mounts"]] == [
        ("volume", None, "/run/postgresql")
    ]
    assert host["Binds"] == ["data:/data:rw"]


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

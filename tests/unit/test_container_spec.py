"""What a container inherits from its image, and what docker's engine refuses in mounts."""

from __future__ import annotations

import pytest

from dockercompat.errors import InvalidParameter
from dockercompat.spec import container, mount


@pytest.mark.parametrize(
    ("own", "image", "words"),
    [
        ({}, {"Cmd": ["sh"]}, ["sh"]),
        ({"Cmd": ["x"]}, {"Entrypoint": ["e"], "Cmd": ["c"]}, ["e", "x"]),
        ({}, {"Entrypoint": ["e"], "Cmd": ["c"]}, ["e", "c"]),
        ({"Entrypoint": ["q"]}, {"Entrypoint": ["e"], "Cmd": ["c"]}, ["q"]),
        ({"Entrypoint": ["q"], "Cmd": ["x"]}, {"Entrypoint": ["e"], "Cmd": ["c"]}, ["q", "x"]),
        ({"Entrypoint": [""], "Cmd": ["x"]}, {"Entrypoint": ["e"], "Cmd": ["c"]}, ["x"]),
        ({"Entrypoint": [""]}, {"Entrypoint": ["e"], "Cmd": ["c"]}, []),
    ],
)
def test_command(own, image, words):
    assert container.command(container.merged_config(own, image)) == words


def test_inherited_members():
    image = {
        "Env": ["A=image", "B=image"],
        "Labels": {"a": "image", "b": "image"},
        "User": "u",
        "WorkingDir": "/w",
        "ExposedPorts": {"80/tcp": {}},
        "Volumes": {"/v": {}},
        "StopSignal": "SIGQUIT",
        "Healthcheck": {"Test": ["CMD", "x"], "Retries": 2},
    }
    own = {"Env": ["A=own", "B"], "Labels": {"a": "own"}, "ExposedPorts": {"81/tcp": {}}, "Healthcheck": {"Interval": 5}, "StopTimeout": 0}
    merged = container.merged_config(own, image)
    assert merged["Env"] == ["A=own", "B"]
    assert merged["Labels"] == {"a": "own", "b": "image"}
    assert (merged["User"], merged["WorkingDir"], merged["StopSignal"], merged["StopTimeout"]) == ("u", "/w", "SIGQUIT", 0)
    assert merged["ExposedPorts"] == {"81/tcp": {}, "80/tcp": {}}
    assert merged["Volumes"] == {"/v": {}}
    assert merged["Healthcheck"] == {"Test": ["CMD", "x"], "Interval": 5, "Retries": 2}


def test_members_that_docker_always_shows():
    assert list(container.config({})) == [
        "Hostname", "Domainname", "User", "AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce", "Env", "Cmd",
        "Image", "Volumes", "WorkingDir", "Entrypoint", "OnBuild", "Labels",
    ]  # fmt: skip
    assert "Tmpfs" not in container.host_config({})
    assert container.host_config({})["PidsLimit"] is None


@pytest.mark.parametrize(
    ("text", "spec", "mode"),
    [
        ("/h:/c", {"Type": "bind", "Source": "/h", "Target": "/c"}, ""),
        ("/h:/c:ro,rslave", {"Type": "bind", "Source": "/h", "Target": "/c", "ReadOnly": True, "BindOptions": {"Propagation": "rslave"}},
         "ro,rslave"),
        ("vol:/c:nocopy", {"Type": "volume", "Source": "vol", "Target": "/c", "VolumeOptions": {"NoCopy": True}}, "nocopy"),
    ],
)  # fmt: skip
def test_bind(text, spec, mode):
    assert mount.parse_bind(text) == (spec, mode)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("aa:b:c:d", "invalid volume specification: 'aa:b:c:d'"),
        ("/foo:rw", "invalid volume specification: '/foo:rw'"),
        ("/foo:/bar:rw,ro", "invalid mode: rw,ro"),
        (
            "vol:rel",
            "invalid volume specification: 'vol:rel': invalid mount config for type \"volume\": "
            "invalid mount path: 'rel' mount path must be absolute",
        ),
    ],
)
def test_bind_refused(text, message):
    with pytest.raises(InvalidParameter) as caught:
        mount.parse_bind(text)
    assert str(caught.value) == message

"""Builders by name, the build cache's table, records of builds, images in registries put together."""

from __future__ import annotations

import json

import pytest

from tests.conftest import proves


@proves(
    "buildx create", "buildx create --use", "buildx create --name", "buildx create --driver", "buildx ls", "buildx inspect", "buildx use",
    "buildx rm", "buildx ls --format", "buildx ls --no-trunc", "buildx create --node", "buildx create --append", "buildx create --platform",
    "buildx create --leave", "buildx rm --force", "buildx rm --all-inactive", "buildx stop", "buildx use --global",
)  # fmt: skip
def test_a_builder_of_a_script(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nLABEL by=ci\n")
    assert pydocker("buildx", "create", "--use", "--name", "ci", "--driver", "docker-container", check=True).stdout == "ci\n"
    listed = pydocker("buildx", "ls", check=True).stdout
    assert listed.splitlines()[1].split() == ["ci*", "docker-container"]
    names = pydocker("buildx", "ls", "--format", "{{.Name}}", check=True).stdout.split()
    assert names == ["ci", "ci0", "default", "default"]
    assert "linux/" in pydocker("buildx", "ls", "--no-trunc", check=True).stdout
    assert "Status:                running" in pydocker("buildx", "inspect", "--bootstrap", check=True).stdout
    again = pydocker("buildx", "create", "--name", "ci")
    assert again.status == 1
    assert 'existing instance for "ci" but no append mode' in again.stderr
    assert pydocker("buildx", "create", "--name", "ci", "--append", "--node", "n").stderr.startswith("ERROR: invalid duplicate endpoint")
    assert "did you mean to append?" in pydocker("buildx", "create", "--name", "ci", "--node", "n").stderr
    assert "can not leave last node" in pydocker("buildx", "create", "--name", "ci", "--leave", "--node", "ci0").stderr
    pydocker("buildx", "create", "--name", "ci", "--node", "ci0", "--platform", "linux/arm64", check=True)
    assert "linux/arm64*" in pydocker("buildx", "inspect", "ci", check=True).stdout
    pydocker("buildx", "build", "--builder", "ci", "-t", "built-by:ci", context.path, check=True)
    assert pydocker("inspect", "-f", "{{.Config.Labels.by}}", "built-by:ci").stdout == "ci\n"
    assert "Last Activity:" in pydocker("buildx", "inspect", "ci", check=True).stdout
    assert pydocker("buildx", "build", "--builder", "nope", context.path).stderr == 'ERROR: no builder "nope" found\n'
    assert pydocker("buildx", "stop", "nope").status == 1
    pydocker("buildx", "use", "default", check=True)
    pydocker("buildx", "use", "--global", "ci", check=True)
    assert pydocker("buildx", "use", "nope").status == 1
    pydocker("buildx", "rm", "--all-inactive", "--force", check=True)
    removed = pydocker("buildx", "rm", "ci", "nope")
    assert removed.status == 1
    assert removed.stderr.startswith('ci removed\nfailed to remove nope: no builder "nope" found\n')
    assert pydocker("buildx", "ls", "--format", "{{.Name}}", check=True).stdout.split() == ["default", "default"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--driver", "docker"), 'additional instances of driver "docker" cannot be created'),
        (("--driver", "remote", "tcp://10.0.0.1:1234"), "the driver \"remote\" builds on another machine"),
        (("--driver", "kubernetes"), "the driver \"kubernetes\" builds on another machine"),
        (("--driver", "nope"), 'failed to find driver "nope"'),
        (("--name", "a b"), "invalid name a b, name needs to start with a letter and may not contain symbols, except ._-"),
        (("--name", "default"), "default is a reserved name"),
    ],
)  # fmt: skip
def test_builders_that_cannot_be_had(pydocker, words, message):
    refused = pydocker("buildx", "create", *words)
    assert refused.status == 1
    assert message in refused.stderr
    assert pydocker("buildx", "ls", "--format", "{{.Name}}", check=True).stdout.split() == ["default", "default"]


@proves("buildx du", "buildx du --filter", "buildx du --format", "buildx du --verbose")
def test_what_the_cache_holds(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nRUN echo weight-{id(context)} > /w\n")
    pydocker("build", "-q", context.path, check=True)
    lines = pydocker("buildx", "du", check=True).stdout.splitlines()
    assert lines[0].split() == ["ID", "RECLAIMABLE", "SIZE", "LAST", "ACCESSED"]
    assert lines[-2].startswith("Reclaimable:\t")
    ids = pydocker("buildx", "du", "--filter", "type=regular", "--format", "{{.ID}}", check=True).stdout.split()
    assert ids
    assert pydocker("buildx", "du", "--filter", "type=source.local", "--format", "{{.ID}}", check=True).stdout == ""
    assert f"ID:           {ids[0]}\n" in pydocker("buildx", "du", "--verbose", check=True).stdout
    assert json.loads(pydocker("buildx", "du", "--format", "json", check=True).stdout.splitlines()[0])["Type"] == "regular"


@proves(
    "buildx history ls", "buildx history ls --filter", "buildx history ls --format", "buildx history inspect", "buildx history logs",
    "buildx history rm", "buildx history inspect --format", "buildx history rm --all", "buildx history logs --progress",
)  # fmt: skip
def test_builds_are_remembered(pydocker, image, context):
    pydocker("buildx", "history", "rm", "--all", check=True)
    context("Dockerfile", f"FROM {image} AS first\nARG V\nRUN echo heard-$V\n")
    context("Bad", f"FROM {image}\nRUN exit 9\n")
    pydocker("build", "-q", "--no-cache", "--target", "first", "--build-arg", "V=5", ".", cwd=context.path, check=True)
    assert pydocker("build", "-q", "-f", "Bad", ".", cwd=context.path).status == 1
    base = context.path.name
    names = pydocker("buildx", "history", "ls", "--format", "{{.Name}} {{.Status}}", check=True).stdout.splitlines()
    assert names == [f"{base}/Bad Error", f"{base} (first) Completed"]
    assert len(pydocker("buildx", "history", "ls", "--filter", "status=error", check=True).stdout.splitlines()) == 2
    shown = pydocker("buildx", "history", "inspect", "^1", check=True).stdout
    assert "BUILD ARG\tVALUE\nV\t\t5\n" in shown
    assert ">>> RUN exit 9" in pydocker("buildx", "history", "inspect", check=True).stdout
    assert json.loads(pydocker("buildx", "history", "inspect", "--format", "json", "^1", check=True).stdout)["Status"] == "completed"
    assert "heard-5" in pydocker("buildx", "history", "logs", "^1", check=True).stderr
    assert '"logs"' in pydocker("buildx", "history", "logs", "--progress=rawjson", "^1", check=True).stderr
    ref = pydocker("buildx", "history", "ls", "--format", "{{.Ref}}", check=True).stdout.split()[0]
    pydocker("buildx", "history", "rm", ref, check=True)
    assert ref not in pydocker("buildx", "history", "ls", check=True).stdout


@proves(
    "buildx imagetools create", "buildx imagetools create --tag", "buildx imagetools create --append", "buildx imagetools create --dry-run",
    "buildx imagetools create --platform", "buildx imagetools create --prefer-index", "buildx imagetools create --annotation",
    "buildx imagetools inspect", "buildx imagetools inspect --raw", "buildx imagetools inspect --format",
    "buildx imagetools create --file", "buildx imagetools create --progress",
)  # fmt: skip
def test_images_put_together_in_a_registry(pydocker, context, registry):
    context("Dockerfile", "FROM scratch\nARG TARGETARCH\nCOPY Dockerfile /f-$TARGETARCH\nENV A=b\n")
    several = ("--platform", "linux/amd64,linux/arm64", "--provenance=false", "--push")
    pydocker("buildx", "build", "-t", f"{registry}/several:1", *several, context.path, check=True)
    pydocker("build", "-t", f"{registry}/one:1", "--provenance=false", "--push", context.path, check=True)

    def tools(*words):
        return pydocker("buildx", "imagetools", *words, check=True).stdout

    raw = json.loads(tools("inspect", "--raw", f"{registry}/several:1"))
    assert [each["platform"]["architecture"] for each in raw["manifests"]] == ["amd64", "arm64"]
    assert "Platform:  linux/arm64\n" in tools("inspect", f"{registry}/several:1")
    assert (
        json.loads(tools("inspect", "--format", '{{json (index .Image "linux/arm64").Config.Env}}', f"{registry}/several:1"))[-1] == "A=b"
    )
    tools("create", "--progress=plain", "-t", f"{registry}/both:1", f"{registry}/one:1")
    tools("create", "-t", f"{registry}/both:1", "--append", f"{registry}/several:1")
    listed = json.loads(tools("inspect", "--raw", f"{registry}/both:1"))["manifests"]
    assert len(listed) == 3
    pydocker("pull", "-q", f"{registry}/both:1", check=True)
    half = json.loads(tools("create", "--dry-run", "--platform", "linux/arm64", "--annotation", "index:k=v", f"{registry}/several:1"))
    assert (len(half["manifests"]), half["annotations"]) == (1, {"k": "v"})
    copied = json.loads(tools("create", "--dry-run", "--prefer-index=false", f"{registry}/one:1"))
    assert "config" in copied
    context("source.json", json.dumps(raw["manifests"][0]))
    from_file = json.loads(tools("create", "--dry-run", "-t", f"{registry}/several:2", "--file", str(context.path / "source.json")))
    assert from_file["manifests"][0]["digest"] == raw["manifests"][0]["digest"]
    missing = pydocker("buildx", "imagetools", "inspect", f"{registry}/several:none")
    assert (missing.status, missing.stderr) == (1, f"ERROR: {registry}/several:none: not found\n")


@proves(
    "buildx bake --builder", "buildx build --builder", "buildx du --builder", "buildx prune --builder", "buildx history ls --builder",
    "buildx history inspect --builder", "buildx history logs --builder", "buildx history rm --builder", "buildx inspect --builder",
    "buildx imagetools create --builder", "buildx imagetools inspect --builder", "buildx stop --builder",
)  # fmt: skip
@pytest.mark.parametrize(
    "words",
    [
        ("bake",), ("build", "."), ("du",), ("prune", "--force"), ("history", "ls"), ("history", "inspect"), ("history", "logs"),
        ("history", "rm", "--all"), ("inspect",), ("imagetools", "create", "--dry-run", "x"), ("imagetools", "inspect", "x"), ("stop",),
    ],
)  # fmt: skip
def test_a_builder_must_be_there(pydocker, image, context, words):
    context("Dockerfile", f"FROM {image}\n")
    context("docker-bake.hcl", 'target "default" {}\n')
    after = pydocker("buildx", *words, "--builder", "nope", cwd=context.path)
    before = pydocker("buildx", "--builder", "nope", *words, cwd=context.path)
    by_environment = pydocker("buildx", *words, cwd=context.path, env={"BUILDX_BUILDER": "nope"})
    for refused in (after, before, by_environment):
        assert (refused.status, refused.stderr) == (1, 'ERROR: no builder "nope" found\n')


def test_cache_mounts_are_cache(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nRUN --mount=type=cache,id=m,target=/c dd if=/dev/zero of=/c/f bs=1000 count=2000 2>/dev/null\n")
    pydocker("buildx", "prune", "-af", check=True)
    pydocker("build", "-q", "-t", "mounted", context.path, check=True)
    pydocker("build", "-q", "--no-cache", "-t", "mounted", context.path, check=True)
    row = ["buildx", "du", "--filter", "type=exec.cachemount", "--format", "{{.Size}} {{.Mutable}} {{.UsageCount}} {{.Description}}"]
    said = pydocker(*row, check=True).stdout
    assert said.startswith("2MB true 2 cached mount /c from exec /bin/sh -c dd ") and said.endswith(' with id "m"\n')
    cache = ["system", "df", "--format", "{{.Type}} {{.Size}}"]
    assert "Build Cache 2MB" in pydocker(*cache, check=True).stdout
    for kept in ("type=regular", "id~=^nothing", "type!=exec.cachemount", "description~=nothing", "private=true", "until=1h", "label=x"):
        said = pydocker("builder", "prune", "-f", "--filter", kept, check=True).stdout
        assert "2MB" not in said, kept
    refused = pydocker("builder", "prune", "-f", "--filter", "type=regular", "--filter", "type=exec.cachemount")
    assert (refused.status, refused.stderr) == (1, "ERROR: filters expect only one value\n")
    refused = pydocker("buildx", "du", "--filter", "until=xx")
    assert (refused.status, "expects a duration" in refused.stderr) == (1, True)
    assert pydocker("buildx", "prune", stdin="yes\n", check=True).stdout.endswith("[y/N] ")  # `y` alone agrees
    said = pydocker("buildx", "prune", "-f", "--filter", "type=exec.cachemount", check=True).stdout
    assert "*  " in said and said.endswith("Total:\t2MB\n")
    assert "Build Cache 0B" in pydocker(*cache, check=True).stdout
    pydocker("rmi", "-f", "mounted", check=True)


@proves("buildx prune --verbose")
def test_pruning_says_what_went(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nRUN echo pruned-{id(context)} > /w\n")
    pydocker("build", "-q", context.path, check=True)
    ids = pydocker("buildx", "du", "--format", "{{.ID}}", check=True).stdout.split()
    said = pydocker("buildx", "prune", "--all", "--force", "--verbose", check=True).stdout
    assert f"ID:\t\t{ids[0]}\n" in said
    assert "Description:\t[2/2] RUN echo pruned-" in said
    assert said.splitlines()[-1].startswith("Total:\t")


@proves("buildx install", "buildx uninstall")
def test_the_alias_of_builder_is_written_and_taken_back(pydocker):
    pydocker("buildx", "install", check=True)
    path = pydocker.home / ".docker/config.json"
    assert json.loads(path.read_text())["aliases"] == {"builder": "buildx"}
    pydocker("buildx", "uninstall", check=True)
    assert "aliases" not in json.loads(path.read_text())

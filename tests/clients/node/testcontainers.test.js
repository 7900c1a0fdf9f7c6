// testcontainers: containers with ports and wait strategies, builds, networks, files, commands, and the reaper.
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { text } from "node:stream/consumers";
import { GenericContainer, Network, Wait, getContainerRuntimeClient } from "testcontainers";

const server = (container) =>
  container
    .withCommand(["sh", "-c", "echo hello > /index.html; echo begun; exec httpd -f -p 8080 -h /"])
    .withExposedPorts(8080);
const get = async (container) => (await fetch(`http://${container.getHost()}:${container.getMappedPort(8080)}/index.html`)).text();

test("the engine is found without DOCKER_HOST", async () => {
  const { info } = await getContainerRuntimeClient();
  assert.match(info.containerRuntime.remoteSocketPath, /docker\.sock$/);
});

test("ports and wait strategies: port, log, http, health, command", async () => {
  const waits = [
    Wait.forListeningPorts(),
    Wait.forHttp("/index.html", 8080).forStatusCode(200),
    Wait.forHealthCheck(),
    Wait.forAll([Wait.forLogMessage(/beg.n/), Wait.forSuccessfulCommand("test -s /index.html")]),
  ];
  const started = await Promise.all(
    waits.map((wait) =>
      server(new GenericContainer("busybox"))
        .withHealthCheck({ test: ["CMD", "test", "-s", "/index.html"], interval: 300, retries: 20, timeout: 5000 })
        .withWaitStrategy(wait)
        .start(),
    ),
  );
  for (const container of started) assert.equal(await get(container), "hello\n");
  await Promise.all(started.map((container) => container.stop({ timeout: 0 })));
});

test("one shot, environment, files, commands, logs, restart", async () => {
  const container = await server(new GenericContainer("busybox"))
    .withEnvironment({ A: "1" })
    .withLabels({ l: "m" })
    .withCopyContentToContainer([{ content: "copied", target: "/c.txt" }])
    .withTmpFs({ "/t": "rw,size=1m" })
    .withUser("0")
    .start();
  const { exitCode, output, stderr } = await container.exec(["sh", "-c", "echo $A; cat /c.txt; echo err >&2; exit 5"]);
  assert.deepEqual([exitCode, output.includes("1\ncopied"), stderr], [5, true, "err\n"]);
  await container.copyFilesToContainer([{ source: process.argv[1], target: "/own.js" }]);
  assert.equal((await container.exec(["test", "-s", "/own.js"])).exitCode, 0);
  const archive = await container.copyArchiveFromContainer("/c.txt");
  assert.match(await text(archive), /^c\.txt\0/);
  await container.restart({ timeout: 0 });
  assert.equal(await get(container), "hello\n");
  await container.stop({ timeout: 0 });
  const once = await new GenericContainer("busybox").withCommand(["true"]).withWaitStrategy(Wait.forOneShotStartup()).start();
  await once.stop();
});

test("an image built from a Dockerfile, in a network with an alias", async () => {
  const directory = mkdtempSync(join(tmpdir(), "of-node-"));
  writeFileSync(join(directory, "Dockerfile"), "FROM busybox\nARG WORD\nRUN echo $WORD > /index.html\nCMD httpd -f -p 8080 -h /\n");
  const image = await GenericContainer.fromDockerfile(directory).withBuildArgs({ WORD: "built" }).build();
  const network = await new Network().start();
  const container = await image.withExposedPorts(8080).withNetwork(network).withNetworkAliases("web").start();
  const other = await new GenericContainer("busybox").withCommand(["sleep", "60"]).withNetwork(network).start();
  assert.equal((await other.exec(["wget", "-qO-", "http://web:8080/index.html"])).output, "built\n");
  await Promise.all([container, other].map((each) => each.stop({ timeout: 0 })));
  await network.stop();
});

test("a reaper has everything in its hands", async () => {
  if (process.env.TESTCONTAINERS_RYUK_DISABLED) return;
  const client = await getContainerRuntimeClient();
  const names = (await client.container.list()).map((each) => each.Names[0]);
  assert.ok(names.some((name) => name.startsWith("/testcontainers-ryuk-")), names.join());
});

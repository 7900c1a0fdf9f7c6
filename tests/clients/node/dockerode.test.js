// dockerode: streams, as its users take them apart; builds, events and the rest of a container's life.
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { after, test } from "node:test";
import Docker from "dockerode";
import tar from "tar-stream";

const docker = new Docker(); // finds DOCKER_HOST
const made = [];
after(() => Promise.all(made.map((each) => each.remove({ force: true, v: true }))));

const run = async (Cmd, more = {}) => {
  const container = await docker.createContainer({ Image: "busybox", Cmd, ...more });
  made.push(container);
  return container;
};
const sleeper = await run(["sleep", "60"], { HostConfig: { Init: true } });
await sleeper.start();

// what a multiplexed stream said, as [stdout, stderr]
const apart = async (stream, from = docker) => {
  const sides = [new PassThrough(), new PassThrough()];
  from.modem.demuxStream(stream, ...sides);
  stream.on("end", () => sides.forEach((side) => side.end()));
  return Promise.all(sides.map(text));
};
const packed = async (files) => {
  const pack = tar.pack();
  for (const [name, content] of Object.entries(files)) pack.entry({ name }, content);
  pack.finalize();
  return pack;
};
const followed = (stream) =>
  new Promise((resolve, reject) => docker.modem.followProgress(stream, (error, all) => (error ? reject(error) : resolve(all))));

test("run gives the output and the status", async () => {
  const sides = [new PassThrough(), new PassThrough()];
  const said = Promise.all(sides.map(text));
  const [status, container] = await docker.run("busybox", ["sh", "-c", "echo out; echo err >&2; exit 3"], sides, { Tty: false });
  made.push(container);
  sides.forEach((side) => side.end());
  assert.equal(status.StatusCode, 3);
  assert.deepEqual(await said, ["out\n", "err\n"]);
});

test("attach, both ways, hijacked", async () => {
  const container = await run(["sh", "-c", "read x; echo got $x; echo err >&2"], { OpenStdin: true, StdinOnce: true });
  const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
  const said = apart(stream);
  await container.start();
  stream.write("typed\n");
  stream.end();
  assert.deepEqual(await said, ["got typed\n", "err\n"]);
  assert.equal((await container.wait()).StatusCode, 0);
});

test("attach with a terminal and its size", async () => {
  const container = await run(["sh", "-c", "read x; stty size"], { OpenStdin: true, Tty: true });
  const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
  const said = text(stream);
  await container.start();
  await container.resize({ h: 33, w: 99 });
  stream.write("\n");
  assert.match(await said, /33 99\r\n$/);
});

test("exec", async () => {
  const exec = await sleeper.exec({ Cmd: ["sh", "-c", "cat; echo err >&2; exit 4"], AttachStdin: true, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ hijack: true, stdin: true });
  const said = apart(stream);
  stream.end("typed\n");
  assert.deepEqual(await said, ["typed\n", "err\n"]);
  assert.equal((await exec.inspect()).ExitCode, 4);
});

test("logs, at once and followed", async () => {
  const container = await run(["sh", "-c", "echo a; sleep 0.2; echo b >&2"]);
  await container.start();
  const stream = await container.logs({ follow: true, stdout: true, stderr: true });
  assert.deepEqual(await apart(stream), ["a\n", "b\n"]);
  const whole = await container.logs({ stdout: true, stderr: true });
  assert.deepEqual([...whole], [1, 0, 0, 0, 0, 0, 0, 2, 97, 10, 2, 0, 0, 0, 0, 0, 0, 2, 98, 10]);
});

test("files in and out", async () => {
  await sleeper.putArchive(await packed({ "in.txt": "content" }), { path: "/tmp" });
  const extract = tar.extract();
  const found = new Promise((resolve) => extract.on("entry", async ({ name }, entry) => resolve(name + (await text(entry)))));
  (await sleeper.getArchive({ path: "/tmp/in.txt" })).pipe(extract);
  assert.equal(await found, "in.txtcontent");
  assert.ok((await sleeper.changes()).some((each) => each.Path === "/tmp/in.txt"));
});

test("a build from a tar stream, and one that fails", async () => {
  const good = await packed({ Dockerfile: "FROM busybox\nARG A\nCOPY f /f\nRUN cat /f\nLABEL a=$A\n", f: "from the file\n" });
  const said = await followed(await docker.buildImage(good, { t: "of-node:1", nocache: true, buildargs: { A: "v" } }));
  assert.ok(said.some((each) => each.stream?.includes("from the file")), JSON.stringify(said));
  assert.equal(said.at(-1).stream, "Successfully tagged of-node:1\n");
  assert.equal((await docker.getImage("of-node:1").inspect()).Config.Labels.a, "v");
  const bad = await packed({ Dockerfile: "FROM busybox\nRUN false\n" });
  const failed = await followed(await docker.buildImage(bad, { t: "of-node:2" }));
  assert.match(failed.at(-1).error, /non-zero code: 1/);
  const saved = await buffer(await docker.getImage("of-node:1").get());
  await docker.getImage("of-node:1").remove();
  const loaded = await followed(await docker.loadImage(saved));
  assert.match(loaded.at(-1).stream, /Loaded image: of-node:1/);
  await docker.getImage("of-node:1").remove();
});

test("events, live and filtered", async () => {
  const stream = await docker.getEvents({ filters: { type: ["volume"], event: ["create", "destroy"] } });
  const actions = [];
  const seen = new Promise((resolve) => {
    let rest = "";
    stream.on("data", (data) => {
      const lines = (rest + data).split("\n");
      rest = lines.pop();
      actions.push(...lines.map((line) => JSON.parse(line).Action));
      if (actions.length === 2) resolve();
    });
  });
  await docker.createVolume({ Name: "of-node" });
  await docker.getVolume("of-node").remove();
  await seen;
  stream.destroy();
  assert.deepEqual(actions, ["create", "destroy"]);
});

test("stats and top", async () => {
  assert.equal((await sleeper.top()).Titles[0], "UID");
  const stream = await sleeper.stats();
  const first = await new Promise((resolve) => stream.once("data", resolve));
  stream.destroy();
  assert.equal(JSON.parse(first).id, sleeper.id);
});

test("networks, lists and errors", async () => {
  const network = await docker.createNetwork({ Name: "of-node", Internal: true, CheckDuplicate: true });
  await network.connect({ Container: sleeper.id, EndpointConfig: { Aliases: ["al"] } });
  assert.deepEqual(Object.keys((await network.inspect()).Containers), [sleeper.id]);
  await network.disconnect({ Container: sleeper.id, Force: true });
  await network.remove();
  assert.deepEqual((await docker.listContainers({ filters: { id: [sleeper.id] } })).map((each) => each.State), ["running"]);
  await assert.rejects(docker.getContainer("none").inspect(), { statusCode: 404, reason: "no such container" });
  await assert.rejects(docker.swarmInspect(), { statusCode: 503 });
  assert.equal((await docker.ping()).toString(), "OK");
  assert.equal((await docker.version()).Os, "linux");
});

// dockerode-compose: a project of two services, one of them built, from up to down.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import Docker from "dockerode";
import Compose from "dockerode-compose";

const docker = new Docker(); // finds DOCKER_HOST
const directory = mkdtempSync(join(tmpdir(), "project-"));
mkdirSync(join(directory, "built"));
writeFileSync(join(directory, "built/Dockerfile"), "FROM busybox\nARG WORD\nCOPY f /f\nRUN echo $WORD > /word\n");
writeFileSync(join(directory, "built/f"), "file\n");
writeFileSync(
  join(directory, "compose.yaml"),
  `services:
  web:
    image: busybox
    command: ["sh", "-c", "mkdir -p /www; hostname > /www/index.html; exec httpd -f -p 80 -h /www"]
    hostname: served
    networks: [front]
    stop_grace_period: 0
  built:
    build: {context: built, args: {WORD: said}, labels: ["of=compose"]}
    command: ["sleep", "1000"]
    depends_on: [web]
    environment: {A: "1"}
    volumes: ["data:/data"]
    networks: [front]
    init: true
    stop_grace_period: 0
networks:
  front: {}
volumes:
  data: {}
`,
);
const compose = new Compose(docker, join(directory, "compose.yaml"), "ofnode");
after(() => compose.down({ volumes: true }));

const said = async (container, ...Cmd) => {
  const exec = await container.exec({ Cmd, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const sides = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, ...sides);
  stream.on("end", () => sides.forEach((side) => side.end()));
  const [out, err] = await Promise.all(sides.map(text));
  assert.equal(err, "");
  return out;
};

test("up builds, makes and starts; down removes", async () => {
  const { services } = await compose.up();
  const names = (await docker.listContainers({ filters: { label: ["com.docker.compose.project=ofnode"] } })).map((each) => each.Names[0]);
  assert.deepEqual(names.sort(), ["/ofnode_built_1", "/ofnode_web_1"]);
  assert.equal(services.length, 2);
  const built = docker.getContainer("ofnode_built_1");
  assert.equal(await said(built, "sh", "-c", "cat /f /word; echo $A"), "file\nsaid\n1\n");
  assert.equal((await docker.getImage("ofnode_built").inspect()).Config.Labels.of, "compose");
  // the web server may take a moment, the name of a service must not
  assert.equal(await said(built, "sh", "-c", "until wget -qO- http://web/ 2>/dev/null; do usleep 50000; done"), "served\n");
  const { Mounts } = await built.inspect();
  assert.deepEqual(Mounts.map((each) => [each.Type, each.Name, each.Destination]), [["volume", "ofnode_data", "/data"]]);
  await compose.down({ volumes: true });
  assert.deepEqual(await docker.listContainers({ all: true }), []);
  assert.deepEqual((await docker.listVolumes()).Volumes, []);
  assert.deepEqual(await docker.listNetworks({ filters: { type: ["custom"] } }), []);
  await docker.getImage("ofnode_built").remove();
});

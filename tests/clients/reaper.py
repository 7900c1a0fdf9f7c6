"""What testcontainers' ryuk does, for an image that is made offline: what its clients have labelled goes when the last of them has gone.

A client sends lines of filters, `label=KEY=VALUE&label=...`, and gets "ACK". Source: the protocol of testcontainers/moby-ryuk.
"""

import contextlib
import http.client
import json
import os
import select
import socket
import urllib.parse

_SOCKET = "/var/run/docker.sock"


class _Engine(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(_SOCKET)


def ask(method, target):
    connection = _Engine("docker")
    connection.request(method, target)
    answer = connection.getresponse()
    body = answer.read()
    return json.loads(body) if body else None


def received(client):
    try:
        return client.recv(4096)
    except ConnectionError:  # killed before it read all answers
        return b""


def main():
    ask("GET", "/version")  # without the engine there is nothing to do here
    listener = socket.create_server(("", 8080))
    patience_s = float(os.environ.get("RYUK_RECONNECTION_TIMEOUT", "10s").removesuffix("s"))
    print("Ryuk has Started!", flush=True)
    clients, filters = {}, set()
    while clients or not filters or select.select([listener], [], [], patience_s)[0]:
        for each in select.select([listener, *clients], [], [])[0]:
            if each is listener:
                clients[listener.accept()[0]] = b""
                continue
            data = received(each)
            if not data:
                del clients[each]
                continue
            *lines, clients[each] = (clients[each] + data).split(b"\n")
            for line in lines:
                filters.add(line.decode().strip())
                with contextlib.suppress(OSError):
                    each.sendall(b"ACK\n")
    for line in filters:
        wanted = urllib.parse.quote(json.dumps({"label": [part.removeprefix("label=") for part in line.split("&")]}))
        own = socket.gethostname()
        for each in ask("GET", f"/containers/json?all=1&filters={wanted}"):
            if not each["Id"].startswith(own):
                ask("DELETE", f"/containers/{each['Id']}?force=1&v=1")
        ask("POST", f"/networks/prune?filters={wanted}")
        ask("POST", f"/volumes/prune?filters={wanted}")


if __name__ == "__main__":
    main()

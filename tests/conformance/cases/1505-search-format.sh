serve() {
    cat > s.py; python3 s.py & server=$!
    trap "kill $server" EXIT
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -s port ] && break; sleep 0.1; done
    at=127.0.0.1:$(cat port)
}
say() { "$@" > o 2>&1; echo "rc $?" >> o; sed "s/$at/SERVER/g" o; }
serve <<'END'
import http.server, json, os, urllib.parse
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *a): pass
    def say(self, status, body, kind="application/json", **headers):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status); self.send_header("Content-Type", kind); self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items(): self.send_header(name.replace("_", "-"), value)
        self.end_headers(); self.wfile.write(body) if self.command != "HEAD" else None
    def do(self):
        url = urllib.parse.urlsplit(self.path); path = url.path; query = dict(urllib.parse.parse_qsl(url.query))
        found = [{"name": "busybox", "description": "Base image.", "star_count": 3000, "is_official": True},
                 {"name": "some/box", "description": "A very long description that goes on, much longer than 45 characters\nwith a line", "star_count": 12},
                 {"name": "uni/box", "description": "Grüße", "star_count": 0}]
        if path == "/v1/_ping": return self.say(200, True)
        if query.get("q") == "down": return self.say(500, b"")
        if query.get("q") == "json": return self.say(200, b"{nope")
        self.say(200, {"results": found[:int(query["n"])]})
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
open("port", "w").write(str(server.server_port)); server.serve_forever()
END
say docker search --format '{{.Name}}|{{.StarCount}}|{{.IsOfficial}}|{{.Description}}' $at/box
say docker search --format json $at/box
say docker search --format 'table {{.Name}}\t{{.IsOfficial}}' $at/box
say docker search --format '{{.IsAutomated}}' $at/box
say docker search --format 'table {{json .}}' $at/box

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
        def no(status, code, message, **more): self.say(status, {"errors": [{"code": code, "message": message, **more}]})
        name = path.split("/")[2] if path.count("/") > 2 else ""
        if not name or path == "/v2/": return self.say(200, {})
        if name == "s500": return self.say(500, b"boom", "text/plain")
        if name == "s429": return no(429, "TOOMANYREQUESTS", "slow down")
        if name == "denied": return no(403, "DENIED", "requested access to the resource is denied")
        if name == "deniedmore": return no(403, "DENIED", "requested access to the resource is denied", detail={})
        if name == "deniedtext": return self.say(403, b"forbidden", "text/plain")
        if name == "unknown": return no(404, "MANIFEST_UNKNOWN", "manifest unknown")
        if name == "unknownmore": return no(404, "MANIFEST_UNKNOWN", "manifest unknown", detail={"Tag": "x"})
        if name == "noname": return no(404, "NAME_UNKNOWN", "nothing of that name")
        if name == "text": return self.say(404, b"404 page not found", "text/plain")
        if name == "other": return no(400, "WHATEVER", "odd")
        if name == "html": return self.say(200, b"<html>", "text/html")
        if name == "half": return self.say(200, b"{nope", "application/vnd.docker.distribution.manifest.v2+json")
        if name == "bare": return self.say(200, b"{}", "application/vnd.docker.distribution.manifest.v2+json")
        if name == "list": return self.say(200, {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.list.v2+json", "manifests": []}, "application/vnd.docker.distribution.manifest.list.v2+json")
        if name == "null": return self.say(200, {"name": name, "tags": None})
        no(404, "NOT_FOUND", "nothing")
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
open("port", "w").write(str(server.server_port)); server.serve_forever()
END
for n in s500 s429 denied deniedmore deniedtext unknown unknownmore noname text other; do say docker pull $at/$n; done

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
        import base64
        good = "Basic " + base64.b64encode(b"moby:sesame").decode(); given = self.headers.get("Authorization", "")
        if path == "/token":
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if given and given != good: return self.say(401, {"details": "incorrect username or password"})
            return self.say(200, {"token": "t", **({"refresh_token": "again"} if os.path.exists("refresh") else {})})
        if os.path.exists("token"):
            if given == "Bearer t": return self.say(200, {})
            realm = "http://%s/token" % self.headers["Host"]
            return self.say(401, {"errors": [{"code": "UNAUTHORIZED", "message": "no"}]}, WWW_Authenticate="Bearer realm=\"%s\",service=\"s\"" % realm)
        if given == good: return self.say(200, {})
        self.say(401, b"", "text/plain", WWW_Authenticate="Basic realm=\"x\"")
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
open("port", "w").write(str(server.server_port)); server.serve_forever()
END
mkdir h; cat > h/docker-credential-x <<'X'
#!/bin/sh
echo "$1 $(cat)" >> log
[ "$1" = get ] && echo '{"ServerURL":"x","Username":"moby","Secret":"sesame"}'
exit 0
X
chmod 755 h/docker-credential-x; PATH=$PWD/h:$PATH
echo '{"credsStore":"x","detachKeys":"ctrl-x"}' > "$DOCKER_CONFIG/config.json"
say docker login -u moby -p sesame $at; say cat log "$DOCKER_CONFIG/config.json"; : > log
say docker login $at; say cat log; : > log
say docker logout $at; say cat log "$DOCKER_CONFIG/config.json"

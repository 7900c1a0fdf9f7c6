"""What the services have in common: a table of paths, JSON answers, an orderly end."""

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def serve(paths):
    """Serve {path: function without arguments that gives what JSON can say} on $PORT until SIGTERM."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            known = {"/health": lambda: "ok", **paths}
            body = (json.dumps(known[self.path]()) if self.path in known else '"not found"').encode() + b"\n"
            self.send_response(200 if self.path in known else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    print(f"{os.environ['NAME']} stopped in good order")

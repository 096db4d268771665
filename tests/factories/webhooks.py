"""A receiver of webhooks on this machine."""

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer


class Receiver:
    """A server on this machine that keeps what it is sent and answers `status`."""

    def __init__(self):
        self.got, self.status, self.location = [], 204, None
        self.drips, self.dripped, self.closing = False, False, threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((dict(self.headers), body, self.path))
                if outer.drips:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                    with suppress(OSError):
                        for _ in range(300):
                            if outer.closing.wait(0.1):
                                return
                            self.wfile.write(b"X-Slow: 1\r\n")
                        outer.dripped = True
                    return
                self.send_response(outer.status)
                if outer.location:
                    self.send_header("Location", outer.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def url(self):
        return f"http://localhost:{self.server.server_port}/hook?to=line-4"

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

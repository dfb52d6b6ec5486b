"""A web server for tests: one file, with ETag and ranges, that can break off."""
import http.server
import threading


class WebServer:
    """Serves `content` at /checkpoint.pth. Requests' Range headers are kept in `ranges`."""

    def __init__(self, content, tag='"one"'):
        self.content, self.tag = content, tag
        self.break_after = None  # bytes of the next answer, once
        self.ranges = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/checkpoint.pth"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request):
        if request.path != "/checkpoint.pth":
            request.send_error(404)
            return
        wanted = request.headers.get("Range")
        self.ranges.append(wanted)
        same = request.headers.get("If-Range") in (None, self.tag)
        first = int(wanted.split("=")[1].rstrip("-")) if wanted and same else 0
        body = self.content[first:]
        request.send_response(206 if first else 200)
        request.send_header("ETag", self.tag)
        request.send_header("Content-Length", str(len(body)))
        if first:
            request.send_header("Content-Range", f"bytes {first}-{len(self.content) - 1}/{len(self.content)}")
        request.end_headers()
        cut, self.break_after = self.break_after, None
        request.wfile.write(body[:cut])
        if cut is not None:
            request.close_connection = True

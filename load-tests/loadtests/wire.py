"""HTTP/1.1 for many clients in one thread, doing as little as it can while the load runs: the client shares the machine with the
server. Every piece of a body is kept with its arrival time; nothing is looked into until somebody asks."""
import errno
import selectors
import socket
import time
from urllib.parse import urlsplit

REST_S = 0.2        # pause of a client after an error


class Request:
    """What a client sends next. With `leave_after` it hangs up once so many pieces of the answer have come."""

    def __init__(self, path, body, leave_after=None):
        self.path, self.body, self.leave_after = path, body, leave_after


class Exchange:
    """What a request left behind. Times are of `time.perf_counter`."""

    def __init__(self, request):
        self.request = request
        self.sent = 0.0
        self.status = 0
        self.pieces = []        # (arrival, bytes of the body)
        self.ended = None
        self.error = None
        self.left = False       # we hung up on purpose


class BodyReader:
    """Takes an HTTP/1.1 response apart as it comes."""

    def __init__(self):
        self.head = b""
        self.status = 0
        self.keep = True
        self.done = False
        self.chunked = False
        self.left = None        # bytes of the body, or of the chunk, still to come; None: until the connection ends
        self.rest = b""

    def feed(self, data):
        """The bytes of the body that `data` holds."""
        if self.status == 0:
            self.head += data
            cut = self.head.find(b"\r\n\r\n")
            if cut < 0:
                return b""
            data = self.head[cut + 4:]
            self.read_head(self.head[:cut])
            if self.left == 0 and not self.chunked:
                self.done = True
        if self.chunked:
            return self.dechunk(data)
        if self.left is not None:
            self.left -= len(data)
            self.done = self.left <= 0
        return data

    def read_head(self, head):
        lines = head.lower().split(b"\r\n")
        self.status = int(lines[0].split()[1])
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            value = value.strip()
            if name == b"transfer-encoding" and b"chunked" in value:
                self.chunked, self.left = True, 0
            elif name == b"content-length" and not self.chunked:
                self.left = int(value)
            elif name == b"connection" and value == b"close":
                self.keep = False

    def dechunk(self, data):
        out = []
        data = self.rest + data
        at = 0
        while at < len(data) and not self.done:
            if self.left > 0:                               # inside a chunk and the line end behind it
                take = data[at:at + self.left]
                at += len(take)
                body = max(0, min(len(take), self.left - 2))
                out.append(take[:body])
                self.left -= len(take)
                continue
            end = data.find(b"\r\n", at)
            if end < 0:
                break
            size = int(data[at:end].split(b";")[0], 16)
            if size == 0:                                   # trailers are not used by any server measured here
                if len(data) < end + 4:
                    break
                self.done = True
            self.left = size + 2
            at = end + 2
        self.rest = b"" if self.done else data[at:]
        return b"".join(out)


class Connection:
    """One client's connection: sends a request, reads its answer, takes the client's next request."""

    def __init__(self, driver, client):
        self.driver, self.client = driver, client
        self.sock = self.exchange = self.reader = None
        self.out = b""
        self.fresh = True       # nothing was answered on this socket yet
        self.rest_until = 0.0   # after an error, so that a server that is gone is not stormed

    @property
    def busy(self):
        return self.exchange is not None

    def start(self, request):
        self.exchange, self.reader = Exchange(request), BodyReader()
        head = "POST %s HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: application/json\r\nAuthorization: Bearer none\r\nContent-Length: %d\r\n\r\n"
        self.frame = (head % (self.driver.path + request.path, self.driver.host, self.driver.port, len(request.body))).encode() + request.body
        self.exchange.sent = time.perf_counter()
        self.send()

    def send(self):
        self.out = self.frame
        if self.sock is None:
            self.fresh = True
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self.sock.setblocking(False)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            failed = self.sock.connect_ex((self.driver.host, self.driver.port))
            if failed not in (0, errno.EINPROGRESS):
                return self.finish("cannot connect: " + errno.errorcode.get(failed, str(failed)))
            self.driver.selector.register(self.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, self)
        else:
            self.driver.selector.modify(self.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def ready(self, mask):
        try:
            if mask & selectors.EVENT_WRITE and self.out:
                self.out = self.out[self.sock.send(self.out):]
                if not self.out:
                    self.driver.selector.modify(self.sock, selectors.EVENT_READ, self)
            if mask & selectors.EVENT_READ:
                self.read(self.sock.recv(1 << 16))
        except BlockingIOError:
            pass
        except OSError as broken:
            self.lost(str(broken))

    def read(self, data):
        at = time.perf_counter()
        if not data:
            return self.lost("the server closed the connection")
        if self.exchange is None:
            return self.close()
        body = self.reader.feed(data)
        if body:
            self.exchange.pieces.append((at, body))
        self.exchange.status = self.reader.status
        leave = self.exchange.request.leave_after
        if self.reader.done:
            self.fresh = False
            self.finish(None)
        elif leave is not None and len(self.exchange.pieces) >= leave:
            self.exchange.left = True
            self.close()
            self.finish(None)

    def lost(self, reason):
        untouched = self.exchange is not None and self.reader.status == 0 and not self.fresh
        until_close = self.exchange is not None and self.reader.status and self.reader.left is None and not self.reader.chunked
        self.close()
        if untouched:
            self.send()         # a kept connection that the server had ended meanwhile is no failure: once more on a new one
        elif self.exchange is not None:
            self.finish(None if until_close else reason)

    def finish(self, error):
        exchange, self.exchange = self.exchange, None
        exchange.ended, exchange.error = time.perf_counter(), error
        if self.reader is not None and not self.reader.keep:
            self.close()
        if error:
            self.close()
            self.rest_until = exchange.ended + REST_S
        self.client.finished(exchange)

    def cut(self):
        """Ends a request that takes too long; it counts as unfinished."""
        exchange, self.exchange = self.exchange, None
        self.close()
        self.client.finished(exchange)

    def close(self):
        if self.sock is not None:
            try:
                self.driver.selector.unregister(self.sock)
            except KeyError:
                pass
            self.sock.close()
            self.sock = None


class Driver:
    """Keeps clients busy. A client has `next()`, its next Request or None for now, and `finished(exchange)`."""

    def __init__(self, url):
        parts = urlsplit(url if "//" in url else "http://" + url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError("'%s' is no http address" % url)
        self.host, self.port, self.path = parts.hostname, parts.port or 80, parts.path.rstrip("/")
        self.selector = selectors.DefaultSelector()
        self.connections = {}

    def run(self, clients, until, drain):
        """Gives every client its next request as soon as its last has ended, until the time `until`; then waits at most `drain`
        seconds for what runs, and cuts the rest."""
        mine = [self.connections.setdefault(id(c), Connection(self, c)) for c in clients]
        while True:
            now = time.perf_counter()
            if now < until:
                for connection in mine:
                    if not connection.busy and now >= connection.rest_until:
                        request = connection.client.next()
                        if request is not None:
                            connection.start(request)
                limit = until
            elif any(c.busy for c in mine) and now < until + drain:
                limit = until + drain
            else:
                break
            for key, mask in self.selector.select(max(0.0, min(0.5, limit - now))):
                key.data.ready(mask)
        for connection in mine:
            if connection.busy:
                connection.cut()

    def close(self):
        for connection in self.connections.values():
            connection.close()
        self.selector.close()

import argparse
import json
import threading
import time
import types
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from loadtests import closed, prompts, soak, ways
from loadtests.answers import Answer
from loadtests.process import cpu_seconds
from loadtests.spinners import Spinners
from loadtests.wire import BodyReader, Driver, Request

PARTS = 5


class Handler(BaseHTTPRequestHandler):
    """Streams PARTS parts of two tokens each."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append(request)
        if request.get("max_tokens") == 13:
            return self.plain(400, {"error": {"message": "unlucky"}})
        usage = {"prompt_tokens": 7, "completion_tokens": 2 * PARTS}
        if not request.get("stream"):
            return self.plain(200, {"choices": [{"message": {"content": "all at once"}}], "usage": usage})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            self.event({"choices": [{"delta": {"role": "assistant"}}]})
            for i in range(PARTS):
                self.event({"choices": [{"delta": {"content": "part %d " % i}}]})
                time.sleep(0.002)
            self.event({"choices": [], "usage": usage})
            self.chunk(b"data: [DONE]\n\n")
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.server.hung_up += 1
            self.close_connection = True

    def plain(self, status, body):
        data = json.dumps(body, indent=1).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def event(self, body):
        self.chunk(b"data: " + json.dumps(body).encode() + b"\n\n")

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def log_message(self, *_):
        pass


class Once:
    def __init__(self, *requests):
        self.requests, self.exchanges = list(requests), []

    def next(self):
        return self.requests.pop(0) if self.requests else None

    def finished(self, exchange):
        self.exchanges.append(exchange)


def options(**given):
    fields = {"model": "m", "clients": 3, "seconds": 0.4, "warmup": 0.1, "drain": 5, "prompts": None, "max_tokens": 16, "temperature": 0.0,
              "salt": False, "salt_base": 1, "pid": None, "label": "", "minutes": 0.02, "busy": 0}
    fields.update(given)
    return types.SimpleNamespace(**fields)


class Load(unittest.TestCase):
    def setUp(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.seen, self.server.hung_up = [], 0
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.driver = Driver("http://127.0.0.1:%d" % self.server.server_address[1])

    def tearDown(self):
        self.driver.close()
        self.server.shutdown()
        self.server.server_close()

    def ask(self, leave_after=None, **fields):
        client = Once(Request("/v1/chat/completions", prompts.body(prompts.BUILT_IN[0], "m", fields.pop("max_tokens", 16), **fields), leave_after))
        self.driver.run([client], time.perf_counter() + 0.02, 5)
        return Answer(client.exchanges[0])

    def test_a_streamed_answer_is_read_with_its_times(self):
        answer = self.ask()
        self.assertTrue(answer.complete)
        self.assertEqual(answer.text, "".join("part %d " % i for i in range(PARTS)))
        self.assertEqual((len(answer.events), answer.tokens), (PARTS, 2 * PARTS))
        self.assertEqual(answer.events, sorted(answer.events))
        self.assertGreater(answer.decode_rate(), 0)

    def test_an_answer_in_one_piece_is_read(self):
        answer = self.ask(stream=False)
        self.assertEqual((answer.text, answer.tokens, answer.complete), ("all at once", 2 * PARTS, True))

    def test_a_refusal_is_an_error_with_its_text(self):
        answer = self.ask(max_tokens=13)
        self.assertFalse(answer.complete)
        self.assertIn("status 400", answer.error)
        self.assertIn("unlucky", answer.error)

    def test_a_client_that_leaves_is_no_failure(self):
        answer = self.ask(leave_after=2)
        self.assertTrue(answer.left)
        self.assertIsNone(answer.error)

    def test_nobody_at_the_address_is_an_error(self):
        driver = Driver("http://127.0.0.1:1")
        client = Once(Request("/", b"{}"))
        driver.run([client], time.perf_counter() + 0.1, 1)
        self.assertIsNotNone(client.exchanges[0].error)
        driver.close()

    def test_the_closed_loop_counts_what_came_in_the_window(self):
        report = closed.run_closed(self.driver, options(salt=True), {"ignore_eos": True})
        requests = report["requests"]
        self.assertEqual(requests["sent"], requests["complete"])
        self.assertEqual(requests["sent"], len(self.server.seen))
        self.assertEqual(requests["failed"], 0)
        self.assertEqual(report["tokens_per_part"], 2)
        self.assertGreater(report["output_tok_s"], 0)
        self.assertGreaterEqual(report["itl_ms"]["p50"], 1)
        self.assertTrue(all(r["ignore_eos"] and r["temperature"] == 0 for r in self.server.seen))
        firsts = [r["messages"][0]["content"] for r in self.server.seen]
        self.assertEqual(len(set(firsts)), len(firsts))

    def test_a_busy_processor_is_busy_only_while_it_is_asked_for(self):
        with Spinners(1) as spinners:
            pid = spinners.pids[0]
            begun = time.perf_counter()
            while cpu_seconds(pid) < 0.05 and time.perf_counter() < begun + 30:
                time.sleep(0.02)
            self.assertGreaterEqual(cpu_seconds(pid), 0.05)
        self.assertEqual(cpu_seconds(pid), 0.0)

    def test_ways_to_decode_take_turns_and_are_compared_with_the_first(self):
        lines = []
        args = options(decoding=[ways.Way("plain"), ways.Way("ngram,most_drafted=4")], rounds=2)
        self.assertTrue(closed.run_ways(self.driver, args, {}, lines.append))
        self.assertEqual([line.get("decoding") for line in lines],
                         ["plain", "ngram,most_drafted=4", "ngram,most_drafted=4", "plain", "ngram,most_drafted=4"])
        verdict = lines[-1]
        self.assertEqual((verdict["against"], verdict["differing"]), ("plain", 0))
        self.assertGreater(verdict["prompts"], 0)
        self.assertGreater(verdict["output_tok_s_times"]["median"], 0)
        asked = [r["decoding"] for r in self.server.seen]
        self.assertIn("plain", asked)
        self.assertIn({"strategy": "ngram", "most_drafted": 4}, asked)

    def test_a_way_whose_answers_differ_is_told(self):
        windows = iter([("plain", "yes"), ("other", "no")])

        def window(way):
            name, text = next(windows)
            self.assertEqual(way.text, name)
            return {"output_tok_s": 1.0}, [("prompt", text)]

        self.assertEqual(ways.run([ways.Way("plain"), ways.Way("other")], 1, window, lambda line: None)[0]["differing"], 1)

    def test_what_is_no_way_to_decode_is_refused(self):
        for text in ("", "ngram,4"):
            with self.assertRaises(argparse.ArgumentTypeError):
                ways.Way(text)

    def test_the_mixed_load_reports_every_minute_and_a_verdict(self):
        lines = []
        soak.run(self.driver, options(clients=5), {}, lines.append)
        self.assertEqual([line.get("line") for line in lines], [None, "verdict"])
        self.assertEqual(lines[0]["failed"], 0)
        self.assertGreater(lines[0]["lone_decode_tok_s"], 0)
        self.assertGreater(lines[0]["ttft_ms"]["long"]["count"], 0)
        self.assertTrue({True, False} <= {r["stream"] for r in self.server.seen})


class Bodies(unittest.TestCase):
    def test_however_a_response_is_cut_its_body_is_the_same(self):
        body = b"data: one\n\ndata: two\n\n"
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(
            b"%x\r\n%s\r\n" % (len(c), c) for c in (body[:4], body[4:])) + b"0\r\n\r\n"
        counted = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        for raw in (chunked, counted):
            for step in range(1, len(raw) + 1):
                reader, got = BodyReader(), b""
                for at in range(0, len(raw), step):
                    self.assertFalse(reader.done)
                    got += reader.feed(raw[at:at + step])
                self.assertEqual(got, body)
                self.assertTrue(reader.done)


if __name__ == "__main__":
    unittest.main()

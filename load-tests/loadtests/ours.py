"""Our side of a comparison: a `headrace bench --on-request` process that measures what it is asked for and sleeps in between."""
import json
import subprocess


class Ours:
    def __init__(self, command, model, threads, shapes):
        lists = {"--depths": {s.depth for s in shapes if s.what in ("decode", "rows")},
                 "--prefill": {s.n for s in shapes if s.what == "prefill"},
                 "--rows": {s.n for s in shapes if s.what == "rows"},
                 "--batches": {s.n for s in shapes if s.what == "batch"}}
        arguments = ["bench", "--on-request", "--model", model]
        if threads:
            arguments += ["--threads", str(threads)]
        for option, values in lists.items():
            if values:
                arguments += [option, ",".join(str(v) for v in sorted(values))]
        depths = {s.depth for s in shapes if s.what == "batch"}
        if len(depths) > 1:
            raise SystemExit("batches of one run have one depth, not %s" % sorted(depths))
        if depths:
            arguments += ["--batch-depth", str(depths.pop())]
        # A session of its own: Ctrl-C is for the caller, who still wants answers; the end of its input ends it.
        self.process = subprocess.Popen(command + arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        start_new_session=True)
        self.ready = self.read()

    @property
    def pid(self):
        return self.process.pid

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("headrace bench ended early, with status %s" % self.process.wait())
        return json.loads(line)

    def ask(self, request):
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        answer = self.read()
        if answer["line"] == "error":
            raise SystemExit("headrace bench: " + answer["error"])
        return answer

    def seconds(self, shape):
        return self.ask(shape.name)["seconds"]

    def machine(self):
        return self.ask("machine")

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

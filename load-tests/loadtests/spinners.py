"""Processes that do nothing but keep a processor busy: what a server does when it is not alone."""
import os
import subprocess
import sys


class Spinners:
    """So many of them while the block runs, each bound to a processor of its own, the last ones first."""

    def __init__(self, count):
        self.count, self.processes = count, []

    @property
    def pids(self):
        return [process.pid for process in self.processes]

    def __enter__(self):
        processors = sorted(os.sched_getaffinity(0), reverse=True)
        for i in range(self.count):
            process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            self.processes.append(process)
            os.sched_setaffinity(process.pid, [processors[i % len(processors)]])
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()

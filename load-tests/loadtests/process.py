"""What /proc says of processes and of the machine."""
import os

TICK = os.sysconf("SC_CLK_TCK")
MOST_FOREIGN = 0.05     # more than this part of the processors taken by others, and figures say little


def cpu_seconds(pid):
    """Processor seconds of process `pid` so far; 0 when it cannot be seen."""
    try:
        with open("/proc/%d/stat" % pid) as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK
    except OSError:
        return 0.0


def machine_seconds():
    """(busy, total) processor seconds of the machine so far. Time that a hypervisor took counts as busy."""
    try:
        with open("/proc/stat") as stat:
            fields = [int(x) for x in stat.readline().split()[1:9]]
    except OSError:
        return 0.0, 0.0
    total = sum(fields)
    return (total - fields[3] - fields[4]) / TICK, total / TICK


def resident_mib(pid):
    """Resident memory of process `pid`: all, anonymous, of files, in MiB; empty when it cannot be seen."""
    names = {"VmRSS": "rss_mib", "RssAnon": "anon_mib", "RssFile": "file_mib"}
    found = {}
    try:
        with open("/proc/%d/status" % pid) as status:
            for line in status:
                name, _, value = line.partition(":")
                if name in names:
                    found[names[name]] = round(int(value.split()[0]) / 1024, 1)
    except OSError:
        pass
    return found


class Share:
    """The part of the machine's processors that others than `pids` (and this process, always) took since construction."""

    def __init__(self, pids):
        self.pids = [os.getpid()] + [p for p in pids if p]
        self.begun = self.read()

    def read(self):
        busy, total = machine_seconds()
        return busy, total, sum(cpu_seconds(p) for p in self.pids)

    def foreign(self):
        busy, total, own = (b - a for a, b in zip(self.begun, self.read()))
        return max(0.0, busy - own) / total if total > 0 else 0.0

"""The protocol of pipelines with state (pw-state(5)) as a program of small steps.

A schedule draws a line (readers, stages, tees, sinks), runs it in random steps, and disturbs it: kill -9 of
some processes, power cuts, clock steps, stop signals, second copies, runs without one of the sinks, a side
file put back from a copy. Then the line runs undisturbed, and every sink must hold what the sources' rows
give, and at every time in its past what the commits up to then give.

A rule of the protocol is a name in RULES: a schedule with one of them left out behaves as an
implementation that forgot it. What is modelled is what reaches the disk and in which order, who waits
for whom, and which files a start believes; rows are (key, value), stages are functions of tables.
"""
import random
from collections import Counter, deque

INF = 10**12
AHEAD, PATIENCE, STOP = 40, 250, 30  # ms: the clock's bound; for a lock, or a consumer; after a stop signal

RULES = {
    "journal before frontier": "the journal's entry comes before the frontier that passes its time",
    "fsync of the journal": "the journal is fsynced before the frontier passes",
    "repeatable times": "journalled commits are sent again at their own times",
    "gate and run number": "a stage checks the number of the run under the gate, holding the lock",
    "waiting for the lock": "a reader that is listed waits until the lock is free",
    "DIR/clock": "a run begins above every time used or promised",
    "clock only grows": "the clock's file is moved under a lock, and never back",
    "start above the last start": "S is above the S of the run before",
    "DURABLE counts inputs": "DURABLE is no more than what the inputs have said",
    "DURABLE counts own": "DURABLE is no more than what the stage's own cuts cover",
    "cut named by first grid time": "a cut is named by the first grid time after the change",
    "split at the grid": "no row of a time >= C is in cut C",
    "load the cut at R": "a stage starts from its newest cut at or below R, not from the newest",
    "delete later cuts": "cuts above R are deleted at start",
    "fsync after deleting": "and the folder fsynced",
    "new sink waits": "a sink that is new in a directory whose R is not the start waits for the next run",
    "ended input holds nothing back": "the frontier of an input that has ended in order is the end",
    "ended input is durable": "an input that has ended in order holds no checkpoint back",
    "broken-off input holds": "an input that ended before its end was durable holds the frontier where it broke off",
    "empty first load": "a first load is journalled even if it is empty",
    "re-record": "a sink with nothing new records again",
    "complete": "a sink that has all of a run restarts from the first time that no run has used",
    "new rows are above the floor": "new rows with times of their own have times above the last entry and the floor",
    "nothing else is a floor": "a reader that has not ended goes on at its own times, even without an entry",
    "an end is journalled": "a reader of rows with times of their own that comes to its end writes that down",
    "an end without rows": "and so does one that has not had a row",
    "the end before END": "the end is journalled before END is sent",
    "fsync of the end": "and fsynced",
    "an end is of one run": "an end of an earlier run than the last makes no floor",
    "floors are carried on": "the floor of a reader that did not end in the last run stays",
    "floor in one step": "a floor is written in the step that begins the run",
    "stopped before its end": "a reader that is stopped before the end of its data holds the others",
    "passed reader waits": "a reader whose new rows would lie below R has no sink yet, and waits for the next run",
    "no record below R": "a sink records no time below R of its run",
    "above journals and records": "what has been used is what journals and records show, besides the clock",
    "older record counts as R": "a record from before the last run counts as that run's R",
    "absent sink keeps R": "a sink that took no part in the last run keeps R where it is",
    "short reader stays": "a stage that has ended stays until its consumers are listed",
    "all consumers": "all of them that live, and not only the first",
    "file sink compares": "a file sink compares what it writes again with what the file holds",
    "drop below the record": "a sink drops times that it already holds",
    "database keeps the time": "a database's transaction carries the time",
    "table waits": "a table is not replaced before the frontier is at what no earlier run has used",
    "clean-up below R": "cuts and journal entries are deleted or merged only below R",
    "old journal until the new is durable": "the old journal is deleted after the new one is durable",
    "marks": "a side file that is older than a sink's record says is refused",
    "marks of durable bytes": "a journal's mark is what entries below the record's time fill",
    "track copy first": "the copy of a tracked file is written before the journal's entry",
    "end of file is not END": "a pipe that closes without END is no end",
    "side files are fsynced": "written beside, fsynced, renamed, the folder fsynced",
    "length at the record's time": "the length that is recorded is that at the record's time, not that of now",
    "what is read is made durable": "who begins a run makes the records that it builds on durable",
    "fsync of DEST": "a file sink's rows are fsynced before they are recorded",
    "frame of END": "what a stage that broke off says is durable is what it has, not the end",
}

# Those of a replay that is followed. model/backtests draws schedules whose readers may be such ones.
LIVE_RULES = {
    "the switch is journalled": "that the replay is over is written down",
    "the switch before its frontier": "before a frontier passes the times of the replay",
    "fsync of the switch": "and fsynced",
    "live for ever": "later runs, followed or not, commit at times of the clock",
    "the switch is above the replay": "the first live commit is later than the last row, whatever the clock shows",
    "merged entries know the switch": "where the replay has ended is known after its entries have been merged",
}


class Exit(Exception):
    pass


class Fault(Exception):
    """The protocol has failed."""


# ---- the disk ----


class Inode:
    def __init__(self, data):
        self.data, self.safe = data, []


class Disk:
    """Names and bytes as programs see them, and as they are after a power cut."""

    def __init__(self):
        self.names, self.safe, self.pending = {}, {}, []

    def do(self, name, inode):
        if inode is None:
            self.names.pop(name, None)
        else:
            self.names[name] = inode

    def change(self, *changes):
        """Names that change in one step; (name, inode or None)."""
        for name, inode in changes:
            self.do(name, inode)
        self.pending.append((folder(changes[-1][0]), changes))

    def create(self, name, data):
        self.change((name, Inode(data)))

    def rename(self, old, new):
        inode = self.names[old]
        self.change((old, None), (new, inode))

    def unlink(self, name):
        if name in self.names:
            self.change((name, None))

    def fsync(self, name):
        if name in self.names:
            self.names[name].safe = list(self.names[name].data)

    def fsync_folder(self, where):
        self.settle([p for p in self.pending if p[0] == where])
        self.pending = [p for p in self.pending if p[0] != where]

    def settle(self, done):
        for _, changes in done:
            for name, inode in changes:
                if inode is None:
                    self.safe.pop(name, None)
                else:
                    self.safe[name] = inode

    def power_cut(self, r):
        if r.random() < 0.5:
            self.settle(self.pending[:r.randint(0, len(self.pending))])
        else:
            share = r.random()
            self.settle([p for p in self.pending if r.random() < share])
        self.pending, self.names = [], dict(self.safe)
        for inode in set(self.names.values()):
            same = len(inode.safe)
            if inode.data[:same] != inode.safe:
                inode.data = list(inode.safe)
            if len(inode.data) > same:
                kept = r.randint(same, len(inode.data))
                torn = inode.data[kept:kept + 1] if r.random() < 0.3 else []
                inode.data = inode.data[:kept] + [("torn", x) for x in torn]
            inode.safe = list(inode.data)

    def read(self, name):
        """The one value of a file written whole."""
        if name not in self.names:
            return None
        data = self.names[name].data
        if len(data) != 1 or is_torn(data[0]):
            raise Exit(4, f"{name} is damaged")
        return data[0]

    def list(self, prefix):
        return sorted(n for n in self.names if n.startswith(prefix) and not n.endswith(".tmp"))


def folder(name):
    return name.rpartition("/")[0]


def side_file(name, stage):
    return folder(name) == stage and not name.endswith("/record")


def is_torn(x):
    return isinstance(x, tuple) and len(x) == 2 and x[0] == "torn"


# ---- processes and pipes ----


class Pipe:
    def __init__(self, writer):
        self.queue, self.writer, self.reader = deque(), writer, None

    def ready(self):
        return self.queue or not self.writer.alive

    def take(self):
        """A frame, or None at the end of the file."""
        return self.queue.popleft() if self.queue else None


class Process:
    count = 0

    def __init__(self, world, name, line, parent=None):
        Process.count += 1
        self.id, self.world, self.name, self.line, self.parent = Process.count, world, name, line, parent
        self.alive, self.status, self.why, self.stop, self.outs, self.wait = True, None, "", None, [], None
        self.run, self.bound, self.body, self.consumers = None, -1, None, []

    def step(self):
        try:
            self.wait = next(self.body)
        except StopIteration:
            self.die(0)
        except Exit as e:
            self.die(e.args[0], e.args[1] if len(e.args) > 1 else "")
        except BrokenPipeError:
            self.die(141)
        except KeyError as e:  # a file has gone: nothing but a left out rule does this
            raise Fault(f"{self} misses {e}")

    def die(self, status, why=""):
        if not self.alive:
            return
        self.world.say(f"{self} exit {status} {why}")
        if status not in (0, 137, 141) and not self.parent:
            for pipe in self.outs:
                pipe.queue.append(("end", "failed", 0, 0))
        self.alive, self.status, self.why = False, status, why
        self.world.released(self)
        if status == 4:
            self.world.refused(self, why)

    def send(self, *frame):
        for pipe in self.outs:
            if pipe.reader is None or not pipe.reader.alive:
                raise BrokenPipeError
            pipe.queue.append(frame)

    def __str__(self):
        return f"{self.world.time:>5} {self.name}.{self.line}"


# ---- lines ----


class Node:
    """A place in a line; kind: append track upsert timed backtest | group filter join concat | file table database."""

    def __init__(self, name, kind, inputs):
        self.name, self.kind, self.inputs = name, kind, inputs

    def reader(self):
        return self.kind in ("append", "track", "upsert", "timed", "backtest")

    def sink(self):
        return self.kind in ("file", "table", "database")

    def stateful(self):
        return self.kind in ("group", "join", "table", "upsert")

    def before(self):
        """Itself and all that it reads from."""
        found = {self}
        for i in self.inputs:
            found |= i.before()
        return found


def answer(kind, tables):
    """The table that a stage makes of its inputs' tables."""
    if kind == "group":
        out = {}
        for (k, v), n in tables[0].items():
            c, s = out.get(k, (0, 0))
            out[k] = c + n, s + v * n
        return Counter({(k, c * 7 + s * 13): 1 for k, (c, s) in out.items() if c})
    if kind == "join":
        right = {}
        for (k, v), n in tables[1].items():
            right.setdefault(k, []).append((v, n))
        out = Counter()
        for (k, v), n in tables[0].items():
            for w, m in right.get(k, ()):
                out[k, (v * 31 + w) % 1000003] += n * m
        return clean(out)
    if kind == "filter":
        return Counter({row: n for row, n in tables[0].items() if row[1] % 4})
    if kind == "concat":
        return clean(plus(tables[0], tables[1]))
    return tables[0]


def clean(c):
    return Counter({x: n for x, n in c.items() if n})


def plus(a, b, sign=1):
    out = Counter(a)
    for x, n in b.items():
        out[x] += sign * n
    return clean(out)


KINDS = ["append", "track", "upsert", "timed", "timed", "timed"]
LIVE_KINDS = ["append", "timed", "backtest", "backtest", "backtest"]


def draw_line(r, of):
    kinds = r.sample(of, r.choice([1, 2, 2, 3]))
    nodes = [Node(f"{kind}{i}", kind, []) for i, kind in enumerate(kinds)]
    readers = len(nodes)
    for i in range(r.choice([0, 1, 1, 2, 2, 3])):
        kind = r.choice(["group", "group", "filter", "join", "join", "concat"])
        two = kind in ("join", "concat")
        if two and len(nodes) < 2:
            kind, two = "group", False
        free = [n for n in nodes if not any(n in m.inputs for m in nodes)]
        first = r.choice(free)
        rest = [n for n in nodes if n is not first]
        nodes.append(Node(f"{kind}{readers + i}", kind, [first] + ([r.choice(rest)] if two else [])))
    free = [n for n in nodes if not any(n in m.inputs for m in nodes)]
    extra = [r.choice(nodes)] if len(free) < 3 and r.random() < 0.5 else []
    for i, n in enumerate(free + extra):
        kind = r.choice(["file", "file", "table", "database"])
        nodes.append(Node(f"{kind}-{i}", kind, [n]))
    return nodes


# ---- the directory: entering, the clock, the restart point ----


def write_file(p, name, *values):
    """Beside itself, fsync, rename, fsync of the folder."""
    d, tmp = p.world.disk, f"{name}.{p.id}.tmp"
    d.create(tmp, list(values))
    yield
    if p.world.rule("side files are fsynced"):
        d.fsync(tmp)
        yield
    d.rename(tmp, name)
    yield
    if p.world.rule("side files are fsynced"):
        d.fsync_folder(folder(name))
        yield


def take(p, lock):
    while p.world.locks[lock] is not None:
        yield lambda: p.world.locks[lock] is None
    p.world.locks[lock] = p


def leave(p, lock):
    p.world.locks[lock] = None


def records(w):
    return {folder(n): w.disk.read(n) for n in w.disk.list("") if n.endswith("/record")}


def restart_point(w, old, above):
    points = [0] if not old else []
    for name, rec in records(w).items() if old else ():
        if rec["run"] != old["n"] and not w.rule("absent sink keeps R"):
            continue
        if rec["run"] != old["n"] and w.rule("older record counts as R"):
            points.append(old["R"])
        elif rec["complete"] and w.rule("complete"):
            points.append(above)
        else:
            points.append(rec["C"])
    return min(points, default=0)


def lines_of(w, stage):
    """The sound lines of a reader's newest journal."""
    journals = w.disk.list(stage + "/journal-")
    return [e for e in w.disk.names[journals[-1]].data if not is_torn(e)] if journals else []


def floors_of(w, old, above):
    """The times at which readers that have ended go on; old: of the last run, whose readers' ends count."""
    floors = dict(old["floors"]) if old and w.rule("floors are carried on") else {}
    for stage in w.sources:
        end = (lines_of(w, stage) or [{}])[-1].get("ended", 0)
        if end and (end == old["n"] or not w.rule("an end is of one run")):
            floors[stage] = above
    return floors


def enter_reader(p, node):
    w = p.world
    began = w.time
    while True:
        yield from take(p, "gate")
        yield
        old = w.disk.read("run")
        listed = old and p.name in old["stages"]
        held = bool(w.holders)
        if not held or (listed and not w.rule("waiting for the lock")):
            yield from begin_run(p, old)
            break
        if not listed:
            stages = dict(old["stages"], **{p.name: []})
            yield from write_file(p, "run", dict(old, stages=stages))
            break
        leave(p, "gate")
        while w.holders:
            if w.time > began + PATIENCE:
                raise Exit(75, "in use")
            yield lambda: not w.holders or w.time > began + PATIENCE
    p.run = w.disk.read("run")
    w.holders.add(p)
    leave(p, "gate")
    yield


def begin_run(p, old):
    w = p.world
    n = old["n"] + 1 if old else 1
    above, start = old["above"] if old else 0, w.wall() // 2 * 2
    if w.rule("DIR/clock"):
        above = max(above, (w.disk.read("clock") or -1) + 1)
        start = max(start, (w.disk.read("clock") or -2) + 2)
        if old and w.rule("start above the last start"):
            start = max(start, old["S"] + 2)
    if w.rule("above journals and records"):
        above = max([above] + [rec["C"] for rec in records(w).values()] + [
            e["t"] + 1 for n in w.disk.list("") if "/journal-" in n for e in w.disk.names[n].data
            if not is_torn(e) and "t" in e])
    start = max(start, (above + 1) // 2 * 2)
    if w.rule("what is read is made durable"):
        for name in records(w):
            w.disk.fsync_folder(name)
            yield
    point = restart_point(w, old, above)
    if old and 0 < point < old["R"]:
        raise Fault(f"R goes back from {old['R']} to {point}, and no sink is new")
    marks = {key: m for key, m in (old["marks"] if old else {}).items() if key[1] == "journal" or m <= point}
    floors = floors_of(w, old, above)
    for rec in records(w).values():
        for key, m in rec["marks"].items():
            if key[1] == "journal" or m <= point:
                marks[key] = max(m, marks.get(key, m))
    w.say(f"{p} begins run {n}: R {point} above {above} S {start} floors {floors}")
    run = {"n": n, "R": point, "above": above, "S": start, "boot": w.time, "grid": w.grid, "marks": marks,
           "floors": floors, "stages": {p.name: []}}
    w.aboves[n] = above
    if not w.rule("floor in one step"):
        yield from write_file(p, "run", dict(run, floors=old["floors"] if old else {}))
    yield from write_file(p, "run", run)
    w.points.append((n, point, above))


def enter_stage(p, node, n):
    w = p.world
    if not w.rule("gate and run number"):
        p.run = w.disk.read("run")
        yield
    else:
        yield from take(p, "gate")
        p.run = w.disk.read("run")
        if p.run["n"] != n:
            raise Exit(75, f"run {n} is over")
        if p.name in p.run["stages"]:
            raise Exit(75, "two stages of one name")
    stages = dict(w.disk.read("run")["stages"], **{p.name: [i.name for i in node.inputs]})
    yield from write_file(p, "run", dict(w.disk.read("run"), stages=stages))
    w.holders.add(p)
    if w.locks["gate"] is p:
        leave(p, "gate")
    yield


def promise(p, t):
    """No later run begins at or below t."""
    w = p.world
    if t <= p.bound or not w.rule("DIR/clock"):
        return
    safe = w.rule("clock only grows")
    if safe:
        yield from take(p, "clock")
    bound = w.disk.read("clock") or -2
    if bound < t or not safe:
        bound = t + AHEAD
        yield from write_file(p, "clock", bound)
    elif w.rule("what is read is made durable"):
        w.disk.fsync_folder("")
        yield
    p.bound = bound
    if safe:
        leave(p, "clock")


def linger(p):
    """Until the stages that read from this one are in the run."""
    w, began = p.world, p.world.time

    def seen():
        listed = w.disk.read("run")["stages"]
        any_of = any(p.name in inputs for inputs in listed.values())
        rest = [c for c in p.consumers if c.alive and c.name not in listed] if w.rule("all consumers") else []
        return any_of and not rest or w.time > began + PATIENCE

    while w.rule("short reader stays") and not seen():
        yield seen


# ---- a state's cuts ----


def grid_after(p, t):
    return (t // p.run["grid"] + 1) * p.run["grid"]


class Keeper:
    """tables: the state. first: the time of the first change that no cut covers or is being written for."""

    def __init__(self, p, count):
        self.p, self.w, self.count = p, p.world, count
        self.tables, self.first, self.child, self.failed = [Counter() for _ in range(count)], None, None, False
        self.last, self.saved = None, None
        self.ahead = lambda: [Counter()] * count

    def load(self):
        p, w, point = self.p, self.w, self.p.run["R"]
        cuts = {int(n.rpartition("-")[2]): n for n in w.disk.list(p.name + "/checkpoint-")}
        if w.rule("delete later cuts") and w.rule("load the cut at R"):
            gone = [c for c in cuts if c > point]
            for c in gone:
                w.disk.unlink(cuts.pop(c))
                yield
            if gone and w.rule("fsync after deleting"):
                w.disk.fsync_folder(p.name)
                yield
        usable = sorted(c for c in cuts if c <= point or not w.rule("load the cut at R"))
        heads = {c: w.disk.read(cuts[c]) for c in usable}
        check_marks(p, max(usable, default=-1))
        full = max((c for c in usable if heads[c]["full"]), default=None)
        if usable and full is None:
            raise Exit(4, "no full cut")
        for c in usable if full is not None else ():
            if c < full:
                if heads[c]["run"] != p.run["n"]:
                    w.disk.unlink(cuts[c])
                    yield
                continue
            if c > full and heads[c]["base"] != self.last:
                raise Exit(4, f"cut {c} follows {heads[c]['base']}, not {self.last}")
            state = [Counter(x) for x in heads[c]["state"]]
            self.tables = state if c == full else [plus(a, b) for a, b in zip(self.tables, state)]
            self.last = c
        self.saved = [Counter(x) for x in self.tables] if self.last is not None else None

    def changed(self, t):
        if self.first is None:
            self.first, self.due = t, grid_after(self.p, t)

    def before(self, t):
        """The state is about to change at t, or the frontier has come to t."""
        if self.first is not None and t >= self.due:
            name = self.due
            if not self.w.rule("cut named by first grid time"):
                name = max(t // self.p.run["grid"] * self.p.run["grid"], name)
            yield from self.settled()
            self.start(name, True)

    def settled(self):
        """The child before has ended."""
        while self.child and self.child.alive:
            yield lambda: not self.child.alive
        if self.child and self.child.status != 0:
            raise Exit(5, "the cut was not written")
        self.child = None

    def start(self, name, split):
        p, w = self.p, self.w
        tables = self.tables
        if not w.rule("split at the grid") and split:
            tables = [plus(a, b) for a, b in zip(tables, self.ahead())]
        full = self.saved is None or w.r.random() < 0.3
        state = tables if full else [plus(a, b, -1) for a, b in zip(tables, self.saved)]
        cut = {"C": name, "full": full, "base": self.last, "run": p.run["n"], "state": [Counter(x) for x in state]}
        w.say(f"{p} cuts {name} {'full' if full else 'delta'} on {self.last}")
        self.saved, self.last = [Counter(x) for x in tables], name
        self.child = Process(w, p.name + "'", p.line, parent=p)
        self.child.first, self.first = self.first, None
        self.child.body = self.write(self.child, p.name, name, cut)
        w.begin(self.child)
        w.holders.add(self.child)

    def write(self, child, stage, name, cut):
        w = self.w
        yield from write_file(child, f"{stage}/checkpoint-{name:06}", cut)
        if cut["full"] and not w.rule("clean-up below R"):
            for n in w.disk.list(stage + "/checkpoint-"):
                if int(n.rpartition("-")[2]) < name:
                    w.disk.unlink(n)

    def own(self):
        """Changes below it are in finished cuts."""
        if self.child and self.child.alive:
            return self.child.first
        return INF if self.first is None else self.first

    def finish(self, t):
        """A cut named t, the frontier where the stream has stopped."""
        yield from self.settled()
        if self.first is not None:
            self.start(t, False)
            yield from self.settled()


def known_marks(p):
    """What the records say of side files, and what those that R stems from have said."""
    found = {name: rec["marks"] for name, rec in records(p.world).items()}
    found["run"] = p.run["marks"]
    return found


def check_marks(p, newest, length=None):
    """Is a side file older than a record says?"""
    w = p.world
    if not w.rule("marks"):
        return
    for name, marks in known_marks(p).items():
        mark = marks.get((p.name, "cut" if length is None else "journal"))
        if mark is None:
            continue
        if length is not None:
            if newest < mark[0] or (newest == mark[0] and length < mark[1]):
                raise Exit(4, f"the journal is older than {name} says: {newest} {length} {mark}")
        elif newest < mark <= p.run["R"]:
            raise Exit(4, f"the newest cut is {newest}, {name} saw {mark}")


# ---- readers ----


class Reader:
    def __init__(self, p, node, follow):
        self.p, self.w, self.node, self.follow = p, p.world, node, follow
        self.checkpointer = Keeper(p, 1) if node.kind == "upsert" else None
        self.at, self.front, self.said = 0, 0, -1  # offset, or copy; frontier; durable

    def body(self):
        p, w = self.p, self.w
        yield from enter_reader(p, self.node)
        point, start = p.run["R"], p.run["S"]
        self.front = point
        again = yield from self.journal()
        if self.checkpointer:
            yield from self.checkpointer.load()
        p.send("schema", p.run["n"])
        yield
        if not w.rule("repeatable times"):
            for e in again[:1]:
                self.at = e["from"]
            again = []
        for e in again:
            yield from self.commit(e, True)
        if not self.known:
            self.check_passed(0)
            yield from self.commit(self.look(0), False, first=True)
        yield from promise(p, start + 1)
        yield from self.commit(self.look(start), False)
        yield from self.live()

    def live(self):
        """Commits by the clock, if the source is followed; then the end."""
        p, w, idle = self.p, self.w, 4
        while self.follow and p.stop is None:
            until = w.time + w.r.choice([2, 4, 6])
            yield lambda: p.stop is not None or w.time >= until
            t = max(self.clock(), self.front + 1) // 2 * 2
            yield from promise(p, t + idle)
            if p.stop is not None and w.r.random() < 0.5:
                break
            yield from self.commit(self.look(t), False, beyond=t + w.r.choice([1, 1, idle]))
        if self.checkpointer:
            yield from self.checkpointer.finish(self.front)
        p.send("end", "suspended", self.front, INF)
        yield from linger(p)

    def check_passed(self, first):
        """The first time of new rows is not below R where a sink downstream is known."""
        if first < self.p.run["R"] and self.w.rule("passed reader waits"):
            raise Exit(75, "all sinks downstream are new")

    def clock(self):
        return self.p.run["S"] + self.w.time - self.p.run["boot"]

    def journal(self):
        """Loads it, merges what is below R into a new one; the entries to send again."""
        p, w, d = self.p, self.w, self.w.disk
        old = d.list(p.name + "/journal-")
        entries = []
        if old:
            lines = d.names[old[-1]].data
            lines = lines[:-1] if lines and is_torn(lines[-1]) else lines
            if not lines or any(is_torn(x) for x in lines):
                raise Exit(4, "journal is damaged")
            entries = [e for e in lines if "t" in e]
            check_marks(p, lines[0]["run"], 1 + len(entries))
        elif any((p.name, "journal") in marks for marks in known_marks(p).values()) and w.rule("marks"):
            raise Exit(4, "the journal is missing")
        limit = p.run["R"] if w.rule("clean-up below R") else INF
        below = [e for e in entries if e["t"] < limit]
        above = [e for e in entries if e["t"] >= limit]
        if below:
            above.insert(0, {"t": below[-1]["t"], "from": below[0]["from"], "to": below[-1]["to"],
                             "floor": below[0].get("floor", 0), "merged": len(below) > 1 or below[0].get("merged", False)})
            self.merge_switch(above[0], below)
        w.reload(p.name, entries)
        self.last, self.old = entries[-1] if entries else None, bool(old)
        self.known, again = bool(entries), [e for e in above if e["t"] >= p.run["R"]]
        self.at = below[-1]["to"] if below else 0
        self.file = f"{p.name}/journal-{p.run['n']:03}"
        head = {"run": p.run["n"]}
        if w.rule("old journal until the new is durable"):
            yield from write_file(p, self.file, head, *above)
        else:
            d.create(self.file, [head] + above)
            yield
        for name in old:
            if name != self.file:
                d.unlink(name)
                yield
        if self.node.kind == "track":
            used = {x for e in above for x in (e["from"], e["to"])} | {self.at}
            for name in d.list(p.name + "/copy-"):
                if int(name.rpartition("-")[2]) not in used:
                    d.unlink(name)
                    yield
        return again

    def merge_switch(self, merged, below):
        """Of a replay that is followed: see Backtest."""

    def look(self, t):
        """What the source has now, as an entry; None: nothing new."""
        w, source = self.w, self.w.sources[self.p.name]
        if self.node.kind == "track":
            if self.at and self.w.copy_of.get(self.at) == len(source):
                return {"t": t, "from": self.at, "to": self.at}
            w.copies += 1
            w.copy_of[w.copies] = len(source)
            return {"t": t, "from": self.at, "to": w.copies, "new": source[-1]}
        return {"t": t, "from": self.at, "to": len(source)}

    def copy(self, entry):
        if "new" in entry:
            yield from write_file(self.p, f"{self.p.name}/copy-{entry['to']:04}", entry["new"])

    def rows(self, entry):
        w = self.w
        if self.node.kind == "track":
            def held(copy):
                if copy == entry["to"] and "new" in entry:
                    return entry["new"]
                found = w.disk.read(f"{self.p.name}/copy-{copy:04}") if copy else Counter()
                if found is None:
                    raise Exit(4, f"copy {copy} is missing")
                return found
            return plus(held(entry["to"]), held(entry["from"]), -1)
        new = w.sources[self.p.name][entry["from"]:entry["to"]]
        if not self.checkpointer:
            return Counter(new)
        now = dict(self.checkpointer.tables[0])
        byname = {k: (k, v) for k, v in now}
        for k, v in new:
            byname[k] = (k, v)
        return plus(Counter(byname.values()), self.checkpointer.tables[0], -1)

    def commit(self, entry, again, first=False, beyond=None):
        """One commit, or the frontier alone: rows, the journal, the frontier, DURABLE."""
        p, w, t = self.p, self.w, entry["t"]
        beyond = beyond or t + 1
        if self.checkpointer:
            yield from self.checkpointer.before(t)
        new = entry["from"] != entry["to"]
        if not again and new and w.rule("track copy first"):
            yield from self.copy(entry)
        if new:
            rows = self.rows(entry)
            self.at = entry["to"]
            w.history(p.name, t, rows, entry.get("merged"))
            if self.checkpointer and rows:
                self.checkpointer.changed(t)
                self.checkpointer.tables[0] = plus(self.checkpointer.tables[0], rows)
            p.send("rows", t, rows)
            yield
        write = not again and (new or (first and w.rule("empty first load")))
        if write and w.rule("journal before frontier"):
            yield from self.append(entry)
        if self.checkpointer:
            yield from self.checkpointer.before(beyond)
        p.send("frontier", beyond)
        self.front = beyond
        if w.r.random() < 0.5:
            yield
        if write and not w.rule("journal before frontier"):
            yield from self.append(entry)
        if not again and new and not w.rule("track copy first"):
            yield from self.copy(entry)
        durable = min(beyond, self.checkpointer.own()) if self.checkpointer and w.rule("DURABLE counts own") else beyond
        if durable > self.said:
            self.said = durable
            p.send("durable", durable)
        yield

    def append(self, entry):
        d = self.w.disk
        d.names[self.file].data.append({x: entry[x] for x in ("t", "from", "to")})
        yield
        if self.w.rule("fsync of the journal"):
            d.fsync(self.file)
            yield


class Timed(Reader):
    """Rows carry their times: an entry covers all times up to where it ends, which is where a commit begins."""

    def body(self):
        p, w = self.p, self.w
        yield from enter_reader(p, self.node)
        self.front = p.run["R"]
        again = yield from self.journal()
        p.send("schema", p.run["n"])
        yield
        for e in again:
            yield from self.play(e)
        self.floor = last = self.last["t"] + 1 if self.last else 0
        if w.rule("new rows are above the floor"):
            self.floor = max(last, p.run["floors"].get(p.name, 0))
        if not w.rule("nothing else is a floor") and not self.last and (self.old or p.run["R"] > 0):
            self.floor = p.run["above"]
        w.check_floor(p, self.floor, last)
        self.check_passed(self.floor)
        while True:
            stopped = yield from self.read()
            if stopped or not self.follow:
                break
            yield lambda: p.stop is not None or len(w.sources[p.name]) > self.at
            if p.stop is not None:
                stopped = True
                break
        if stopped:
            whole = not w.rule("stopped before its end")
            p.send("end", "suspended", self.front, INF if whole else max(self.said, 0))
        else:
            yield from self.finish()
            if w.rule("the end before END"):
                yield from self.journal_end()
            p.send("end", "suspended", self.front, INF)
            w.ends.setdefault(p.name, []).append((p.run["n"], True))
            yield
            if not w.rule("the end before END"):
                yield from self.journal_end()
        yield from linger(p)

    def journal_end(self):
        """A later run knows by it that others may have used later times."""
        p, w = self.p, self.w
        if w.rule("an end is journalled") and (self.floor > 0 or w.rule("an end without rows")):
            w.ends.setdefault(p.name, []).append((p.run["n"], False))
            yield from self.append({"ended": p.run["n"]})

    def times(self, rows, floor):
        now, found = floor, []
        for k, v, t in rows:
            now = max(now, t)
            found.append((now, (k, v)))
        return found

    def hand(self, rows):
        for t in sorted({t for t, _ in rows}):
            self.p.send("rows", t, Counter(x for u, x in rows if u == t))
            yield

    def play(self, e):
        rows = self.times(self.w.sources[self.p.name][e["from"]:e["to"]], e["floor"])
        if e.get("merged"):  # what was late may have another time now
            self.w.merged = max(self.w.merged, e["t"])
            held = self.w.commits.get(self.p.name, {})
            for t in [t for t in held if t <= e["t"]]:
                del held[t]
        self.note(e, rows)
        yield from self.hand([x for x in rows if x[0] >= self.p.run["R"]])
        self.at = e["to"]
        yield from self.pass_on(e["t"] + 1)

    def note(self, e, rows):
        for t in sorted({t for t, _ in rows}):
            self.w.history(self.p.name, t, Counter(x for u, x in rows if u == t), False)

    def pass_on(self, front):
        front = max(front, self.front)
        self.p.send("frontier", front)
        self.front = front
        if self.w.r.random() < 0.5:
            yield
        if front > self.said:
            self.said = front
            self.p.send("durable", front)
        yield

    def cover(self, to, boundary, rows):
        e = {"t": boundary - 1, "from": self.at, "to": to, "floor": self.floor}
        yield from self.append(e)
        self.note(e, rows)
        self.at, self.floor = to, boundary
        yield from self.hand(rows)
        yield from self.pass_on(boundary)

    def read(self):
        """All that is complete, some commits at a time. Has a stop come?"""
        p, w = self.p, self.w
        while True:
            if p.stop is not None and w.r.random() < 0.3:
                return True
            rows = self.times(w.sources[p.name][self.at:], (self.floor + 1) // 2 * 2)
            starts = [i for i in range(1, len(rows)) if rows[i][0] != rows[i - 1][0]]
            if not starts:
                return False
            i = w.r.choice(starts)
            self.floor = (self.floor + 1) // 2 * 2
            yield from self.cover(self.at + i, rows[i][0], rows[:i])

    def finish(self):
        """What is left is the last commit."""
        rows = self.times(self.w.sources[self.p.name][self.at:], (self.floor + 1) // 2 * 2)
        if rows and rows[0][0] == rows[-1][0]:
            self.floor = rows[0][0]
            yield from self.cover(self.at + len(rows), rows[-1][0] + 1, rows)
        elif rows:  # more has come since
            yield from self.read()
            yield from self.finish()
        elif self.floor > self.front:
            yield from self.pass_on(self.floor)

    def append(self, entry):
        d = self.w.disk
        d.names[self.file].data.append(entry)
        yield
        if self.w.rule("fsync of the journal" if "t" in entry else "fsync of the end"):
            d.fsync(self.file)
            yield


class Backtest(Timed):
    """
    A replay that is followed: when it has come to the end of what the source held at the start, it goes on
    as a reader that commits by the clock. The switch is an entry with `switch`, the row where the replay ended;
    entries after it are live ones.
    """

    def body(self):
        p, w = self.p, self.w
        yield from enter_reader(p, self.node)
        self.front, self.switch = p.run["R"], None
        again = yield from self.journal()
        p.send("schema", p.run["n"])
        yield
        for e in again:
            yield from self.send_again(e)
        if self.is_live():
            yield from promise(p, p.run["S"] + 1)
            yield from self.commit(self.look(p.run["S"]), False)
            yield from self.live()
            return
        self.floor = last = self.last["t"] + 1 if self.last else 0
        self.floor = max(last, p.run["floors"].get(p.name, 0))
        w.check_floor(p, self.floor, last)
        self.check_passed(self.floor)
        self.until = len(w.sources[p.name])
        stopped = yield from self.read()
        if stopped:
            p.send("end", "suspended", self.front, max(self.said, 0))
            yield from linger(p)
            return
        if not self.follow:
            self.until = INF
        yield from self.finish()
        if self.follow:
            yield from self.go_live()
            yield from self.live()
            return
        yield from self.journal_end()
        p.send("end", "suspended", self.front, INF)
        w.ends.setdefault(p.name, []).append((p.run["n"], True))
        yield from linger(p)

    def is_live(self):
        entries = lines_of(self.w, self.p.name)
        return self.w.rule("live for ever") and any("switch" in e for e in entries)

    def go_live(self):
        p, w = self.p, self.w
        front = self.clock() // 2 * 2
        if w.rule("the switch is above the replay"):
            front = max(front, (self.floor + 3) // 2 * 2, self.front)
        entry = {"t": front - 1, "from": self.at, "to": self.at, "floor": self.floor, "switch": [self.at, front - 1]}
        before = w.rule("the switch before its frontier")
        if w.rule("the switch is journalled") and before:
            yield from self.append(entry)
        w.say(f"{p} goes live at {front}")
        yield from self.pass_on(front)
        if w.rule("the switch is journalled") and not before:
            for _ in range(w.r.choice([0, 10, 100])):
                yield
            yield from self.append(entry)

    def append(self, entry):
        d, switch = self.w.disk, "switch" in entry
        if "t" in entry:
            last = [e["t"] for e in lines_of(self.w, self.p.name) if "t" in e][-1:]
            if last and entry["t"] <= last[0]:
                raise Fault(f"{self.p}: entry {entry['t']} after {last[0]}")
        kept = entry if "floor" in entry or "ended" in entry else {x: entry[x] for x in ("t", "from", "to")}
        d.names[self.file].data.append(kept)
        yield
        if self.w.rule("fsync of the switch" if switch else "fsync of the journal" if "t" in entry else "fsync of the end"):
            d.fsync(self.file)
            yield

    def merge_switch(self, merged, below):
        for e in below:
            if "switch" in e and self.w.rule("merged entries know the switch"):
                merged["switch"] = e["switch"]

    def send_again(self, e):
        """Entries are live after the switch; a merged one may be of both kinds."""
        if "floor" not in e or (self.switch and not e.get("merged")):
            yield from self.commit(e, True)
            return
        if "switch" not in e:
            yield from self.play(e)
            return
        self.switch = e["switch"]
        at, t = self.switch
        yield from self.play(dict(e, t=t, to=at))
        if e["t"] > t:
            self.w.merge_history(self.p.name, t, e["t"])
            yield from self.commit({"t": e["t"], "from": at, "to": e["to"]}, True)

    def times(self, rows, floor):
        return super().times(rows[:max(0, self.until - self.at)] if self.until != INF else rows, floor)

    until = INF

    def rows(self, entry):
        return Counter((k, v) for k, v, _ in self.w.sources[self.p.name][entry["from"]:entry["to"]])


# ---- stages and sinks ----


class Input:
    def __init__(self, pipe, point):
        self.pipe, self.front, self.durable, self.ended, self.rows = pipe, point, 0, None, {}


class Stage:
    """A filter; a sink is one that writes instead of sending."""

    def __init__(self, p, node, pipes):
        self.p, self.w, self.node, self.pipes = p, p.world, node, pipes
        self.checkpointer, self.front, self.said, self.out = None, 0, -1, Counter()

    def body(self):
        p, w = self.p, self.w
        numbers = []
        for pipe in self.pipes:
            yield pipe.ready
            frame = pipe.take()
            if frame is None or frame[0] == "end":
                raise Exit(3 if frame is None else 1, "no stream")
            numbers.append(frame[1])
        if len(set(numbers)) > 1 and w.rule("gate and run number"):
            raise Exit(75, "inputs are of different runs")
        yield from enter_stage(p, self.node, numbers[0])
        self.inputs = [Input(pipe, p.run["R"]) for pipe in self.pipes]
        self.front = p.run["R"]
        self.checkpointer = Keeper(p, len(self.inputs))
        self.checkpointer.ahead = lambda: [sum_of(i.rows) for i in self.inputs]
        if self.node.stateful():
            yield from self.checkpointer.load()
        yield from self.open()
        p.send("schema", p.run["n"])
        yield
        late = False
        while any(i.ended is None for i in self.inputs) and not late:
            open_ = [i for i in self.inputs if i.ended is None]

            def due():
                return p.stop is not None and w.time > p.stop + STOP

            def cut():
                return self.checkpointer.child and not self.checkpointer.child.alive

            yield lambda: any(i.pipe.ready() for i in open_) or due() or cut()
            if self.checkpointer.child and not self.checkpointer.child.alive:
                yield from self.checkpointer.settled()
            ready = [i for i in open_ if i.pipe.ready()]
            if ready:
                late = self.receive(w.r.choice(ready))
            elif due():
                late = True
            yield from self.advance()
        yield from self.end(late)

    def receive(self, i):
        """True: this input has closed after a stop signal, break off."""
        frame = i.pipe.take()
        if frame is None:
            if not self.w.rule("end of file is not END"):
                i.ended, i.durable = "suspended", INF
                return False
            if self.p.stop is not None:
                return True
            raise Exit(3, "closed without END")
        kind = frame[0]
        if kind == "rows":
            i.rows[frame[1]] = plus(i.rows.get(frame[1], Counter()), frame[2])
            if frame[1] < i.front:
                raise Exit(3, f"rows at {frame[1]} below the frontier {i.front}")
        elif kind == "frontier":
            i.front = frame[1]
        elif kind == "durable":
            i.durable = frame[1]
        elif kind == "end":
            if frame[1] == "failed":
                raise Exit(1, "failed upstream")
            i.ended, i.front = frame[1], max(i.front, frame[2])
            i.durable = frame[3]
            if not self.w.rule("ended input is durable") and i.durable == INF:
                i.durable = i.front
        return False

    def least(self, i):
        if i.ended is None:
            return i.front
        whole = i.durable == INF or not self.w.rule("ended input is durable")
        if (whole and self.w.rule("ended input holds nothing back")) or \
                (not whole and not self.w.rule("broken-off input holds")):
            return INF
        return i.front

    def advance(self):
        """Everything below the least frontier, then the frontier, then DURABLE."""
        p, w = self.p, self.w
        front = min(self.least(i) for i in self.inputs)
        if front == INF:  # all have ended
            front = max(i.front for i in self.inputs)
        for t in sorted({t for i in self.inputs for t in i.rows if t < front}):
            changes = [i.rows.pop(t, Counter()) for i in self.inputs]
            yield from self.change(t, changes)
        if front > self.front:
            yield from self.checkpointer.before(front)
            self.front = front
            yield from self.passed(front)
        durable = min([i.durable for i in self.inputs] if w.rule("DURABLE counts inputs") else [self.front])
        if self.node.stateful() and w.rule("DURABLE counts own"):
            durable = min(durable, self.checkpointer.own())
        yield from self.durable(durable)

    def change(self, t, changes):
        if self.node.stateful():
            yield from self.checkpointer.before(t)
        tables = self.checkpointer.tables
        if self.node.kind in ("filter", "concat"):
            rows = answer(self.node.kind, changes)
        else:
            now = [plus(a, b) for a, b in zip(tables, changes)]
            rows = changes[0] if self.node.sink() else plus(answer(self.node.kind, now),
                                                            answer(self.node.kind, tables), -1)
            if self.node.stateful() and any(changes):
                self.checkpointer.tables = now
                self.checkpointer.changed(t)
        if rows:
            yield from self.deliver(t, rows)

    def end(self, late):
        """At the frontier reached: a cut, END."""
        p = self.p
        whole = not late and all(i.durable == INF for i in self.inputs)
        if not self.w.rule("ended input is durable"):
            whole = False
        yield from self.checkpointer.finish(self.front)
        durable = min([INF if i.durable == INF and i.ended else i.durable for i in self.inputs])
        if not self.w.rule("frame of END"):
            durable, whole = INF, True
        yield from self.close(whole, durable)
        if p.outs:
            yield from linger(p)

    # A filter sends

    def open(self):
        return
        yield

    def deliver(self, t, rows):
        self.p.send("rows", t, rows)
        yield

    def passed(self, front):
        self.p.send("frontier", front)
        if self.w.r.random() < 0.5:
            yield

    def durable(self, d):
        if d != INF and d > self.said:
            self.said = d
            self.p.send("durable", d)
        yield

    def close(self, whole, durable):
        self.p.send("end", "suspended", self.front, durable)
        yield


def sum_of(by_time):
    total = Counter()
    for c in by_time.values():
        total = plus(total, c)
    return total


class Sink(Stage):
    def open(self):
        p, w = self.p, self.w
        self.dest, self.fresh = "out/" + p.name, False
        self.record = w.disk.read(p.name + "/record")
        if self.record is None:
            w.born[p.name] = max(point for _, point, _ in w.points)
            yield from self.write_record(0, False, 0)
            if p.run["R"] != 0 and w.rule("new sink waits"):
                raise Exit(75, "new sink")
        w.say(f"{p} has run {self.record['run']} C {self.record['C']} complete {self.record['complete']}")
        self.held = self.record["C"] if w.rule("drop below the record") else 0
        self.pos = self.record["length"]
        self.news = False
        self.lengths = {}  # grid time -> lines below it, until it is recorded
        if self.node.kind == "file":
            lines = self.lines()
            if tuple(lines[:self.pos]) != self.record["digest"]:
                raise Exit(4, "output is shorter or differs")
            if not w.rule("file sink compares"):
                self.pos = len(lines)
        if self.node.kind == "database":
            base = w.database.setdefault(p.name, {"t": -1, "rows": Counter()})
            if w.rule("database keeps the time"):
                self.held = max(self.held, base["t"] + 1)

    def lines(self):
        return self.w.disk.names[self.dest].data if self.dest in self.w.disk.names else []

    def deliver(self, t, rows):
        self.news = True
        if self.node.kind == "table" or t < self.held:
            return
        self.passing(t)
        if self.node.kind == "database":
            base = self.w.database[self.p.name]
            yield
            if t < base["t"]:
                raise Fault(f"{self.p} database goes back from {base['t']} to {t}")
            base["t"], base["rows"] = t, plus(base["rows"], rows)
            yield
            return
        for row, n in sorted(rows.items(), key=lambda x: (x[1] > 0, x)):
            yield from self.line((t, row, n))

    def line(self, line):
        """The next line of the file: it is there already, or in part, or comes at its end."""
        w = self.w
        if self.dest not in w.disk.names:
            w.disk.create(self.dest, [])
            self.fresh = True
            yield
        data = w.disk.names[self.dest].data
        if self.pos < len(data) and data[self.pos] != line:
            if data[self.pos] != ("torn", line):
                raise Exit(4, f"differs: {data[self.pos]} is there, {line} expected")
            data[self.pos] = line
        elif self.pos == len(data):
            data.append(line)
        self.pos += 1
        yield

    def passing(self, t):
        """The lines so far are all below t, and below the grid times since the last change."""
        last = t // self.p.run["grid"] * self.p.run["grid"]
        if last not in self.lengths:
            self.lengths[last] = self.pos

    def passed(self, front):
        self.passing(front)
        if self.node.kind == "table" and (front >= self.p.run["above"] or not self.w.rule("table waits")):
            if self.w.r.random() < 0.3:
                yield from self.show()

    def show(self):
        p, w = self.p, self.w
        yield from write_file(p, self.dest, (self.front, Counter(self.checkpointer.tables[0])))
        if self.front < w.tables.get(p.name, -1):
            raise Fault(f"{p} shows a table of {self.front} after one of {w.tables[p.name]}")
        w.tables[p.name] = self.front

    def durable(self, d):
        """Records the greatest grid time that is passed and durable."""
        grid = self.p.run["grid"]
        c = min(self.front, d) // grid * grid
        new = c > self.record["C"]
        passed = [x for x in self.lengths if x >= c]
        length = self.lengths[min(passed)] if passed and self.w.rule("length at the record's time") else self.pos
        if new and (self.w.rule("re-record") or self.news):
            if self.w.rule("no record below R"):
                c = max(c, self.p.run["R"])
            yield from self.write_record(c, False, length)

    def write_record(self, c, complete, pos):
        p, w = self.p, self.w
        length, digest = 0, ()
        if self.node.kind == "file" and self.record:
            if w.rule("fsync of DEST"):
                w.disk.fsync(self.dest)
                w.disk.fsync_folder("out")
                yield
            length, digest = pos, tuple(self.lines()[:pos])
        marks = {}
        for name in sorted(w.disk.read("run")["stages"]) if self.record else ():
            if w.rule("marks of durable bytes") and name not in self.upstream:
                continue
            journal = w.disk.list(name + "/journal-")
            cuts = [int(x.rpartition("-")[2]) for x in w.disk.list(name + "/checkpoint-")]
            if journal:
                data = w.disk.names[journal[-1]].data
                if w.rule("marks of durable bytes"):
                    data = [e for e in data if not is_torn(e) and "ended" not in e and e.get("t", -1) < c]
                if data:
                    marks[name, "journal"] = (int(journal[-1].rpartition("-")[2]), len(data))
            if any(x <= c for x in cuts):
                marks[name, "cut"] = max(x for x in cuts if x <= c)
        self.record = {"run": p.run["n"], "C": c, "complete": complete, "length": length, "digest": digest,
                       "marks": marks}
        self.news = False
        w.say(f"{p} records {c} complete {complete}")
        yield from write_file(p, p.name + "/record", dict(self.record))

    def close(self, whole, durable):
        if self.node.kind == "table" and (whole or self.front >= self.p.run["above"] or
                                          not self.w.rule("table waits")):
            yield from self.show()
        if whole and (self.w.rule("re-record") or self.news):
            yield from self.write_record(self.front, True, self.pos)
        elif durable:
            yield from self.durable(min(durable, self.checkpointer.own()))


def tee(p, pipe):
    while True:
        yield lambda: pipe.ready() or p.stop is not None
        frame = pipe.take()
        if p.stop is not None or frame is None:
            raise Exit(137)
        p.send(*frame)
        yield


# ---- the world ----


class World:
    def __init__(self, seed, off=(), trace=None, kinds=KINDS):
        self.r, self.off, self.trace = random.Random(seed), frozenset(off), trace
        self.disk, self.time, self.skew = Disk(), 0, 1000
        self.locks, self.holders = {"gate": None, "clock": None}, set()
        self.processes, self.lines, self.statuses = [], 0, {}
        self.commits, self.database, self.tables, self.born = {}, {}, {}, {}
        self.copies, self.copy_of, self.points, self.stale, self.value = 0, {}, [], False, 0
        self.merged, self.copy = -1, None
        self.aboves = {}  # of each run
        self.ends = {}  # reader -> (number of a run, has END been sent?) of each of its ends
        self.grid = self.r.choice([10, 20, 40])
        self.nodes = draw_line(self.r, kinds)
        self.weights = [x * self.r.choice([1, 1, 4]) for x in (15, 15, 15, 8, 15, 5, 15)]
        self.sources = {n.name: [Counter()] if n.kind == "track" else [] for n in self.nodes if n.reader()}

    def rule(self, name):
        assert name in RULES or name in LIVE_RULES, name
        return name not in self.off

    def say(self, text):
        if self.trace is not None:
            self.trace.append(text)

    def wall(self):
        return max(0, self.time + self.skew)

    def begin(self, p):
        self.processes.append(p)

    def released(self, p):
        self.holders.discard(p)
        for lock in self.locks:
            if self.locks[lock] is p:
                self.locks[lock] = None

    def refused(self, p, why):
        if not self.stale:
            raise Fault(f"{p} will not start or go on: {why}")

    # what was committed, seen from above

    def history(self, name, t, rows, merged):
        if merged:
            self.merged = max(self.merged, t)
            for u in [u for u in self.commits.get(name, {}) if u < t]:
                del self.commits[name][u]
        self.commits.setdefault(name, {})[t] = rows

    def merge_history(self, name, after, t):
        """Commits after a time and below t have become one, of time t."""
        self.merged = max(self.merged, t)
        for u in [u for u in self.commits.get(name, {}) if after < u < t]:
            del self.commits[name][u]

    def check_floor(self, p, floor, last):
        """Where does a reader go on that has ended, or not? An end that was being written counts, or does not."""
        allowed = [0]
        for n, sent in self.ends.get(p.name, []):
            if n < p.run["n"]:
                allowed = ([] if sent else allowed) + [self.aboves[n + 1]]
        if floor not in [max(last, x) for x in allowed] and not self.stale:
            raise Fault(f"{p} goes on at {floor}, expected {allowed} or {last}")

    def reload(self, name, entries):
        """Commits that the journal doesn't have have never been; those that were merged have."""
        last = max([e["t"] for e in entries], default=-1)
        for t in [t for t in self.commits.get(name, {}) if t > last]:
            self.say(f"      {name}: the commit of {t} is lost, to be read again")
            del self.commits[name][t]

    # disturbances

    def grow(self):
        name = self.r.choice(sorted(self.sources))
        source, kind = self.sources[name], name.rstrip("0123456789")
        rows = []
        for _ in range(self.r.choice([1, 1, 2])):
            self.value += 1
            rows.append((self.r.randint(0, 2), self.value * 97 % 1000))
        if kind == "track":
            old = [row for row, n in source[-1].items() for _ in range(n)]
            source.append(Counter([x for x in old if self.r.random() < 0.6] + rows))
        elif kind in ("timed", "backtest"):
            for k, v in rows:
                at = source[-1][2] if source else self.r.choice([0, 900, 1100])
                at += self.r.choice([0, 0, 2, 2, 10, 60, -20])
                source.append((k, v, max(0, at)))
        else:
            source += rows
        self.say(f"{self.time:>5} {name} grows by {rows}")

    def start(self, sinks, follow):
        """A line with these sinks, all of whose readers follow, or some, or none."""
        self.lines += 1
        line, nodes = self.lines, set()
        for s in sinks:
            nodes |= s.before()
        nodes = [n for n in self.nodes if n in nodes]
        self.say(f"{self.time:>5} line {line} starts: {' '.join(n.name for n in nodes)} ")
        made = {n: Process(self, n.name, line) for n in nodes}
        fed = {n: [] for n in nodes}
        for n in nodes:
            for i in n.inputs:
                fed[i].append(n)
            made[n].consumers = [made[to] for to in nodes if n in to.inputs]
        pipes = {n: {} for n in nodes}
        extra = []
        for n in nodes:
            if len(fed[n]) < 2:
                for to in fed[n]:
                    pipes[to][n] = Pipe(made[n])
                    pipes[to][n].reader = made[to]
                    made[n].outs = [pipes[to][n]]
                continue
            copier = Process(self, "tee-" + n.name, line)
            head = Pipe(made[n])
            head.reader, made[n].outs = copier, [head]
            for to in fed[n]:
                pipes[to][n] = Pipe(copier)
                pipes[to][n].reader = made[to]
                copier.outs.append(pipes[to][n])
            copier.body = tee(copier, head)
            extra.append(copier)
        for n in nodes:
            p = made[n]
            if n.reader():
                kind = {"timed": Timed, "backtest": Backtest}.get(n.kind, Reader)
                p.body = kind(p, n, follow(n)).body()
            else:
                stage = (Sink if n.sink() else Stage)(p, n, [pipes[n][i] for i in n.inputs])
                stage.upstream = {x.name for x in n.before()}
                stage.record = None
                p.body = stage.body()
        for p in list(made.values()) + extra:
            self.begin(p)
        return list(made.values())

    def kill(self, some):
        for p in some:
            self.say(f"{p} is killed")
            p.die(137)
            for child in [c for c in self.processes if c.parent is p]:
                if self.r.random() < 0.8:
                    child.die(137)

    def power_cut(self):
        self.say(f"{self.time:>5} power cut")
        for p in self.processes:
            p.alive = False
        self.processes, self.holders = [], set()
        self.locks = {lock: None for lock in self.locks}
        self.disk.power_cut(self.r)

    def backup(self):
        names = [n for n in self.disk.names if "/" in n and not n.startswith("out/") and not n.endswith("record")]
        if names and not self.copy:
            stage = folder(self.r.choice(sorted(names)))
            self.copy = stage, {n: list(i.data) for n, i in self.disk.names.items() if side_file(n, stage)}

    def put_back(self):
        """A stage's folder as it was at the backup."""
        stage, files = self.copy
        self.say(f"{self.time:>5} {stage} is put back from a copy")
        self.stale = True
        for n in [n for n in self.disk.names if side_file(n, stage)]:
            self.disk.unlink(n)
        for n, data in files.items():
            self.disk.create(n, list(data))
            self.disk.fsync(n)
        self.disk.fsync_folder(stage)

    # running

    def step(self, disturbed=True):
        """A step of a process that can go on; the clock moves now and then, or when none can."""
        r = self.r
        live = self.processes
        for _ in range(8):
            if not live or r.random() < 0.05:
                break
            k = r.randrange(len(live))
            p = live[k]
            if not p.alive:
                live[k] = live[-1]
                live.pop()
                continue
            if p.wait is None or p.wait():
                p.step()
                return
        else:
            ready = [p for p in live if p.alive and (p.wait is None or p.wait())]
            if ready:
                r.choice(ready).step()
                return
        self.time += r.choice([1, 1, 2, 5])

    def disturb(self):
        """Something happens, of what this schedule is made for; when nothing runs, a line starts."""
        r = self.r
        alive = [p for p in self.processes if p.alive and not p.parent]
        what = r.choices(["kill", "killall", "cut", "clock", "stop", "second", "start"], self.weights)[0]
        if what == "kill":
            self.kill(r.sample(alive, min(len(alive), r.choice([1, 1, 2, 3]))))
        elif what == "killall":
            self.kill(alive)
            if r.random() < 0.3:
                self.backup()
        elif what == "cut":
            self.power_cut()
        elif what == "clock":
            self.skew += r.choice([-500, -100, -20, 30, 300])
        elif what == "stop":
            self.say(f"{self.time:>5} stop")
            for p in alive:
                if p.stop is None and r.random() < 0.95:
                    p.stop = self.time
        if (what in ("second", "start") or not alive) and sum(p.alive for p in self.processes) < 30:
            sinks = [n for n in self.nodes if n.sink()]
            if len(sinks) > 1 and r.random() < 0.25:
                sinks = r.sample(sinks, r.randint(1, len(sinks) - 1))
            share = r.choice([0, 0.5, 1, 1])
            self.start(sinks, lambda n: r.random() < share)

    def quiet(self):
        """The line to its end, undisturbed."""
        sinks = [n for n in self.nodes if n.sink()]
        for _ in range(3):
            made = self.start(sinks, lambda n: False)
            new = [s for s in sinks if s.name + "/record" not in self.disk.names]
            limit = 200000
            while any(p.alive for p in self.processes):
                self.step()
                limit -= 1
                if not limit:
                    raise Fault("no end: " + " ".join(p.name for p in self.processes if p.alive))
            bad = [f"{p.name} {p.status} {p.why}" for p in made if p.status not in (0, 141)]
            if not bad:
                return
            if self.stale and any(p.status == 4 for p in made):
                raise Exit(4)
            if not new or any("below the frontier" in text for text in bad):
                raise Fault("an undisturbed run fails: " + "; ".join(bad))
        raise Fault("the line never runs: " + "; ".join(bad))

    def check(self):
        """Every sink, at every time in its past."""
        for n in self.sources:
            total = sum_of(self.commits.get(n, {}))
            if total != self.source(n):
                raise Fault(f"{n}: read {sorted(total.items())}, holds {sorted(self.source(n).items())}")
        times = sorted({t for c in self.commits.values() for t in c} | {self.merged})
        for s in [n for n in self.nodes if n.sink()]:
            right = self.right(s, INF)
            if s.kind == "database":
                have = self.database.get(s.name, {"rows": Counter()})["rows"]
            elif s.kind == "table":
                have = self.disk.read("out/" + s.name)
                have = have[1] if have else Counter()
            else:
                file = self.disk.names.get("out/" + s.name)
                lines = file.data if file else []
                if any(is_torn(x) for x in lines):
                    raise Fault(f"{s.name}: a line is torn")
                have = Counter()
                k = 0
                for t in times:
                    while k < len(lines) and lines[k][0] <= t:
                        have = plus(have, {lines[k][1]: lines[k][2]})
                        k += 1
                    if t >= max(self.born.get(s.name, 0), self.merged) and have != self.right(s, t):
                        self.differ(f"{s.name} at {t}", have, self.right(s, t))
                if k < len(lines):
                    raise Fault(f"{s.name}: {lines[k]} where there was no commit")
            if have != right:
                self.differ(s.name, have, right)

    def differ(self, where, have, right):
        raise Fault(f"{where}: too much {dict(plus(have, right, -1))}"[:600])

    def source(self, name):
        rows, kind = self.sources[name], name.rstrip("0123456789")
        if kind == "track":
            return rows[-1]
        if kind in ("timed", "backtest"):
            return Counter((k, v) for k, v, _ in rows)
        return Counter({k: (k, v) for k, v in rows}.values()) if kind == "upsert" else Counter(rows)

    def right(self, node, t):
        if node.reader():
            return sum_of({u: c for u, c in self.commits.get(node.name, {}).items() if u <= t})
        return answer(node.kind, [self.right(i, t) for i in node.inputs])


def schedule(seed, off=(), trace=None, kinds=KINDS):
    """None, or what went wrong."""
    Process.count = 0
    w = World(seed, off, trace, kinds)
    r = w.r
    try:
        for _ in range(r.choice([0, 2, 5])):
            w.grow()
        busy, calm, hasty, soon = r.choice([0.003, 0.01, 0.03]), r.choice([0.01, 0.03]), r.choice([0, 0, 0.7]), 0
        for _ in range(r.choice([150, 500, 1500])):
            x, soon = r.random(), soon - 1
            if x < busy or soon == 0 or not w.processes:
                w.disturb()
                if r.random() < hasty:
                    soon = r.randint(1, r.choice([10, 40, 150]))
            elif x < busy + calm:
                w.grow()
            w.step()
        for p in w.processes:
            if p.alive and not p.parent and r.random() < 0.5:
                p.stop = w.time
        for _ in range(r.choice([0, 200])):
            w.step()
        w.kill([p for p in w.processes if p.alive])
        w.processes = []
        w.quiet()
        w.check()
        if w.copy:
            w.put_back()
        for _ in range(3):
            w.grow()
        w.quiet()
        w.check()
        w.quiet()
        n, point, above = w.points[-1]
        if point != above:
            raise Fault(f"no restart point: run {n} restarts from {point}, not from {above}")
    except Exit:
        return None  # a file put back was refused
    except Fault as e:
        return str(e)
    return None

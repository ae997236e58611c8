"""Random pipelines with state for tests: readers (fed.py), stages (oracle/stages.py), tee, diamonds, sinks.

A Drawn is a Pipeline (pipelines.py) that is drawn: up to three readers; stages, some of which several
others read from, so that tee feeds branches that meet again or end in sinks of their own; one to three
sinks of all modes. What the sinks must hold is recomputed from what the readers have been fed
(oracle/recompute.py).

If all readers have times of their own, each commit of each sink is known. If some get their times from
the clock, any commit may have added to what it held as many further feeds of these readers as there
were; but each table must be one of those, none may go back, and the sinks must be of one mind.
"""
import csv
import itertools
import json
import os
import re
import shlex
import subprocess
import sys
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../oracle"))
import fed  # noqa: E402
from pipelines import Fault, Pipeline, Run  # noqa: E402
from recompute import Tables  # noqa: E402
from stages import BY_COMMIT, TOOLS, Drawer  # noqa: E402

LINEAR = ("pw-select", "pw-filter", "pw-concat", "pw-flatten")
INTERVALS = ["", "--checkpoint-interval 4ms", "--checkpoint-interval 20ms", "--checkpoint-interval 1s",
             "--checkpoint-interval 1h"]


def append_only(stage):
    if isinstance(stage, fed.Reader):
        return stage.append_only
    inner = stage.tool == "pw-join" and not {"--left", "--right", "--full", "--semi", "--anti", "--now", "-t"} & set(stage.args)
    return (stage.tool in LINEAR or inner) and all(map(append_only, stage.inputs))


class Even(Drawer):
    """Draws no stage that writes at odd times: what a last commit forgets there waits for the next run."""
    odd = False


class ByTables(Drawer):
    """Draws no stage that answers by commit."""
    by_commit = False

    def now(self):
        return None


# ---- sinks ----


class Sink:
    def __init__(self, r, number, stage):
        self.stage, self.number = stage, number
        self.mode = r.choice(["changes", "changes", "table"] + ["rows"] * 3 * append_only(stage))
        self.jsonl = r.random() < 0.4
        self.path = f"out{number}.{'jsonl' if self.jsonl else 'csv'}"
        self.every = self.mode == "table" and r.random() < 0.5

    def words(self):
        mode = {"rows": [], "table": ["--table"], "changes": ["--changes"]}[self.mode]
        return ["pw-write"] + mode + ["--every", "1ms"] * self.every + [self.path]

    def lines(self):
        """[(row, time, diff)] of the whole lines of the file, with None where there is neither; None without a file."""
        try:
            with open(self.path, encoding="utf-8") as f:
                lines = f.read().split("\n")[:-1]
        except FileNotFoundError:
            return None
        if self.jsonl:
            return [self.parse(line) for line in lines]
        order = [lines[0].split(",").index(name) for name in self.stage.names()] if lines else []
        return [self.parse(line, order) for line in lines[1:]]

    def parse(self, line, order=()):
        """order: where the columns of a CSV are."""
        columns, at = self.stage.columns, [None, None]
        if self.jsonl:
            value = json.loads(line)
            row = tuple(json.dumps(v, separators=(",", ":")) if v is not None and c.kind == "list" else
                        float(v) if v is not None and c.kind == "float" else v
                        for c, v in ((c, value[c.name]) for c in columns))
            at = [value["_time"], value["_diff"]] if self.mode == "changes" else at
        else:
            cells = [m.group(1) for m in re.finditer(r'("(?:[^"]|"")*"|[^,]*)(?:,|$)', line + ",")][:-1]
            if len(cells) != len(columns) + 2 * (self.mode == "changes"):
                raise Fault(f"{self.path}: {len(cells)} cells: {line}")
            row = tuple(value_of(cells[k], c.kind) for k, c in zip(order, columns))
            at = [int(x) for x in cells[len(columns):]] or at
        return row, *at

    def rows(self):
        found = self.lines()
        return None if found is None else Counter(row for row, _, _ in found)

    def commits(self):
        """[(time, {row: diff})], in the order of the file. No row is twice in a commit."""
        found = []
        for time, lines in itertools.groupby(self.lines() or [], lambda x: x[1]):
            lines = list(lines)
            diffs = {row: diff for row, _, diff in lines}
            if len(diffs) < len(lines) or 0 in diffs.values():
                raise Fault(f"{self.path}: time {time}: a row is there twice, or with a diff of 0")
            if found and time <= found[-1][0]:
                raise Fault(f"{self.path}: time {time} comes after {found[-1][0]}")
            found.append((time, diffs))
        return found


def value_of(text, kind):
    if text == "":
        return None
    if kind in ("str", "list"):
        return next(csv.reader([text]))[0]
    return {"int": int, "float": float, "bool": {"true": True, "false": False}.get}[kind](text)


def differs(path, found, expected):
    more, less = Counter(found), Counter(expected)
    text = "; ".join(f"{word} {dict(list(rows.items())[:3])}" for word, rows in
                     (("too much:", more - less), ("missing:", less - more)) if rows)
    return Fault(f"{path}: {text or 'other diffs'}")


def added(table, diffs):
    table = Counter(table)
    for row, diff in diffs.items():
        table[row] += diff
    return Counter({row: n for row, n in table.items() if n})


def change(before, after):
    found = Counter(after)
    found.subtract(before)
    return {row: n for row, n in found.items() if n}


# ---- what there must be ----


class Known:
    """All times are known: the tables of each sink at each of them."""

    def __init__(self, readers, sinks):
        self.readers, self.sinks = readers, sinks
        self.tables = Tables([s.stage for s in sinks])
        self.given, self.at = {r: Counter() for r in readers}, {r: 0 for r in readers}
        self.answers = [(None, [Counter() for _ in sinks])]
        self.shown = [0] * len(sinks)  # a table that is seen is never older than this

    def feed(self):
        new = [(t, r, row, diff) for r in self.readers for t, row, diff in r.changes[self.at[r]:]]
        self.at = {r: len(r.changes) for r in self.readers}
        for time, changes in itertools.groupby(sorted(new, key=lambda x: x[0]), lambda x: x[0]):
            for _, r, row, diff in changes:
                self.given[r][row] += diff
            self.answers.append((time, list(self.tables.of(self.given, time))))

    def check(self, last):
        for k, sink in enumerate(self.sinks):
            {"changes": self.changes, "table": self.table, "rows": self.rows}[sink.mode](k, sink, last)

    def steps(self, k):
        """[(time, {row: diff})] where something changes."""
        found = [(t, change(before[k], after[k])) for (_, before), (t, after) in itertools.pairwise(self.answers)]
        return [(t, diffs) for t, diffs in found if diffs]

    def changes(self, k, sink, last):
        found, expected = sink.commits(), self.steps(k)
        for n, (time, diffs) in enumerate(found):
            if n >= len(expected):
                raise Fault(f"{sink.path}: a commit at {time}, where there is none")
            if time != expected[n][0]:
                raise Fault(f"{sink.path}: time {time}: {list(diffs)[:3]}; expected time {expected[n][0]}: "
                            f"{list(expected[n][1])[:3]}")
            whole = last or n + 1 < len(found)
            if diffs != expected[n][1] and (whole or not diffs.items() <= expected[n][1].items()):
                raise differs(f"{sink.path}: time {time}", diffs, expected[n][1])
        if last and len(found) < len(expected):
            raise Fault(f"{sink.path} ends before time {expected[len(found)][0]}")

    def table(self, k, sink, last):
        found = sink.rows()
        if found is None and not last:
            return
        fitting = [n for n, (_, tables) in enumerate(self.answers) if tables[k] == found and n >= self.shown[k]]
        if last or not fitting:
            if found != self.answers[-1][1][k]:
                raise differs(sink.path, found or {}, self.answers[-1][1][k])
        self.shown[k] = fitting[0]

    def rows(self, k, sink, last):
        found = [row for row, _, _ in sink.lines() or []]
        for time, diffs in self.steps(k):
            some = Counter(found[:sum(diffs.values())])
            found = found[sum(diffs.values()):]
            if some != diffs and (last or found or some - Counter(diffs)):
                raise differs(f"{sink.path}: what came at time {time}", some, diffs)
        if found:
            raise differs(sink.path, found, {})


class Clocked:
    """Some times are the clock's. A state says of how many feeds each of those readers shows something."""

    def __init__(self, readers, sinks):
        self.sinks, self.tables, self.known = sinks, Tables([s.stage for s in sinks]), {}
        self.clocked = [r for r in readers if not r.timed]
        self.timed = [r for r in readers if r.timed]
        self.shown = [[0] * len(self.clocked) for _ in sinks]

    def feed(self):
        pass

    def of(self, state, time):
        """The tables of the sinks."""
        given = {r: r.prefixes[n] for r, n in zip(self.clocked, state)}
        key = [state]
        for r in self.timed:
            upto = [(row, diff) for t, row, diff in r.changes if t <= time]
            key.append(len(upto))
            given[r] = Counter()
            for row, diff in upto:
                given[r][row] += diff
        if tuple(key) not in self.known:
            self.known[tuple(key)] = list(self.tables.of(given))
        return self.known[tuple(key)]

    def all(self):
        return tuple(len(r.prefixes) - 1 for r in self.clocked)

    def advance(self, states, time, fits):
        """The least states from one of these on that fit at that time."""
        found, seen, now = [], set(states), sorted(states, key=sum)
        while now:
            state = now.pop(0)
            if any(all(a <= b for a, b in zip(f, state)) for f in found):
                continue
            if fits(self.of(state, time)):
                found.append(state)
                continue
            for k, most in enumerate(self.all()):
                more = state[:k] + (state[k] + 1,) + state[k + 1:]
                if state[k] < most and more not in seen:
                    seen.add(more)
                    now.append(more)
            now.sort(key=sum)
        return found

    def check(self, last):
        changes = [(k, s, s.commits()) for k, s in enumerate(self.sinks) if s.mode == "changes"]
        if last:
            self.chain(changes, True)
        else:
            for k, sink, commits in changes:
                self.chain([(k, sink, commits[:-1])], False)
        end = self.of(self.all(), 2**64)
        for k, sink in enumerate(self.sinks):
            if sink.mode == "changes":
                continue
            found = sink.rows()
            if found is None and not last:
                continue
            if last and found != end[k] or sink.mode == "rows" and found - end[k]:
                raise differs(sink.path, found or {}, end[k])
            if sink.mode == "table":
                self.table(k, sink, found)

    def times(self):
        return {t for r in self.timed for t, _, _ in r.changes}

    def table(self, k, sink, found):
        for time in sorted(self.times() | {0}):
            states = self.advance([tuple(self.shown[k])], time, lambda tables: tables[k] == found)
            if states:
                self.shown[k] = [min(x) for x in zip(*states)]
                return
        raise differs(f"{sink.path} is the table of no commit; less the last one,", found, self.of(self.all(), 2**64)[k])

    def chain(self, sinks, last):
        """Follows sinks of changes, at each time all of them."""
        now, states = {k: Counter() for k, _, _ in sinks}, [tuple(0 for _ in self.clocked)]
        at = {k: dict(commits) for k, _, commits in sinks}
        times = {t for commits in at.values() for t in commits}
        if times or last:
            times |= {t for t in self.times() if last or t <= max(times)}
        for time in sorted(times):
            now = {k: added(table, at[k].get(time, {})) for k, table in now.items()}
            before, states = states, self.advance(states, time, lambda tables: all(tables[k] == now[k] for k in now))
            if not states:
                wanted = self.of(before[0], time)
                texts = [str(differs(s.path, now[k], wanted[k])) for k, s, _ in sinks if now[k] != wanted[k]]
                raise Fault(f"time {time}: the table of no commit; but for {before}: " + "; ".join(texts))
        end = self.of(self.all(), 2**64)
        for k, sink, _ in sinks:
            if last and now[k] != end[k]:
                raise differs(f"{sink.path}: its sum", now[k], end[k])


# ---- the processes ----


class Node:
    """A process: its words, where an int is the number of a pipe; the pipes of its standard input and output."""

    def __init__(self, words, stdin, stdout):
        self.words, self.stdin, self.stdout = words, stdin, stdout

    def pipes(self):
        return [w for w in self.words if isinstance(w, int)]

    def programs(self):
        """Its own, and those that it runs."""
        return self.words[:1] + [p for w in self.words if isinstance(w, str) and w.startswith("exec:")
                                 for p in re.findall(r"(?:exec:|\| )(pw-\w+)", w)]

    def text(self):
        """As a shell has it, with FIFOs."""
        words = " ".join(f"p{w}" if isinstance(w, int) else shlex.quote(w) for w in self.words)
        return (words + (f" <p{self.stdin}" if self.stdin is not None else "") +
                (f" >p{self.stdout}" if self.stdout is not None else ""))


def open_pipe(number):
    """Its ends have the same descriptors in each run: they are arguments, which stages are known by."""
    found = []
    for end, fd in zip(os.pipe(), (100 + 2 * number, 101 + 2 * number)):
        found.append(os.dup2(end, fd, inheritable=False))
        os.close(end)
    return found


class Together:
    """Processes as one."""

    def __init__(self, processes):
        self.processes, self.pid = processes, processes[0].pid

    def wait(self, patience=None):
        found = [p.wait(patience) for p in self.processes]
        return next((s for s in (4, 2, 5, 3, 75) if s in found), next((s for s in found if s), 0))

    def poll(self):
        return None if any(p.poll() is None for p in self.processes) else self.wait()


class DrawnRun(Run):
    """Each stage is a process of the group; disturbed: the node that gets the variables `more` in its environment."""

    def __init__(self, nodes, disturbed=None, **more):
        self.log = open("messages", "ab+")
        self.at = self.log.seek(0, 2)
        self.unharmed, self.killed, self.group, self.each = False, "nothing", None, {}
        pipes = {n: open_pipe(n) for node in nodes for n in node.pipes() + [node.stdout] if n is not None}
        for node in nodes:
            # tee writes into the pipes that its words name, any other program reads from them
            mine = {n: pipes[n][node.words[0] == "tee"] for n in node.pipes()}
            words = [f"/dev/fd/{mine[w]}" if isinstance(w, int) else w for w in node.words]
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL if node.stdin is None else pipes[node.stdin][0],
                stdout=self.log if node.stdout is None else pipes[node.stdout][1], stderr=self.log,
                pass_fds=mine.values(), process_group=self.group or 0,
                env=dict(os.environ, **(more if node is disturbed else {})))
            self.group = self.group or process.pid
            self.each[node] = process
        for ends in pipes.values():
            os.close(ends[0])
            os.close(ends[1])
        self.process = Together(list(self.each.values()))

    def waits_for_nobody(self):
        return False


# ---- drawing ----


class Drawn(Pipeline):
    """A drawn pipeline; kinds: what its readers are drawn from, and how many."""
    live = False
    kinds, counts = [fed.Log, fed.Log, fed.Upsert, fed.Track, fed.Changes, fed.Replay], [1, 2, 2, 3]

    def start(self):
        r = self.rng
        for _ in range(1000):
            kinds = [r.choice(self.kinds) for _ in range(r.choice(self.counts))]
            timed = all(k.timed for k in kinds)
            # a reader with times of its own is never behind the clock
            feeds = (fed.Feeds(r, r.choice([0, 1_700_000_000_000]), 4000) if timed else
                     fed.Feeds(r, 4_000_000_000_000, 3_600_000))
            self.short = timed  # all of it may be paced
            sids = r.choice([1, 3, 3, 3, 100])  # streams that don't mix
            self.readers = [k(r, n, feeds, sids) for n, k in enumerate(kinds)]
            drawing, tools = (Even, TOOLS) if timed else (ByTables, [t for t in TOOLS if t not in BY_COMMIT])
            if any(self.draw_stages(drawing, tools) for _ in range(100)):
                break
            self.remove()
        self.answer = (Known if timed else Clocked)(self.readers, self.sinks)
        self.draw_nodes()

    def remove(self):
        for name in os.listdir("."):
            subprocess.run(["rm", "-rf", name], check=True)

    def draw_stages(self, drawing, tools):
        """Are there fitting ones?"""
        r, drawer = self.rng, drawing(self.rng, tools, self.readers)
        for _ in range(2):
            if r.random() < 0.6:
                middle = drawer.tree(r.choice([1, 1, 2]))
                drawer.sources = drawer.sources + [middle] * 2
        self.roots = []
        for _ in range(r.choice([1, 1, 2, 3])):
            self.roots.append(r.choice(self.roots) if self.roots and r.random() < 0.2 else drawer.tree(r.choice([1, 2, 2, 3])))
        self.stages = Tables(self.roots).stages
        self.sinks = [Sink(r, n, root) for n, root in enumerate(self.roots)]
        return (set(self.readers) <= set(self.stages) and len(self.stages) <= 11 and
                all(len(set(s.names())) == len(s.names()) <= 12 for s in self.stages))

    def draw_nodes(self):
        """The processes: a Node per stage and sink, and tee where one is read by several."""
        self.pipes, self.nodes, given, taken = 0, [], {}, {s: [] for s in self.stages}  # taken: the pipes from a stage
        interval, words = self.rng.choice(INTERVALS).split(), {}
        for s in self.stages:
            words[s] = self.words(s, interval, given)
        within = self.draw_within()
        for s in self.stages:
            if any(s in chain for chain in within.values()):
                continue
            stdin, inputs = None, []
            for n, i in enumerate(s.inputs):
                if (s, n) in within:
                    inputs.append("exec:" + " | ".join(shlex.join(words[x]) for x in within[s, n]))
                    continue
                taken[i].append(self.pipe())
                if len(s.inputs) == 1 or stdin is None and self.rng.random() < 0.5:
                    stdin = taken[i][-1]
                inputs.append("-" if stdin == taken[i][-1] else taken[i][-1])
            node = Node(words[s] + (inputs if len(s.inputs) > 1 else []) + list(s.tail), stdin, None)
            self.nodes.append(node)
            if s.then:
                node.stdout = self.pipe()
                node = Node(shlex.split(s.then), node.stdout, None)
                self.nodes.append(node)
            given[s] = node
        for sink in self.sinks:
            taken[sink.stage].append(self.pipe())
            self.nodes.append(Node(sink.words(), taken[sink.stage][-1], None))
        for s, pipes in taken.items():
            if len(pipes) > 1:
                given[s].stdout = self.pipe()
                self.nodes.append(Node(["tee"] + pipes[1:], given[s].stdout, pipes[0]))
            elif pipes:
                given[s].stdout = pipes[0]

    def words(self, s, interval, known):
        """The words of a stage but for its inputs. What is known by the same options and inputs needs a name."""
        same = repr((s.tool, s.args, [known[i] for i in s.inputs], s.tail, getattr(s, "paths", None)))
        named = same in known.values() or self.rng.random() < 0.1
        known[s] = f"s{len(known)}" if named else same
        words = list(s.args) + ["--name", known[s]] * named
        if isinstance(s, fed.Reader):
            words = ["-q", "--state", "state"] + interval + words + s.sources()
        return [s.tool] + words

    def draw_within(self):
        """{(stage, number of an input): the stages that are run within it, as exec:}"""
        uses = Counter([i for s in self.stages for i in s.inputs] + self.roots)
        found = {}
        for s in self.stages:
            for n, i in enumerate(s.inputs):
                chain = [i]
                while chain[0].inputs:
                    chain.insert(0, chain[0].inputs[0])
                if (len(s.inputs) > 1 and all(uses[x] == 1 and len(x.inputs) < 2 and not x.then for x in chain) and
                        self.rng.random() < 0.3):
                    found[s, n] = chain
        return found

    def shape(self):
        """What there is to be counted of it."""
        def before(s):
            return set(s.all())
        found = Counter(readers=len(self.readers), sinks=len(self.sinks), processes=len(self.nodes))
        found["tees"] = sum(node.words[0] == "tee" for node in self.nodes)
        found["diamonds"] = sum(bool(before(a) & before(b)) for s in self.stages
                                for a, b in itertools.combinations(s.inputs, 2))
        return found

    def pipe(self):
        self.pipes += 1
        return self.pipes

    def feed(self):
        for reader in self.readers:
            reader.feed()
        self.answer.feed()

    def paced(self):
        """The nodes, where replays are as slow as they were."""
        speed = self.rng.choice(["1x", "20x"])
        return [Node(n.words + ["--speed", speed], n.stdin, n.stdout) if "--replay" in n.words else n for n in self.nodes]

    def run(self, follow=False, nodes=None, **more):
        nodes = list(nodes or self.nodes)
        self.rng.shuffle(nodes)
        return DrawnRun(nodes, **more)

    def command(self, follow=False):
        """The same as a script."""
        names = " ".join(f"p{n}" for n in range(1, self.pipes + 1))
        lines = [f"rm -f {names}; mkfifo {names}"] + [node.text() + " &" for node in self.nodes]
        return "\n".join(lines + ["rc=0; for job in $(jobs -p); do wait $job || rc=$?; done", f"rm -f {names}; exit $rc"])

    def look(self, last):
        self.answer.check(last)

    def quiet(self):
        """The bytes of the sinks, for a run that must not change them."""
        return [open(s.path, "rb").read() if os.path.exists(s.path) else None for s in self.sinks]


class Timed(Drawn):
    name = "drawn, with times of their own"
    kinds, counts = [fed.Replay, fed.Changes], [2, 2, 3]


class Any(Drawn):
    name = "drawn, of all kinds"

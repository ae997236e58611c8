"""Pipelines with state for tests: they are fed step by step, and know what their sinks must hold.

A Pipeline lives in the current folder. feed adds to its input; command is its shell line; check(last)
looks at the sinks: with last they must hold exactly what a plain computation over the whole input
gives. A Run is such a pipeline at work, in a process group of its own.
"""
import collections
import copy
import csv
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import time

PATIENCE = 300  # s, after which a run in peace hangs: machines are slow and busy
WORDS = "amber birch cedar dune ember fjord grove heath isle jade".split()


class Fault(Exception):
    pass


def rows_of(path):
    """The rows of a CSV with a header, as tuples of texts; none where there is no file."""
    try:
        with open(path, newline="") as f:
            return list(csv.reader(f))[1:]
    except FileNotFoundError:
        return None


def append(path, text):
    with open(path, "a") as f:
        f.write(text)


def replace(path, text):
    with open(path + ".part", "w") as f:
        f.write(text)
    os.rename(path + ".part", path)


class Pipeline:
    """A pipeline with its input: feed adds some, check looks at the sinks."""
    live = True  # may follow
    tuning = ""  # options of its readers: a grid and commits of a few ms, where each step is looked at

    def __init__(self, rng):
        self.rng, self.n = rng, 0
        self.start()

    def start(self):
        pass

    def read(self, follow):
        """The reader, up to its own options."""
        return f"pw-read --state state {self.tuning}{'-F ' if follow else ''}"

    def run(self, follow=False, **more):
        return Run(self.command(follow), **more)

    def check(self, last):
        """Faults if the sinks hold what they must not; with last, or anything else than what they must."""
        try:
            self.look(last)
        except (ValueError, IndexError) as error:
            raise Fault(f"a row is torn: {error}") from None

    def shown(self):
        """Do the sinks hold all that has been fed?"""
        try:
            self.check(last=True)
        except Fault:
            return False
        return True

    def remember(self):
        """What has been fed so far; recall goes back to it."""
        return copy.deepcopy({k: v for k, v in vars(self).items() if k != "rng"})

    def recall(self, held):
        vars(self).update(copy.deepcopy(held))


class Words(Pipeline):
    name = "word count"

    def start(self):
        self.counts = collections.Counter()
        open("words.log", "w").close()

    def feed(self):
        more = self.rng.choices(WORDS, k=self.rng.randint(1, 400))
        append("words.log", "".join(w + "\n" for w in more))
        self.counts.update(more)

    def command(self, follow):
        return (f"{self.read(follow)}words.log | pw-groupby -k data 'n = count()' | "
                "pw-write --table --every 1ms words.csv")

    def look(self, last):
        found = rows_of("words.csv")
        if found is None:
            if last and self.counts:
                raise Fault("words.csv is not there")
            return
        found = {w: int(n) for w, n in found}
        if last and found != dict(self.counts):
            raise Fault(f"words.csv holds {found}, expected {dict(self.counts)}")
        if any(n > self.counts[w] for w, n in found.items()):
            raise Fault(f"words.csv holds {found}, more than {dict(self.counts)}")


class Join(Pipeline):
    name = "join of two sides"

    def start(self):
        self.left, self.right = [], []
        append("left.csv", "id,a\n")
        append("right.csv", "id,b\n")

    def feed(self):
        for rows, path in (self.left, "left.csv"), (self.right, "right.csv"):
            more = [(self.rng.randint(1, 300), self.n + i) for i in range(self.rng.randint(0, 30))]
            self.n += 100
            rows += more
            append(path, "".join(f"{k},{v}\n" for k, v in more))

    def command(self, follow):
        read = self.read(follow)
        return (f"{read}-s 'id int, a int' left.csv | pw-join -k id - "
                f"exec:'{read}-s \"id int, b int\" right.csv' | "
                "pw-write joined.csv")

    def look(self, last):
        found = collections.Counter(tuple(map(int, r)) for r in rows_of("joined.csv") or [] if len(r) == 3)
        by_id = collections.defaultdict(list)
        for k, b in self.right:
            by_id[k].append(b)
        expected = collections.Counter((k, a, b) for k, a in self.left for b in by_id[k])
        twice = {r: n for r, n in found.items() if n > expected[r]}
        # A row that is half written when a process is killed is no row yet.
        if last and (twice or found != expected):
            raise Fault(f"joined.csv: {len(twice)} rows too many, {len(expected - found)} missing: "
                        f"{list(twice)[:3]} {list(expected - found)[:3]}")


class Upsert(Pipeline):
    name = "upsert"

    def start(self):
        self.table = {}
        open("people.jsonl", "w").close()

    def feed(self):
        for _ in range(self.rng.randint(1, 60)):
            key, city = self.rng.randint(1, 80), self.rng.choice(WORDS)
            amount = self.rng.randint(-5, 50)
            append("people.jsonl", json.dumps({"id": key, "city": city, "amount": amount}) + "\n")
            if amount < 0:
                self.table.pop(key, None)
            else:
                self.table[key] = (city, amount)

    def command(self, follow):
        return (f"{self.read(follow)}-s 'id int, city str, amount int' -k id --upsert "
                "--delete-when 'amount < 0' people.jsonl | "
                "pw-groupby -k city 'n = count()' 'total = sum(amount)' | "
                "pw-write --table --every 1ms cities.csv")

    def look(self, last):
        if not last:
            return
        expected = collections.defaultdict(lambda: [0, 0])
        for city, amount in self.table.values():
            expected[city][0] += 1
            expected[city][1] += amount
        found = {c: [int(n), int(t)] for c, n, t in rows_of("cities.csv") or []}
        if found != expected:
            raise Fault(f"cities.csv holds {found}, expected {dict(expected)}")


class Track(Pipeline):
    name = "--track"

    def start(self):
        os.mkdir("stock")
        self.files = {}

    def feed(self):
        for _ in range(self.rng.randint(1, 3)):
            name = f"stock/{self.rng.choice(WORDS)}.csv"
            if name in self.files and self.rng.random() < 0.25:
                os.unlink(name)
                del self.files[name]
                continue
            self.files[name] = [(self.rng.choice(WORDS), self.rng.randint(1, 9))
                                for _ in range(self.rng.randint(1, 40))]
            replace(name, "item,n\n" + "".join(f"{i},{n}\n" for i, n in self.files[name]))

    def command(self, follow):
        return (f"{self.read(follow)}--track -s 'item str, n int' stock | "
                "pw-groupby -k item 'rows = count()' 'n = sum(n)' | pw-write --table --every 1ms stock.csv")

    def look(self, last):
        if not last:
            return
        expected = collections.defaultdict(lambda: [0, 0])
        for rows in self.files.values():
            for item, n in rows:
                expected[item][0] += 1
                expected[item][1] += n
        found = {i: [int(r), int(n)] for i, r, n in rows_of("stock.csv") or []}
        if found != expected:
            raise Fault(f"stock.csv holds {found}, expected {dict(expected)}")


class Diamond(Pipeline):
    name = "diamond"

    def start(self):
        self.values = []
        append("values.csv", "x\n")

    def feed(self):
        more = [self.rng.randint(0, 1000) for _ in range(self.rng.randint(1, 200))]
        self.values += more
        append("values.csv", "".join(f"{x}\n" for x in more))

    def command(self, follow):
        return ("rm -f even; mkfifo even; "
                f"{self.read(follow)}-s 'x int' values.csv | "
                "tee >(pw-filter 'x % 2 = 0' | pw-select 'x' 'kind = \"even\"' >even) | "
                "pw-select x 'kind = \"any\"' | pw-concat - even | "
                "pw-groupby -k kind 'n = count()' 's = sum(x)' | pw-write --changes changes.csv")

    def look(self, last):
        table = collections.Counter()
        for row in rows_of("changes.csv") or []:
            if len(row) == 5 and row[4]:
                table[tuple(row[:3])] += int(row[4])
        if not last:
            return
        found = {k[0]: (int(k[1]), int(k[2])) for k, n in table.items() if n != 0}
        expected = {}
        for kind, rows in ("any", self.values), ("even", [x for x in self.values if x % 2 == 0]):
            if rows:
                expected[kind] = (len(rows), sum(rows))
        if found != expected or any(n not in (0, 1) for n in table.values()):
            raise Fault(f"changes.csv sums to {found}, expected {expected}")


class TwoSinks(Pipeline):
    name = "two sinks"

    def start(self):
        self.rows = []
        append("orders.csv", "id,city,amount\n")

    def feed(self):
        text = ""
        for _ in range(self.rng.randint(1, 150)):
            self.n += 1
            row = (self.n, self.rng.choice(WORDS), self.rng.randint(1, 99))
            self.rows.append(row)
            text += "%d,%s,%d\n" % row
        cut = self.rng.randint(0, len(text))  # a line may come in two pieces
        append("orders.csv", text[:cut])
        append("orders.csv", text[cut:])

    def command(self, follow):
        return (f"{self.read(follow)}-s 'id int, city str, amount int' orders.csv | "
                "tee >(pw-write kept.csv) | pw-groupby -k city 'total = sum(amount)' | "
                "pw-write --table --every 1ms totals.csv")

    def look(self, last):
        if not last:
            return
        found = [tuple([int(r[0]), r[1], int(r[2])]) for r in rows_of("kept.csv") or []]
        if found != self.rows:
            raise Fault(f"kept.csv holds {len(found)} rows, expected {len(self.rows)}; "
                        f"twice: {[k for k, n in collections.Counter(found).items() if n > 1][:3]}")
        totals = collections.Counter()
        for _, city, amount in self.rows:
            totals[city] += amount
        found = {c: int(n) for c, n in rows_of("totals.csv") or []}
        if found != dict(totals):
            raise Fault(f"totals.csv holds {found}, expected {dict(totals)}")


class Changes(Pipeline):
    """Times come from the rows: what is written is what one run over all of the input writes, byte for byte."""
    name = "changes"

    def start(self):
        self.time, self.rows, self.log = 0, [], []
        append("changes.csv", "k,n,_time,_diff\n")

    def feed(self):
        text = ""
        for _ in range(self.rng.choice([1, 2, 30])):
            self.time += self.rng.choice([2, 2, 6, 40])
            for _ in range(self.rng.choice([1, 1, 3, 60])):
                self.n += 1
                if self.rows and self.rng.random() < 0.3:
                    row, diff = self.rows.pop(self.rng.randrange(len(self.rows))), -1
                else:
                    row, diff = (self.rng.choice(WORDS), self.n), 1
                    self.rows.append(row)
                self.log.append((self.time, row, diff))
                text += f"{row[0]},{row[1]},{self.time},{diff}\n"
        append("changes.csv", text + f",,{self.time},0\n")

    def command(self, follow):
        return (f"{self.read(follow)}--changes -s 'k str, n int' changes.csv | "
                "pw-groupby -k k 'rows = count()' 's = sum(n)' | pw-write --changes groups.csv")

    def look(self, last):
        compare("groups.csv", group_changes(self.log), last)


class Replay(Pipeline):
    """Two files that are merged by a column, while they grow: what comes late for one run does not for another,
    so when a row was committed is not known, but that it was, once, and not before its time."""
    name = "replay"
    live = False

    def start(self):
        self.time, self.rows = 0, {}
        for path in "even.csv", "odd.csv":
            append(path, "at,k,n\n")

    def feed(self):
        text = {"even.csv": "", "odd.csv": ""}
        for _ in range(self.rng.choice([1, 5, 40])):
            self.time += self.rng.choice([0, 1, 5, 60])
            self.n += 1
            self.rows[self.n] = self.time
            text[self.rng.choice(list(text))] += f"{self.time},{self.rng.choice(WORDS)},{self.n}\n"
        for path, more in text.items():
            append(path, more)

    def command(self, follow):
        speed = self.rng.choice(["", "--speed 1x ", "--speed 20x "])
        return (f"{self.read(False)}--replay at --unit ms --checkpoint-interval 50ms {speed}-s 'at int, k str, n int' "
                "even.csv odd.csv | tee >(pw-write --changes rows.csv) | "
                "pw-groupby -k k 'rows = count()' | pw-write --changes counts.csv")

    def look(self, last):
        times, seen = 0, set()
        for row in rows_of("rows.csv") or []:
            if len(row) != 5 or not row[4]:
                continue
            n, at = int(row[2]), int(row[3])
            if n in seen or at < self.rows[n] or at < times:
                raise Fault(f"rows.csv: {row}: twice, before its time or behind a later one")
            times = at
            seen.add(n)
        total = sum(int(r[1]) * int(r[3]) for r in rows_of("counts.csv") or [] if len(r) == 4 and r[3])
        if last and (len(seen) != len(self.rows) or total != len(seen)):
            raise Fault(f"rows.csv has {len(seen)} rows, counts.csv {total}, expected {len(self.rows)}")


class Backtest(Pipeline):
    """A replay that is followed, beside a reader whose times are the clock's. When a row was committed is not known;
    but that it was, once, after those before it in its file, not before its time, and what has been written stays."""
    name = "backtest"

    def start(self):
        self.time, self.rows, self.kept = 0, {}, ""
        for path in "history.csv", "beside.csv":
            append(path, "at,k,n\n")

    def feed(self):
        text = {"history.csv": "", "beside.csv": ""}
        for _ in range(self.rng.choice([1, 5, 40])):
            self.time += self.rng.choice([0, 1, 5, 60])
            self.n += 1
            path = self.rng.choice(["history.csv"] * 3 + ["beside.csv"])
            self.rows[self.n] = path, self.time
            text[path] += f"{self.time},{self.rng.choice(WORDS)},{self.n}\n"
        for path, more in text.items():
            append(path, more)

    def command(self, follow):
        speed = self.rng.choice(["", "--speed 1x ", "--speed 20x "])
        read = f"{self.read(follow)}--checkpoint-interval 50ms "
        return (f"{read}--replay at --unit ms {speed}-s 'at int, k str, n int' history.csv | "
                f"pw-concat - exec:'{read}-s \"at int, k str, n int\" beside.csv' | "
                "tee >(pw-write --changes rows.csv) | "
                "pw-groupby -k k 'rows = count()' | pw-write --changes counts.csv")

    def look(self, last):
        time_, seen, most = 0, set(), {}  # most of a file: its last time, the greatest number before it, and until now
        for row in rows_of("rows.csv") or []:
            if len(row) != 5 or not row[4]:
                continue
            n, at = int(row[2]), int(row[3])
            path, own = self.rows[n]
            if n in seen or path == "history.csv" and at < own or at < time_:
                raise Fault(f"rows.csv: {row}: twice, before its time or after a later one")
            then, before, now = most.get(path, (0, 0, 0))
            before = before if then == at else now
            if n < before:
                raise Fault(f"rows.csv: {row} comes after rows that stand below it in {path}")
            time_, most[path] = at, (at, before, max(now, n))
            seen.add(n)
        text = open("rows.csv").read() if os.path.exists("rows.csv") else ""
        if not text.startswith(self.kept):
            raise Fault(f"rows.csv does not go on from what it held: {self.kept[-200:]!r} and {text[-200:]!r}")
        self.kept = text[:text.rfind("\n") + 1]
        total = sum(int(r[1]) * int(r[3]) for r in rows_of("counts.csv") or [] if len(r) == 4 and r[3])
        if last and (len(seen) != len(self.rows) or total != len(seen)):
            raise Fault(f"rows.csv has {len(seen)} rows, counts.csv {total}, expected {len(self.rows)}")


def group_changes(log):
    """What pw-groupby writes of [(time, (key, n), diff)], whose times do not descend."""
    lines, now = ["k,rows,s,_time,_diff\n"], {}
    for time_, commit in itertools.groupby(log, lambda x: x[0]):
        before = {}
        for _, (k, n), diff in commit:
            count, total = now.get(k, (0, 0))
            before.setdefault(k, (count, total))
            now[k] = count + diff, total + n * diff
        minus, plus = [], []
        for k in sorted(before):
            if before[k] != now[k]:
                minus += [f"{k},{before[k][0]},{before[k][1]},{time_},-1\n"] if before[k][0] else []
                plus += [f"{k},{now[k][0]},{now[k][1]},{time_},1\n"] if now[k][0] else []
        lines += minus + plus
    return "".join(lines)


def compare(path, expected, last):
    """The file is that text; or, if it is not the last, begins as it does."""
    try:
        found = open(path).read()
    except FileNotFoundError:
        found = ""
    if found != expected and (last or not expected.startswith(found)):
        at = next((i for i, (a, b) in enumerate(zip(found, expected)) if a != b), min(len(found), len(expected)))
        raise Fault(f"{path}: {len(found)} bytes, expected {len(expected)}; from byte {at} on "
                    f"{found[at:at + 60]!r}, expected {expected[at:at + 60]!r}")


PIPELINES = [Words, Join, Upsert, Track, Diamond, TwoSinks, Changes, Replay, Backtest]


def chosen(pipelines, words):
    """Those whose name holds one of the words, or all."""
    there = subprocess.run(["pw-read", "--state", ".", "--track", "--check", "."], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    return [k for k in pipelines if (not words or any(w in k.name for w in words)) and
            not (k is Track and "not in this version" in there.stderr)]


def members(group):
    """pid -> (name, parent) of the processes of a process group that are alive."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = open(f"/proc/{pid}/stat").read()
        except OSError:
            continue
        name, rest = re.match(r"\d+ \((.*)\) (.*)", stat, re.S).groups()
        rest = rest.split()
        if int(rest[2]) == group and rest[0] not in "ZX":
            found[int(pid)] = name, int(rest[1])
    return found


class Run:
    """The pipeline in a process group of its own; more: variables of its environment."""

    def __init__(self, command, **more):
        self.log = open("messages", "ab+")
        self.at = self.log.seek(0, 2)
        self.process = subprocess.Popen(["bash", "-c", "set -o pipefail; " + command], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, start_new_session=True,
                                        env=dict(os.environ, **more))
        self.group = self.process.pid
        self.unharmed, self.killed = False, "nothing"

    def said(self):
        self.log.seek(self.at)
        return self.log.read().decode("utf-8", "replace")

    def tools(self, among=None):
        return {p: n for p, (n, _) in (members(self.group) if among is None else among).items() if n.startswith("pw-") or n == "tee"}

    def kill_one(self, rng):
        """Kills some process of the pipeline. Its name; None: there was none."""
        every = members(self.group)
        tools = self.tools(every)
        found = sorted(tools.items())
        if not found:
            return None
        pid, name = rng.choice(found)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return None
        # One that writes a checkpoint may have been at its very end: then nobody misses it.
        self.unharmed = every[pid][1] in tools
        self.killed = f"{pid}: {every[pid]}"
        return name

    def stop(self):
        """Asks the readers to come to an end in order."""
        for pid, name in self.tools().items():
            if name == "pw-read":
                try:
                    os.kill(pid, signal.SIGTERM)
                except ProcessLookupError:
                    pass

    def waits_for_nobody(self):
        """Are only shells left, which open a FIFO that nobody will open from its other side?"""
        left = members(self.group)
        try:
            return left and all(n == "bash" and open(f"/proc/{p}/wchan").read() in ("wait_for_partner", "do_wait")
                                for p, (n, _) in left.items())
        except OSError:
            return False

    def end(self, at_once):
        """Kills what is left at once, or lets the rest of the pipeline find out for itself."""
        if at_once:
            self.kill_all()
        elif self.unharmed:
            self.stop()
        until = time.monotonic() + PATIENCE
        while members(self.group):
            if self.waits_for_nobody():
                self.kill_all()
            if time.monotonic() > until:
                left = members(self.group)
                self.kill_all()
                raise Fault(f"{self.killed} was killed, and these did not end: {left}")
            time.sleep(0.005)
        return self.process.wait()

    def kill_all(self):
        try:
            os.killpg(self.group, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def wait(self):
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise Fault(f"a run in peace has not ended after {PATIENCE} s") from None
        self.end(False)
        return status


def settle(pipeline):
    """A run in peace; a sink that is new asks for another."""
    for _ in range(3):
        run = pipeline.run()
        status = run.wait()
        if status != 75:
            break
    if status != 0:
        raise Fault(f"a run in peace ended with status {status}: {run.said()}")


def restore(base):
    """The folder as it was in base. Files outside the state directory stay the files they are."""
    shutil.rmtree("state")
    shutil.copytree(os.path.join(base, "state"), "state")
    names = lambda top: {os.path.relpath(os.path.join(path, n), top)  # noqa: E731
                         for path, _, ns in os.walk(top) for n in ns if n != "even"}
    wanted = {n for n in names(base) if not n.startswith("state/")}
    for name in {n for n in names(".") if not n.startswith("state/")} - wanted:
        os.unlink(name)
    for name in wanted:
        data = open(os.path.join(base, name), "rb").read()
        if not os.path.exists(name) or open(name, "rb").read() != data:
            with open(name, "r+b" if os.path.exists(name) else "wb") as f:
                f.write(data)
                f.truncate()

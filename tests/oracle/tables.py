#!/usr/bin/env python3
"""Random lines of pw-concat, pw-update, pw-dedup and pw-flatten, against a model at every commit.

tables.py [ROUNDS [SEED]]

A round draws a tree of these tools over some streams, in which STREAMS independent tables (one per
value of the column `s`) change, runs it as one line twice, cut into frames in two ways, and compares
each commit's changes with what the model gives. Speaks TAP; a fault names the seed that shows it
again: `tables.py 1 SEED`.
"""
import json
import os
import random
import shlex
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

TOP = os.environ.get("TOP") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD") or os.path.join(TOP, "build")
MAKE = os.path.join(BUILD, "helpers/pws_make")
os.environ["PATH"] += ":" + os.path.join(BUILD, "bin")  # behind those of tests/run, which may be sanitized
STREAMS = 20
COLUMNS = [("s", "int"), ("k", "str"), ("v", "int"), ("l", "list<int>")]
ACCEPT = [(None, lambda n, o: True), ("new > old", lambda n, o: n > o), ("new >= old + 2", lambda n, o: n >= o + 2),
          ("new < old", lambda n, o: n < o), ("new % 2 = 0 OR new > old + 4", lambda n, o: n % 2 == 0 or n > o + 4)]

# A stream is {time: Counter of rows}; a row is (s, k, v, l), l a tuple or None.


def order(x):
    """Sorts values as the language does: nulls last."""
    if x is None:
        return (1,)
    return (0, tuple(map(order, x))) if isinstance(x, tuple) else (0, x)


def net(stream):
    out = {}
    for t, rows in stream.items():
        rows = {row: n for row, n in rows.items() if n}
        if rows:
            out[t] = rows
    return out


def concat(streams):
    out = defaultdict(Counter)
    for s in streams:
        for t, rows in s.items():
            for row, n in rows.items():
                out[t][row] += n
    return net(out)


def difference(before, after):
    c = Counter()
    for key in before.keys() | after.keys():
        if before.get(key) != after.get(key):
            for row, n in ((before.get(key), -1), (after.get(key), 1)):
                if row is not None:
                    c[row] += n
    return c


def move(table, rows):
    for row, n in sorted(rows.items(), key=lambda x: x[1]):
        if n < 0:
            assert table.pop(row[:2]) == row
        else:
            assert row[:2] not in table and n == 1
            table[row[:2]] = row


def update(a, b, cells):
    """cells: None, or what becomes of B's keys without A's: "skip", "null"."""
    ta, tb, shown, out = {}, {}, {}, {}
    for t in sorted(a.keys() | b.keys()):
        move(ta, a.get(t, {}))
        move(tb, b.get(t, {}))
        now = dict(ta)
        for key, row in tb.items():
            if cells is None:
                now[key] = row
            elif key in ta:
                now[key] = ta[key][:2] + (row[2],) + ta[key][3:]
            elif cells == "null":
                now[key] = row[:3] + (None,)
        out[t] = difference(shown, now)
        shown = now
    return net(out)


def dedup(stream, accept):
    kept, out = {}, {}
    for t in sorted(stream):
        before = dict(kept)
        new = [row for row, n in stream[t].items() if n > 0 and row[2] is not None]
        for row in sorted(new, key=lambda r: (order(r[2]), order(r[3]))):
            key = row[:2]
            if key not in kept or accept(row[2], kept[key][2]):
                kept[key] = row
        out[t] = difference(before, kept)
    return net(out)


def flatten(stream):
    out = defaultdict(Counter)
    for t, rows in stream.items():
        for row, n in rows.items():
            for x in row[3] or ():
                out[t][row[:3] + (x,)] += n
    return net(out)


class Leaf:
    """A stream of tables with one row per (s, k)."""

    def __init__(self, r, number):
        self.number, self.seed = number, r.random()
        self.form = r.choice(["changing", "changing", "append-only", "static"])
        self.commits = []
        table, t = {}, 0
        for _ in range(1 if self.form == "static" else r.randint(1, 8)):
            changes = []
            for s in range(STREAMS):
                for k in r.sample(["a", "b", "", None], r.choice([0, 0, 1, 2, 4])):
                    self.change(r, table, changes, (s, k))
            r.shuffle(changes)
            self.commits.append((t, changes))
            t += 2 * r.randint(1, 4)
        self.stream = net(concat([{t: self.counter(c)} for t, c in self.commits]))

    def change(self, r, table, changes, key):
        grows = self.form in ("append-only", "static")
        row = key + (r.choice([None, 0, 1, 2, 3, 5, 8]),
                     r.choice([None, (), (1,), (1, 1, 2), (None, 3), tuple(range(r.randint(0, 9)))]))
        if grows and key in table:
            return
        if not grows and r.random() < 0.2:
            changes += [(row, 1), (row, -1)]
        if key in table:
            changes.append((table.pop(key), -1))
            if r.random() < 0.3:
                return
        table[key] = row
        changes.append((row, 1))

    @staticmethod
    def counter(changes):
        c = Counter()
        for row, n in changes:
            c[row] += n
        return c

    def write(self, folder, cut, columns):
        r = random.Random(self.seed + cut)
        grows = self.form in ("append-only", "static")
        lines = [json.dumps({"version": 1, "coordinates": 1, "append_only": grows, "static": self.form == "static",
                             "stage": {"program": "oracle", "options": [], "inputs": []},
                             "columns": [{"name": n, "type": k} for n, k in columns]})]
        for t, changes in self.commits:
            for row, n in changes:
                lines.append(json.dumps([t, n, row[:len(columns)]]))
                if r.random() < (0.02, 0.3)[cut]:
                    lines.append('{"flush": 1}')
            if r.random() < 0.5:
                lines.append(json.dumps({"frontier": t + 1}))
        lines.append('{"end": "finished", "durable": 0}')
        path = os.path.join(folder, f"{self.number}-{len(columns)}.pws")
        with open(path, "wb") as f:
            subprocess.run([MAKE] + ["-i"] * cut, input="\n".join(lines).encode() + b"\n", stdout=f, check=True)
        return path


class Tree:
    """Draws a line: build gives the shell's text of it, once the leaves are files, and what it must give."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.leaves, self.seed = [], seed
        node = self.draw(2)
        if self.r.random() < 0.3:
            inner, stream = node
            node = (lambda d, c: f"{inner(d, c)} | pw-flatten l", flatten(stream))
        self.text, self.stream = node

    def leaf(self, columns=COLUMNS):
        leaf = Leaf(self.r, len(self.leaves))
        self.leaves.append(leaf)
        return lambda d, c: "cat " + leaf.write(d, c, columns), leaf.stream

    @staticmethod
    def inputs(nodes, d, c):
        """Files as they are, other lines by exec:"""
        texts = [text(d, c) for text, _ in nodes]
        return " ".join(t[4:] if t.startswith("cat ") and "|" not in t else shlex.quote("exec:" + t) for t in texts)

    def unique(self, depth):
        """A stream whose tables have one row per key."""
        x = self.r.random()
        if depth == 0 or x < 0.2:
            return self.leaf()
        if x < 0.55:
            return self.draw_update(depth)
        text, accept = self.r.choice(ACCEPT)
        inner, stream = self.draw(depth - 1)
        option = " --accept " + shlex.quote(text) if text else ""
        return lambda d, c: f"{inner(d, c)} | pw-dedup -k s,k -o v{option}", dedup(stream, accept)

    def draw_update(self, depth):
        a = self.unique(depth - 1)
        if self.r.random() < 0.6:
            nodes = [a, self.unique(depth - 1)]
            return lambda d, c: "pw-update -k s,k " + self.inputs(nodes, d, c), update(a[1], nodes[1][1], None)
        policy = self.r.choice(["skip", "null"])
        nodes = [a, self.leaf(COLUMNS[:3])]
        return (lambda d, c: f"pw-update -q -k s,k --cells --on-error {policy} " + self.inputs(nodes, d, c),
                update(a[1], self.shortened(nodes[1][1]), policy))

    @staticmethod
    def shortened(stream):
        """A leaf of three columns: rows that differ in the fourth alone are one."""
        out = defaultdict(Counter)
        for t, rows in stream.items():
            for row, n in rows.items():
                out[t][row[:3] + (None,)] += n
        return net(out)

    def draw(self, depth):
        if self.r.random() < 0.5 or depth == 0:
            return self.unique(depth)
        nodes = [self.draw(depth - 1) for _ in range(self.r.randint(1, 3))]
        return lambda d, c: "pw-concat " + self.inputs(nodes, d, c), concat([s for _, s in nodes])

    def run(self, cut):
        with tempfile.TemporaryDirectory() as folder:
            line = self.text(folder, cut) + " | pw-write --changes -f jsonl"
            p = subprocess.run(["bash", "-o", "pipefail", "-c", line], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if p.returncode or p.stderr:
            return f"{line}\nstatus {p.returncode}: {p.stderr.decode()}"
        found = defaultdict(Counter)
        for text in p.stdout.decode().splitlines():
            row = json.loads(text)
            t, n = row.pop("_time"), row.pop("_diff")
            found[t][tuple(tuple(x) if isinstance(x, list) else x for x in row.values())] += n
        for t in sorted(found.keys() | self.stream.keys()):
            want, have = dict(self.stream.get(t, {})), dict(found.get(t, {}))
            if want != have:
                return (f"{line}\ntime {t}: missing {dict(want.items() - have.items())}, "
                        f"too many {dict(have.items() - want.items())}")
        return None

    def check(self):
        for cut in (0, 1):
            fault = self.run(cut)
            if fault:
                return f"seed {self.seed}, cut {cut}: {fault}"
        return None


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else int(os.environ.get("ROUNDS", "100"))
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(os.environ.get("SEED", "1"))
    with ThreadPoolExecutor(2) as pool:
        faults = [f for f in pool.map(lambda n: Tree(seed + n).check(), range(rounds)) if f]
    print("1..1")
    for fault in faults[:3]:
        print("# " + fault.replace("\n", "\n# "))
    print(f"{'not ok' if faults else 'ok'} 1 - {rounds} lines of {STREAMS} streams, seed {seed}: {len(faults)} differ")
    return bool(faults)


sys.exit(main())

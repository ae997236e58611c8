#!/usr/bin/env python3
"""Random change streams through pw-head and pw-lag, against a recomputation at every commit.

order.py [ROUNDS [SEED]]

A round draws a tool with its options, a schema and a stream of some commits, sends it twice, cut into
frames in two ways, and compares what goes out at each commit, summed up, with the difference of two
answers from scratch: groups sorted, rows that are there n times written n times. Both cuttings
must give the same bytes. Speaks TAP, a test per tool and kind of stream; a fault names the seed
that shows it again: `order.py 1 SEED`.
"""
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

TOP = os.environ.get("TOP") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD") or os.path.join(TOP, "build")
MAKE = os.path.join(BUILD, "helpers/pws_make")
if not shutil.which("pw-head"):
    os.environ["PATH"] = os.path.join(BUILD, "bin") + ":" + os.environ["PATH"]

# ---- values and orders ----


def draw_value(r, kind, wide):
    if kind == "bool":
        return r.random() < 0.5
    if kind == "int":
        return r.randint(-10**6, 10**6) if wide else r.randint(-3, 3)
    if kind == "float":
        x = r.random()
        if x < 0.04:
            return r.choice([math.inf, -math.inf, math.nan, 1e308, -1e308, 5e-324])
        return r.uniform(-1000, 1000) if wide else r.choice([0.0, 1.0, -1.0, 0.1, 2.5])
    x = r.choice(["", "a", "b", "ab", "a\x01", "\x01", "é", "zebra", "x" * r.randint(1, 60)])
    return x + str(r.randint(0, 999)) if wide else x


def order(x):
    """A key that sorts values as the language does: NaN above all numbers, null last."""
    if x is None:
        return (1,)
    if isinstance(x, float):
        return (0, 1, 0.0) if x != x else (0, 0, x)
    return (0, x.encode()) if isinstance(x, str) else (0, x)


def descending(x):
    """The same to sort backwards by: null first, so that it comes last."""
    return (0,) if x is None else (1,) + order(x)


def canonical(row):
    return tuple("nan" if isinstance(x, float) and x != x else x + 0.0 if isinstance(x, float) else x for x in row)


# ---- the answers ----


def share(a, x, b):
    return (x / 2 - a / 2) / (b / 2 - a / 2)


def between(x, a, b):
    """The value at x on the line through the points a and b, in the steps that pw-lag(1) has."""
    (x0, v0), (x1, v1) = a, b
    whole = x1 - x0
    if whole == 0:
        return v0
    y = v0 + (v1 - v0) * (x - x0) / whole
    if not math.isfinite(whole) or not math.isfinite(y) and math.isfinite(v0) and math.isfinite(v1):
        part = share(x0, x, x1)
        y = v0 * (1 - part) + v1 * part
    return y


def fill(points):
    """points: (x or None, value or None) in order; the values with the nulls filled."""
    out, left = [], None
    right = [None] * (len(points) + 1)
    for i in range(len(points) - 1, -1, -1):
        right[i] = points[i] if None not in points[i] else right[i + 1]
    for i, (x, v) in enumerate(points):
        a, b = left, right[i]
        if v is not None:
            out.append(v)
        elif x is None or not (a or b):
            out.append(None)
        elif a and b:
            out.append(between(x, a, b))
        else:
            out.append((a or b)[1])
        if None not in (x, v):
            left = (x, v)
    return out


class Round:
    def __init__(self, seed):
        r = self.r = random.Random(seed)
        self.seed = seed
        self.tool = r.choice(["pw-head", "pw-lag"])
        self.form = r.choice(["changing", "changing", "changing", "append-only", "static", "static with deletions"])
        self.adds = self.form in ("append-only", "static")
        self.deep = r.random() < 0.2  # one or two groups of hundreds of rows
        self.wide = r.random() < (0.9 if self.deep else 0.3)
        self.columns = [("g", "int"), ("h", "str"), ("o", r.choice(["int", "int", "float", "str", "bool"])),
                        ("p", r.choice(["int", "float", "str"])), ("v", "int"), ("f", "float"), ("w", "str")]
        if r.random() < 0.3:
            self.columns = self.columns[:3] + [self.columns[3 + r.randrange(3)]]
        r.shuffle(self.columns)
        self.names = [n for n, _ in self.columns]
        self.kinds = dict(self.columns)
        self.at = {n: i for i, n in enumerate(self.names)}
        self.keys = r.choice([[], ["g"]] if self.deep else [["g"], ["g"], ["h", "g"], []])
        others = [n for n in self.names if n not in self.keys]
        self.by = [(n, r.random() < 0.4) for n in r.sample(others, r.choice([1, 1, 2]))]
        if r.random() < 0.1 and self.keys:
            self.by.append((self.keys[0], True))  # counts for nothing
        getattr(self, "draw_" + self.tool[3:])(others)
        self.commits = self.draw_commits()

    def draw_head(self, others):
        self.count = self.r.choice([0, 1, 1, 2, 3, 10, 40, 10**6])
        self.options = ["-n", str(self.count)]
        self.answer = self.head

    def draw_lag(self, others):
        r = self.r
        self.values = r.sample(self.names, r.choice([0, 1, 1, 2, len(self.names)]))
        numbers = [n for n in self.names if self.kinds[n] in ("int", "float")]
        self.differences = r.sample(numbers, min(len(numbers), r.randint(0, 2))) if r.random() < 0.4 else []
        self.filled = []
        line = self.by[0][0]
        numbers = [n for n in others if self.kinds[n] in ("int", "float") and n != line]
        if self.kinds[line] in ("int", "float") and numbers and r.random() < 0.6:
            self.filled = r.sample(numbers, r.randint(1, min(3, len(numbers))))
        self.options = ["--diff", ",".join(self.differences)] if self.differences else []
        self.options += ["--interpolate", ",".join(self.filled)] if self.filled else []
        self.options += self.values
        self.values = self.values or self.names
        self.answer = self.lag

    # the stream

    def draw_row(self, nulls):
        r, row = self.r, []
        for name, kind in self.columns:
            if name == "g":
                row.append(r.randrange(2 if self.deep else 4))
            elif r.random() < (0.1 if name in "ho" else nulls):
                row.append(None)
            else:
                row.append(draw_value(r, kind, self.wide and name != "h"))
        return tuple(x if x == x else math.nan for x in row)

    def draw_commits(self):
        """(time, [(row, diff), ...])"""
        r = self.r
        live, commits, t = [], [], 0
        nulls = r.choice([0.05, 0.5, 0.9])
        often = 0.9 if self.adds else r.choice([0.4, 0.6])
        for c in range(1 if "static" in self.form else r.randint(3, 12)):
            changes = []
            many = r.choice([200, 600]) if self.deep and c == 0 else r.choice([0, 1, 1, 2, 5, 30])
            for _ in range(many):
                if r.random() < (often if c else 0.95) or not live:
                    row = self.draw_row(nulls) if r.random() < 0.8 or not live else r.choice(live)
                    n = r.choice([1, 1, 1, 1, 2, 4])
                    live += [row] * n
                    changes.append((row, n))
                elif not self.adds:
                    i = r.randrange(len(live))
                    live[i], live[-1] = live[-1], live[i]
                    changes.append((live.pop(), -1))
            if not self.adds and r.random() < 0.1:
                changes += [(row, -1) for row in live]
                live = []
            r.shuffle(changes)  # within a commit, what is taken away may come before it was there
            commits.append((t, changes))
            t += r.choice([2, 2, 10])
        return commits

    def lines(self, cut):
        """The stream for pws_make, cut into frames by a coin of this bias."""
        r = random.Random(self.seed * 7 + cut)
        yield json.dumps({
            "version": 1, "coordinates": 1, "append_only": self.adds,
            "static": "static" in self.form, "stage": {"program": "oracle", "options": [], "inputs": []},
            "columns": [{"name": n, "type": k} for n, k in self.columns]})
        often = [0.02, 0.3][cut]
        for t, changes in self.commits:
            for row, diff in changes:
                row = [str(x) if isinstance(x, float) and not math.isfinite(x) else x for x in row]
                yield json.dumps([t, diff, row])
                if r.random() < often:
                    yield '{"flush": 1}'
            if r.random() < 0.5:
                yield json.dumps({"frontier": t + 1})
        yield '{"end": "finished", "durable": 0}'

    def run(self, cut):
        args = [self.tool] + (["-k", ",".join(self.keys)] if self.keys else [])
        args += ["-o", ",".join(n + (":desc" if d else "") for n, d in self.by)] + self.options
        with tempfile.TemporaryFile() as text:
            text.write("\n".join(self.lines(cut)).encode() + b"\n")
            text.seek(0)
            make = subprocess.Popen([MAKE] + ["-i"] * cut, stdin=text, stdout=subprocess.PIPE)
            tool = subprocess.Popen(args, stdin=make.stdout, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            write = subprocess.Popen(["pw-write", "--changes", "-f", "jsonl"], stdin=tool.stdout,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            make.stdout.close()
            tool.stdout.close()
            out, err = write.communicate()
            err = tool.stderr.read() + err
            tool.stderr.close()
            if make.wait() or tool.wait() or write.wait() or err:
                raise Exception(f"{' '.join(map(repr, args))}: {err.decode()}")
        return args, out

    # what there should be

    def head(self, rows):
        return [row for row in rows[:self.count]]

    def lag(self, rows):
        fills = {}
        for name in self.filled:
            line, real = self.at[self.by[0][0]], []
            for row in rows:
                x, v = row[line], row[self.at[name]]
                real.append((None if x is None or not math.isfinite(x) else x, None if v is None else float(v)))
            fills[self.at[name]] = fill(real)
        out = []
        for i, row in enumerate(rows):
            previous = rows[i - 1] if i > 0 else (None,) * len(row)
            following = rows[i + 1] if i + 1 < len(rows) else (None,) * len(row)
            line = [fills[c][i] if c in fills else x for c, x in enumerate(row)]
            line += [previous[self.at[n]] for n in self.values] + [following[self.at[n]] for n in self.values]
            for n in self.differences:
                a, b = row[self.at[n]], previous[self.at[n]]
                line.append(None if a is None or b is None else a - b)
            out.append(tuple(line))
        return out

    def table(self, live):
        groups = {}
        for row in live:
            groups.setdefault(tuple(row[self.at[n]] for n in self.keys), []).append(row)
        answers = Counter()
        for rows in groups.values():
            rows.sort(key=lambda row: tuple(map(order, row)))
            for name, down in reversed(self.by):
                rows.sort(key=lambda row: (descending if down else order)(row[self.at[name]]), reverse=down)
            answers.update(map(canonical, self.answer([row for row in rows for _ in range(live[row])])))
        return answers

    def check(self, out):
        found = {}
        for line in out.decode().splitlines():
            row = list(json.loads(line).values())
            reals = [i for i, x in enumerate(row) if isinstance(x, str) and x in ("nan", "inf", "-inf")]
            for i in reals:
                row[i] = float(row[i])
            found.setdefault(row[-2], Counter())[canonical(row[:-2])] += row[-1]
        live, before = Counter(), Counter()
        for t, changes in self.commits:
            for row, diff in changes:
                live[row] += diff
            live = +live
            after = self.table(live)
            expected = Counter(after)
            expected.subtract(before)
            expected = {row: n for row, n in expected.items() if n}
            got = {row: n for row, n in found.pop(t, Counter()).items() if n}
            if got != expected:
                more = [f"{n:+d} {row}" for row, n in got.items() if expected.get(row) != n]
                less = [f"{n:+d} {row}" for row, n in expected.items() if got.get(row) != n]
                raise Exception(f"time {t}: found\n" + "\n".join(more[:9]) + "\nexpected\n" + "\n".join(less[:9]))
            before = after
        if found:
            raise Exception(f"changes at times without any: {list(found)}")


def one(seed):
    round_ = Round(seed)
    name, args = f"{round_.tool}, {round_.form}", []
    try:
        args, first = round_.run(0)
        round_.check(first)
        if first != round_.run(1)[1]:
            raise Exception("another cutting into frames gives another answer")
    except Exception as e:
        return name, f"seed {seed} ({name}: {' '.join(args)}): {type(e).__name__} {e}"
    return name, None


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(os.environ.get("SEED", "1"))
    print(f"# {rounds} streams, seeds from {seed} on")
    done, faults = Counter(), {}
    with ThreadPoolExecutor(2) as pool:
        for name, fault in pool.map(one, range(seed, seed + rounds)):
            done[name] += 1
            if fault:
                faults.setdefault(name, []).append(fault)
    for n, name in enumerate(sorted(done), 1):
        for fault in faults.get(name, [])[:5]:
            print("# " + fault.replace("\n", "\n# ")[:2000])
        print(f"{'not ' if name in faults else ''}ok {n} - {name}: {done[name]} streams")
    print(f"1..{len(done)}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

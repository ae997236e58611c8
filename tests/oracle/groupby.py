#!/usr/bin/env python3
"""Random change streams through pw-groupby, against a recomputation at every commit.

groupby.py [ROUNDS [SEED]]

A round draws keys, aggregates, a schema and some dozens of independent streams (one value of the key
column `s` each), runs them twice through one line each, cut into frames in two ways, and compares
the table after every commit with what the rows there are give: by SQLite where it has the
aggregate, else by exact arithmetic. Both cuttings must give the same bytes. Speaks TAP, a test per
kind of stream; a fault names the seed that shows it again: `groupby.py 1 SEED`.
"""
import json
import math
import os
import random
import sqlite3
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

TOP = os.environ.get("TOP") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD") or os.path.join(TOP, "build")
MAKE = os.path.join(BUILD, "helpers/pws_make")
os.environ["PATH"] += ":" + os.path.join(BUILD, "bin")  # behind those of tests/run, which may be sanitized
STREAMS = 40  # in a round

KEY_TYPES = ["bool", "int", "float", "str", "bytes", "datetime", "datetime_utc", "duration", "uuid", "json"]
VALUES = [("i", "int"), ("j", "int"), ("f", "float"), ("g", "float"), ("w", "str"), ("b", "bool"),
          ("d", "duration"), ("t", "datetime_utc")]
TYPES = dict(VALUES)

# ---- values ----


def draw_value(r, kind, small=False):
    if kind == "bool":
        return r.random() < 0.5
    if kind == "int":
        if not small and r.random() < 0.05:
            return r.choice([-2**63, 2**63 - 1, 2**62, -2**62, 2**53 + 1])
        return r.randint(-5, 5) if r.random() < 0.7 else r.randint(-10**6, 10**6)
    if kind == "float":
        x = r.random()
        if not small and x < 0.06:
            return r.choice([math.inf, -math.inf, math.nan, 1e308, -1e308, 5e-324, 1e-30, 1e100, -1e100])
        if x < 0.3:
            return float(r.randint(-3, 3)) + 0.0
        return r.choice([0.1, 0.2, 0.3, -0.1, 1e10 + 0.1, r.uniform(-1000, 1000), r.gauss(0, 1e-5)])
    if kind == "str":
        return r.choice(["", "a", "b", "ab", "é", "日本", "zebra", "a,b", 'q"q', "x" * r.randint(1, 40)])
    if kind == "bytes":
        return bytes(r.randrange(4) * 85 for _ in range(r.randint(0, 3))).hex()
    if kind == "uuid":
        return "%032x" % r.choice([0, 1, 2**127, r.getrandbits(2)])
    if kind == "json":
        return r.choice(["1", "{}", '{"a":1}', "[1,2]", '"x"', "true"])
    return r.randint(-3, 3) * 10**9 + (r.randint(0, 2) * 1000 if r.random() < 0.3 else 0)


def order(x):
    """A key that sorts values as the language does: NaN above all numbers, null last."""
    if x is None:
        return (1,)
    if isinstance(x, float):
        return (0, 1, 0.0) if x != x else (0, 0, x)
    if isinstance(x, str):
        return (0, x.encode())
    return (0, x)


def same_as(x):
    """What values are the same by: all NaNs are one, ints are not floats."""
    return ("nan",) if isinstance(x, float) and x != x else (type(x).__name__, x)


# ---- the answers ----


def nearest(q):
    """The double nearest to a fraction."""
    try:
        return float(q)
    except OverflowError:
        return math.inf if q > 0 else -math.inf


def root(q):
    """The double nearest to the square root of a fraction."""
    if q == 0:
        return 0.0
    shift = max(0, 140 - (q.numerator.bit_length() - q.denominator.bit_length()))
    shift += shift & 1
    n, rest = divmod(q.numerator << shift, q.denominator)
    low = math.isqrt(n)
    sticky = rest != 0 or low * low != n
    return nearest(Fraction(2 * low + sticky, 2 ** (shift // 2 + 1)))


def special(xs):
    if any(x != x for x in xs) or (math.inf in xs and -math.inf in xs):
        return math.nan
    return math.inf if math.inf in xs else -math.inf if -math.inf in xs else None


def a_sum(xs, kind):
    if not xs:
        return None
    if kind != "float":
        s = sum(xs)
        return s if -2**63 <= s < 2**63 else None
    odd = special(xs)
    return odd if odd is not None else nearest(sum(map(Fraction, xs))) + 0.0


def half_even(q):
    return round(q)


def a_avg(xs, kind):
    if not xs:
        return None
    if kind == "float" and special(xs) is not None:
        return special(xs)
    q = Fraction(sum(map(Fraction, xs)), len(xs))
    return nearest(q) + 0.0 if kind in ("int", "float") else half_even(q)


def a_var(xs, kind, less, is_root):
    if len(xs) <= less:
        return None
    if kind == "float" and special(xs) is not None:
        return math.nan
    n, s, q = len(xs), sum(map(Fraction, xs)), sum(Fraction(x) ** 2 for x in xs)
    v = (n * q - s * s) / (n * (n - less))
    return root(v) if is_root else nearest(v)


def between(a, b, share, kind):
    if kind == "int":
        return nearest(Fraction(a + b, 2)) if share == 0.5 else float(a) + float(b - a) * share
    if kind == "float":
        if same_as(a) == same_as(b) or share == 0:
            return a
        if share == 0.5:
            if special([a, b]) is not None:
                return special([a, b])
            return nearest((Fraction(a) + Fraction(b)) / 2)
        return a + (b - a) * share
    return half_even(Fraction(a + b, 2)) if share == 0.5 else a + round(float(b - a) * share)


def a_cont(xs, kind, p):
    if not xs:
        return None
    xs = sorted(xs, key=order)
    place = (len(xs) - 1) * p
    low = min(int(place), len(xs) - 1)
    return between(xs[low], xs[min(low + 1, len(xs) - 1)], place - low, kind)


def a_quantile(xs, p):
    if not xs:
        return None
    n = len(xs)
    return sorted(xs, key=order)[max(1, n - math.floor(n - p * n)) - 1]


def a_mode(xs):
    if not xs:
        return None
    count = Counter(map(same_as, xs))
    best = max(count.values())
    return min((x for x in xs if count[same_as(x)] == best), key=order)


def different(xs):
    seen = {}
    for x in xs:
        seen.setdefault(same_as(x), x)
    return list(seen.values())


class Call:
    """An aggregate call: its text, the type of what it gives, how to answer it, and whether SQLite can."""

    def __init__(self, text, kind, answer, sql=None, when=None):
        self.text, self.kind, self.answer, self.sql, self.when = text, kind, answer, sql, when


def not_null(rows, x):
    return [r[x] for r in rows if r[x] is not None]


def numeric(r):
    x = r.choice(["i", "j", "f", "g"])
    k, get = TYPES[x], lambda rows: not_null(rows, x)
    mean = "float"
    return r.choice([
        lambda: Call(f"sum({x})", k, lambda rows: a_sum(get(rows), k)),
        lambda: Call(f"avg({x})", mean, lambda rows: a_avg(get(rows), k)),
        lambda: Call(f"var_pop({x})", "float", lambda rows: a_var(get(rows), k, 0, False)),
        lambda: Call(f"var_samp({x})", "float", lambda rows: a_var(get(rows), k, 1, False)),
        lambda: Call(f"stddev_pop({x})", "float", lambda rows: a_var(get(rows), k, 0, True)),
        lambda: Call(f"stddev_samp({x})", "float", lambda rows: a_var(get(rows), k, 1, True)),
        lambda: Call(f"median({x})", mean, lambda rows: a_cont(get(rows), k, 0.5)),
        lambda: Call(f"quantile_cont({x}, 0.3)", mean, lambda rows: a_cont(get(rows), k, 0.3)),
    ])()


def timed(r):
    x = r.choice(["d", "t"])
    k, get = TYPES[x], lambda rows: not_null(rows, x)
    choices = [lambda: Call(f"median({x})", k, lambda rows: a_cont(get(rows), k, 0.5)),
               lambda: Call(f"quantile_cont({x}, 0.9)", k, lambda rows: a_cont(get(rows), k, 0.9))]
    if x == "d":
        choices += [lambda: Call("sum(d)", k, lambda rows: a_sum(get(rows), k)),
                    lambda: Call("avg(d)", k, lambda rows: a_avg(get(rows), k))]
    return r.choice(choices)()


def general(r):
    x, y = r.choice(VALUES)[0], r.choice(VALUES)[0]
    k, get = TYPES[x], lambda rows: not_null(rows, x)

    def least(rows, by, up):
        rows = [q for q in rows if q[by] is not None]
        if not rows:
            return None
        best = (min if up else max)((q[by] for q in rows), key=order)
        return min((q[x] for q in rows if same_as(q[by]) == same_as(best)), key=order)

    def listed(rows, keep, desc):
        rows = [q for q in rows if keep or q[x] is not None]
        rows.sort(key=lambda q: order(q[x]))
        nulls = [q for q in rows if q[y] is None]
        rest = [q for q in rows if q[y] is not None]
        rest.sort(key=lambda q: order(q[y]), reverse=desc)
        if desc:  # a reversed stable sort keeps the order of equals
            pass
        return [q[x] for q in rest + nulls]

    def unique(rows):
        v = different(get(rows))
        return v[0] if len(v) == 1 else None

    return r.choice([
        lambda: Call(r.choice(["count()", "COUNT()"]), "int", len),
        lambda: Call(f"count({x})", "int", lambda rows: len(get(rows)), f"count({x})"),
        lambda: Call(f"count(DISTINCT {x})", "int", lambda rows: len(different(get(rows)))),
        lambda: Call(f"count(DISTINCT {x}, {y})", "int", lambda rows: len(
            {(same_as(q[x]), same_as(q[y])) for q in rows if q[x] is not None and q[y] is not None})),
        lambda: Call(f"min({x})", k, lambda rows: min(get(rows), key=order, default=None)),
        lambda: Call(f"max({x})", k, lambda rows: max(get(rows), key=order, default=None)),
        lambda: Call(f"argmin({x}, {y})", k, lambda rows: least(rows, y, True)),
        lambda: Call(f"argmax({x}, {y})", k, lambda rows: least(rows, y, False)),
        lambda: Call(f"any({x})", k, lambda rows: min((q[x] for q in rows), key=order, default=None), when="alone"),
        lambda: Call(f"unique({x})", k, unique),
        lambda: Call(f"mode({x})", k, lambda rows: a_mode(get(rows))),
        lambda: Call(f"quantile({x}, 0.25)", k, lambda rows: a_quantile(get(rows), 0.25)),
        lambda: Call(f"quantile({x}, 0.07)", k, lambda rows: a_quantile(get(rows), 0.07)),
        lambda: Call(f"list({x})", "list " + k, lambda rows: sorted(get(rows), key=order)),
        lambda: Call(f"list({x}) KEEP NULLS", "list " + k, lambda rows: sorted((q[x] for q in rows), key=order)),
        lambda: Call(f"list({x} ORDER BY {y})", "list " + k, lambda rows: listed(rows, False, False)),
        lambda: Call(f"list({x} ORDER BY {y} DESC) KEEP NULLS", "list " + k, lambda rows: listed(rows, True, True)),
        lambda: Call(f"set({x})", "list " + k, lambda rows: sorted(different(get(rows)), key=order)),
        lambda: Call('string_agg(w, "-")', "str", lambda rows: "-".join(
            sorted(not_null(rows, "w"), key=order)) if not_null(rows, "w") else None),
        lambda: Call("bool_and(b)", "bool", lambda rows: all(not_null(rows, "b")) if not_null(rows, "b") else None),
        lambda: Call("bool_or(b)", "bool", lambda rows: any(not_null(rows, "b")) if not_null(rows, "b") else None),
        lambda: Call(f"sum(j) + count({x})", "int", lambda rows: None if a_sum(not_null(rows, "j"), "int") is None
                     else a_sum(not_null(rows, "j"), "int") + len(get(rows)), when="small"),
    ])()


def with_filter(r, call):
    """call FILTER (WHERE ...), by one of a few conditions."""
    text, cond = r.choice([("b", lambda q: q["b"] is True), ("i > 0", lambda q: q["i"] is not None and q["i"] > 0),
                           ("w IS NULL", lambda q: q["w"] is None)])
    return Call(f"{call.text} FILTER (WHERE {text})", call.kind,
                lambda rows: call.answer([q for q in rows if cond(q)]))


SQL = [("count", "count(*)", "int"), ("count(w)", "count(w)", "int"), ("sum(j)", "sum(j)", "int"),
       ("min(j)", "min(j)", "int"), ("max(w)", "max(w)", "str"), ("min(w)", "min(w)", "str"),
       ("count(DISTINCT j)", "count(DISTINCT j)", "int"), ("count(DISTINCT w)", "count(DISTINCT w)", "int"),
       ("avg(j)", "avg(j)", "float"), ("min(f)", "min(f)", "float"), ("max(f)", "max(f)", "float"),
       ("sum(j) FILTER (WHERE j > 0)", "sum(j) FILTER (WHERE j > 0)", "int")]

# ---- a round ----


class Round:
    def __init__(self, seed):
        r = self.r = random.Random(seed)
        self.seed = seed
        self.form = r.choice(["changing", "changing", "append-only", "static", "sql"])
        self.deep = r.random() < 0.15  # few streams, groups of hundreds of values
        self.streams = 3 if self.deep else STREAMS
        self.small = self.form == "sql" or r.random() < 0.3
        self.keys = [("s", "int")] + [(f"k{n}", r.choice(KEY_TYPES)) for n in range(0 if self.deep else r.choice([0, 1, 1, 2]))]
        if self.form == "sql":
            self.keys = [("s", "int"), ("k0", "int")]
            self.calls = [Call(a, k, None, b) for a, b, k in r.sample(SQL, 5)]
        else:
            self.calls = []
            for _ in range(r.randint(0, 9)):
                self.calls.append(self.draw_call())
        self.columns = self.keys + VALUES
        self.commits = self.draw_commits()

    def draw_call(self):
        r = self.r
        while True:
            call = r.choice([numeric, numeric, general, general, timed])(r)
            if call.when == "small" and not self.small:
                continue
            if call.when == "alone" and any(c.when == "alone" for c in self.calls):
                continue
            if call.when == "alone":
                return call
            if call.when is None and r.random() < 0.2:
                return with_filter(r, call)
            return call

    def draw_row(self, s):
        r = self.r
        row = [s]
        for _, kind in self.keys[1:]:
            row.append(None if r.random() < 0.1 else draw_value(r, kind, self.form == "sql"))
        null = r.choice([0, 0.1, 0.5])
        for _, kind in VALUES:
            row.append(None if r.random() < null else draw_value(r, kind, self.small))
        return tuple(row)

    def draw_commits(self):
        """(time, [(row, diff), ...]) with every stream's changes in each commit mixed."""
        r = self.r
        live = [[] for _ in range(self.streams)]
        commits, t = [], 0
        for _ in range(1 if self.form == "static" else r.randint(2, 9)):
            changes = []
            for s in range(self.streams):
                for _ in range(r.choice([0, 1, 100, 300]) if self.deep else r.choice([0, 1, 1, 2, 4, 12])):
                    x = r.random()
                    if x < 0.6 or not live[s]:
                        row = self.draw_row(s) if r.random() < 0.8 or not live[s] else r.choice(live[s])
                        n = r.choice([1, 1, 1, 2, 3])
                        live[s] += [row] * n
                        changes.append((row, n))
                    elif self.form not in ("append-only", "static"):
                        row = live[s].pop(r.randrange(len(live[s])))
                        changes.append((row, -1))
                if self.form not in ("append-only", "static") and r.random() < 0.1:
                    changes += [(row, -1) for row in live[s]]
                    live[s] = []
            r.shuffle(changes)  # within a commit, what is taken away may come before it was there
            commits.append((t, changes))
            t += r.choice([2, 2, 10])
        return commits

    def lines(self, cut):
        """The stream for pws_make, cut into frames by a coin of this bias."""
        r = random.Random(self.seed * 7 + cut)
        yield json.dumps({
            "version": 1, "coordinates": 1, "append_only": self.form in ("append-only", "static"),
            "static": self.form == "static", "stage": {"program": "oracle", "options": [], "inputs": []},
            "columns": [{"name": n, "type": k} for n, k in self.columns]})
        often = [0.02, 0.3][cut]
        for t, changes in self.commits:
            for row, diff in changes:
                if diff > 1 and cut == 1 and r.random() < 0.5:
                    for _ in range(diff):
                        yield self.line(t, 1, row)
                else:
                    yield self.line(t, diff, row)
                if r.random() < often:
                    yield '{"flush": 1}'
            if r.random() < 0.5:
                yield json.dumps({"frontier": t + 1})
        yield '{"end": "finished", "durable": 0}'

    @staticmethod
    def line(t, diff, row):
        row = [str(x) if isinstance(x, float) and not math.isfinite(x) else x for x in row]
        return json.dumps([t, diff, row])

    def run(self, cut):
        args = ["pw-groupby", "--on-error", "null", "-k", ",".join(n for n, _ in self.keys)]
        args += [f"c{n} = {c.text}" for n, c in enumerate(self.calls)]
        with tempfile.TemporaryFile() as text:
            text.write("\n".join(self.lines(cut)).encode() + b"\n")
            text.seek(0)
            make = subprocess.Popen([MAKE] + ["-i"] * cut, stdin=text, stdout=subprocess.PIPE)
            group = subprocess.Popen(args, stdin=make.stdout, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            write = subprocess.Popen(["pw-write", "--changes", "-f", "jsonl"], stdin=group.stdout,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            make.stdout.close()
            group.stdout.close()
            out, err = write.communicate()
            err = group.stderr.read() + err
            if make.wait() or group.wait() or write.wait() or err:
                raise Exception(f"{' '.join(map(repr, args))}: {err.decode()}")
        return out

    # what there should be

    def expected(self, touched, live):
        names = [n for n, _ in self.columns]
        answers = {}
        for key in touched:
            rows = [dict(zip(names, row)) for row, n in live.get(key, {}).items() for _ in range(n)]
            if rows:
                answers[key] = [c.answer(rows) for c in self.calls]
        return answers

    def check(self, out):
        names = [n for n, _ in self.keys] + [f"c{n}" for n in range(len(self.calls))]
        kinds = [k for _, k in self.keys] + [c.kind for c in self.calls]
        changes = {}
        for line in out.splitlines():
            row = json.loads(line)
            changes.setdefault(row["_time"], []).append(
                ([parse(row[n], k) for n, k in zip(names, kinds)], row["_diff"]))
        live, shown, width = {}, {}, len(self.keys)
        base = self.open_sql() if self.form == "sql" else None
        for t, commit in self.commits:
            touched = set()
            for row, diff in commit:
                # the row may hold NaN, which is equal to itself only as the same object
                key = tuple(map(same_as, row[:width]))
                touched.add(key)
                group = live.setdefault(key, Counter())
                group[row] += diff
                if group[row] == 0:
                    del group[row]
                if not group:
                    del live[key]
            if base:
                want = self.from_sql(base, commit)
                touched |= set(shown) | set(want)
            else:
                want = self.expected(touched, live)
            gone = {}
            for row, diff in sorted(changes.pop(t, []), key=lambda c: c[1]):
                key = tuple(map(same_as, row[:width]))
                if diff == -1:
                    gone[key] = row[width:]
                elif key in gone and alike(gone[key], row[width:]):
                    raise Exception(f"time {t}: {row} is taken away and shown again")
                if diff == 1 and key not in shown:
                    shown[key] = row[width:]
                elif diff == -1 and key in shown and alike(shown[key], row[width:]):
                    del shown[key]
                else:
                    raise Exception(f"time {t}: {row} {diff:+d}, but {shown.get(key)} is shown")
            for key in touched:
                if not alike(shown.get(key), want.get(key)):
                    raise Exception(f"time {t}: group {key}: {shown.get(key)}, expected {want.get(key)}; "
                                    f"calls {[c.text for c in self.calls]}")
        if changes:
            raise Exception(f"changes at {sorted(changes)}, where there was no commit")

    def open_sql(self):
        base = sqlite3.connect(":memory:")
        base.execute("CREATE TABLE t (%s, copies)" % ", ".join(n for n, _ in self.columns))
        return base

    def from_sql(self, base, commit):
        """The table after this commit. A row with n copies is n rows: SQLite has no multisets."""
        names = ", ".join(n for n, _ in self.columns)
        base.executemany("INSERT INTO t VALUES (%s)" % ", ".join("?" * (len(self.columns) + 1)),
                         [row + (diff,) for row, diff in commit])
        keys = ", ".join(n for n, _ in self.keys)
        calls = ", ".join(c.sql for c in self.calls)
        rows = base.execute(f"""
            WITH RECURSIVE z AS (SELECT {names}, sum(copies) AS n FROM t GROUP BY {names} HAVING sum(copies) > 0),
                many AS (SELECT {names}, n FROM z UNION ALL SELECT {names}, n - 1 FROM many WHERE n > 1)
            SELECT {keys}, {calls} FROM many GROUP BY {keys}""").fetchall()
        width = len(self.keys)
        return {tuple(map(same_as, row[:width])): list(row[width:]) for row in rows}


def seconds(text):
    """ns of 1d2h3m4.5s"""
    unit = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    total, number = 0, ""
    sign = -1 if text.startswith("-") else 1
    for c in text.lstrip("-"):
        if c in unit:
            total += Fraction(number) * unit[c]
            number = ""
        else:
            number += c
    return sign * int(total * 10**9)


def instant(text):
    from datetime import datetime
    text = text.rstrip("Z")
    whole, _, rest = text.partition(".")
    s = (datetime.fromisoformat(whole) - datetime(1970, 1, 1)).total_seconds()
    return int(s) * 10**9 + int((rest + "0" * 9)[:9])


def parse(x, kind):
    if x is None:
        return None
    if kind.startswith("list "):
        return [parse(e, kind[5:]) for e in x]
    if kind == "float":
        return float(x)
    if kind == "duration":
        return seconds(x)
    if kind in ("datetime", "datetime_utc"):
        return instant(x)
    if kind == "bytes":
        import base64
        return base64.b64decode(x).hex()
    if kind == "uuid":
        return x.replace("-", "")
    if kind == "json":
        return x if isinstance(x, str) and False else json.dumps(x, separators=(",", ":"))
    return x


def alike(a, b):
    """The same values; floats bit for bit but for NaN, which is one."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return (a != a and b != b) or struct.pack("d", a) == struct.pack("d", b)
    return type(a) is type(b) and a == b


def one(seed):
    """(form, what was wrong or None, streams looked at)."""
    try:
        round_ = Round(seed)
    except Exception as e:
        return "drawing", repr(e), 0
    try:
        first, second = round_.run(0), round_.run(1)
        round_.check(first)
        if first != second:
            raise Exception("another cutting into frames gives another answer")
    except Exception as e:
        return round_.form, f"seed {seed} ({round_.form}): {e}", 0
    return round_.form, None, round_.streams


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(os.environ.get("SEED", "1"))
    print(f"# {rounds} rounds of {STREAMS} streams, seeds from {seed} on")
    done, faults = Counter(), {}
    with ThreadPoolExecutor(2) as pool:
        for form, fault, streams in pool.map(one, range(seed, seed + rounds)):
            done[form] += streams
            if fault:
                faults.setdefault(form, []).append(fault)
    for n, form in enumerate(sorted(done), 1):
        for fault in faults.get(form, [])[:5]:
            print("# " + fault.replace("\n", "\n# ")[:2000])
        print(f"{'not ' if form in faults else ''}ok {n} - {form}: {done[form]} streams")
    print(f"1..{len(done)}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

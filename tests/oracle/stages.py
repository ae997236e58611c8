"""The stages that a random pipeline is made of: each tool's command line, and the same in SQL.

A stage is drawn from the columns of what stands before it. It carries the column `sid` along and never
mixes rows of two sids, so that one run of a pipeline is as many independent streams as there are sids.

A table is a multiset: SQLite's tables hold its rows and, as the last column, n, how many copies there
are. `sql` selects the rows of the stage's output with {0}, {1}.. for the tables of its inputs; a stage
that answers by commit (pw-dedup, pw-join --now) has `fold` instead, a function in Python. A stage of event
time that answers by commit and its time has `make`, which makes its recomputation (eventtime.py).
"""
import json
from collections import Counter, namedtuple

import eventtime

# kind: int float str bool list (of int). bound: no value is further from 0; what is larger than EXACT is not
# added up, since SQLite's sums are not exact there, and ours say so when they overflow.
Column = namedtuple("Column", "name kind bound")
EXACT = 10**9
TYPES = {"list": "list<int>"}
TOOLS = ["pw-select", "pw-filter", "pw-groupby", "pw-join", "pw-concat", "pw-update", "pw-dedup", "pw-head", "pw-lag",
         "pw-flatten", "pw-watermark", "pw-keep", "pw-window"]
BY_COMMIT = ["pw-dedup", "pw-watermark", "pw-keep"]  # whose answer is not that of a table
MOMENT = 2**62  # the bound of columns of times in ms or us: nothing is computed with it that could overflow
WORDS = ["", "a", "b", "ab", "é", "日本", "z,z", 'q"q']


class Stage:
    append_only = False  # of sources: so flagged

    def __init__(self, tool, args, inputs, columns, sql=None, fold=None, tail=(), then="", make=None):
        self.tool, self.args, self.inputs, self.columns = tool, args, inputs, columns
        self.sql, self.fold, self.make = sql, fold, make
        self.tail, self.then = tail, then  # arguments behind the inputs; a further stage of the command line

    def all(self):
        """The stage and all before it, those first."""
        found = []
        for i in self.inputs:
            found += [s for s in i.all() if s not in found]
        return found + [self]

    def names(self):
        return [c.name for c in self.columns]


def by_kind(columns, *kinds):
    return [c for c in columns if c.kind in kinds]


def quoted(columns, table=""):
    return ", ".join(table + c.name for c in columns)


def declared(columns):
    """As pw-read -s has it."""
    return ", ".join(f"{c.name} {TYPES.get(c.kind, c.kind)}" for c in columns)


# ---- values ----


def draw_value(r, kind, wide):
    if r.random() < 0.12:
        return None
    if kind == "int":
        if wide and r.random() < 0.3:
            return r.choice([-2**63, 2**63 - 1, 2**53 + 1, -2**53 - 1, 0])
        return r.randint(-2, 3)
    if kind == "float":
        if wide and r.random() < 0.2:
            return r.choice([1e300, -1e300, 5e-324, float(2**53)])
        return r.randint(-8, 8) / 4 + 0.0
    if kind == "str":
        return r.choice(WORDS)
    if kind == "bool":
        return r.random() < 0.5
    return json.dumps([r.choice([None, -1, 0, 1, 2, 2]) for _ in range(r.randint(0, 3))], separators=(",", ":"))


def cell(x, kind):
    if x is None:
        return ""
    if kind == "bool":
        return "true" if x else "false"
    if isinstance(x, str):
        return x if x and not set(x) & set(',"\n') else '"' + x.replace('"', '""') + '"'
    return repr(x)


# ---- expressions, as (ours, SQLite's, bound) ----


class Expressions:
    def __init__(self, r, columns):
        self.r, self.columns = r, columns

    def column(self, *kinds):
        found = by_kind(self.columns, *kinds)
        return self.r.choice(found) if found else None

    def make(self, kind):
        return getattr(self, kind)()

    def number(self, kind, literal, of_sid):
        r, a, b = self.r, self.column(kind), self.column(kind)
        form = r.randrange(8)
        if a is None or form == 0:
            return of_sid
        if form == 1 and a.bound < 10**15:
            n = literal(r.randint(2, 5))
            return f"{a.name} * {n}", f"{a.name} * {n}", a.bound * 5
        if form in (2, 3) and a.bound + b.bound < 10**15:
            text = f"{a.name} {'+-'[form - 2]} {b.name}"
            return text, text, a.bound + b.bound
        if form == 4:
            text = f"coalesce({a.name}, {literal(7)})"
            return text, text, max(a.bound, 7)
        if form == 5:
            when, then = self.bool()[:2]
            text = "CASE WHEN {} THEN %s ELSE %s END" % (a.name, b.name)
            return text.format(when), text.format(then), max(a.bound, b.bound)
        return a.name, a.name, a.bound

    def int(self):
        s = self.column("str")
        if s and self.r.random() < 0.15:
            return f"length({s.name})", f"length({s.name})", 10**6
        return self.number("int", str, ("sid", "sid", 10**6))

    def float(self):
        i = self.column("int")
        if i.bound <= EXACT and self.r.random() < 0.2:
            return f"{i.name}::float", f"CAST({i.name} AS REAL)", i.bound
        return self.number("float", lambda n: f"{n}.5", ("sid::float", "CAST(sid AS REAL)", 10**6))

    def str(self):
        form, s, i = self.r.randrange(5), self.column("str"), self.column("int")
        if s is None or form == 0:
            return f"{i.name}::str", f"CAST({i.name} AS TEXT)", 0
        if form == 1:
            return f'{s.name} || "x"', f"{s.name} || 'x'", 0
        if form == 2:
            return f"substr({s.name}, 1, 1)", f"substr({s.name}, 1, 1)", 0
        return s.name, s.name, 0

    def list(self):
        c = self.column("list")
        return c and (c.name, c.name, 0)

    def comparison(self):
        r, a = self.r, self.column("int", "float", "str")
        operator = r.choice(["=", "!=", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"])
        sql = {"IS DISTINCT FROM": "IS NOT", "IS NOT DISTINCT FROM": "IS"}.get(operator, operator)
        if r.random() < 0.4:
            b = self.column(a.kind).name
            return f"{a.name} {operator} {b}", f"{a.name} {sql} {b}", 1
        if a.kind == "str":
            b = r.choice(["a", "b", "é"])
            return f'{a.name} {operator} "{b}"', f"{a.name} {sql} '{b}'", 1
        b = r.choice(["0", "1", "2", "-1"]) if a.kind == "int" else r.choice(["0.0", "1.25", "-0.5"])
        return f"{a.name} {operator} {b}", f"{a.name} {sql} {b}", 1

    def bool(self, depth=1):
        form, b = self.r.randrange(8), self.column("bool")
        if form == 0 and b:
            return b.name, b.name, 1
        if form == 1:
            c = self.column("int", "float", "str", "bool").name
            text = f"{c} IS {self.r.choice(['', 'NOT '])}NULL"
            return text, text, 1
        if form == 2 and depth:
            x = self.bool(0)
            return f"NOT ({x[0]})", f"NOT ({x[1]})", 1
        if form in (3, 4) and depth:
            x, y, operator = self.bool(0), self.bool(0), self.r.choice(["AND", "OR"])
            return tuple(f"({x[k]}) {operator} ({y[k]})" for k in (0, 1)) + (1,)
        return self.comparison()


# ---- what draws stages ----


class Drawer:
    """Draws stages. `tools` are those that there are."""
    by_commit = True  # may stages be drawn whose answer is not that of a table?
    odd = True  # may stages be drawn that write at odd times?

    def __init__(self, r, tools, sources):
        self.r, self.tools, self.sources = r, tools, sources
        self.count = 0

    def fresh(self):
        self.count += 1
        return f"x{self.count}"

    def tree(self, depth):
        if depth <= 0 or self.r.random() < 0.1:
            return self.r.choice(self.sources)
        tool = self.r.choice(self.tools)
        return getattr(self, tool[3:])(depth - 1)

    def short(self, stage, kinds=None):
        """At most five columns besides sid, and only of these kinds."""
        columns = [c for c in stage.columns if c.name != "sid" and (kinds is None or c.kind in kinds)]
        if len(columns) > 5:
            columns = sorted(self.r.sample(columns, 5), key=columns.index)
        columns = [Column("sid", "int", 10**6)] + columns
        if len(columns) == len(stage.columns):
            return stage
        return self.project(stage, [(c.name, (c.name, c.name, c.bound), c.kind) for c in columns])

    def project(self, stage, made):
        """made: (name, expression, kind)"""
        args = [ours if ours == name else f"{name} = {ours}" for name, (ours, _, _), _ in made]
        columns = [Column(name, kind, e[2]) for name, e, kind in made]
        return Stage("pw-select", args, [stage], columns,
                     "SELECT " + ", ".join(e[1] for _, e, _ in made) + ", n FROM {0}")

    def shaped(self, stage, wanted):
        """The stage with just these names and kinds of columns, made of what it has; None: it can't."""
        e, made = Expressions(self.r, stage.columns), []
        for c in wanted:
            x = ("sid", "sid", 10**6) if c.name == "sid" else e.make(c.kind)
            if x is None:
                return None
            made.append((c.name, x, c.kind))
        self.r.shuffle(made)
        return self.project(stage, made)

    def keys(self, stage, most=1):
        """sid and some more columns."""
        others = [c for c in stage.columns if c.name != "sid" and c.kind != "list"]
        some = self.r.sample(others, min(len(others), self.r.randint(0, most)))
        keys = [c for c in stage.columns if c.name == "sid"] + some
        self.r.shuffle(keys)
        return keys

    def select(self, depth):
        stage, r = self.tree(depth), self.r
        form, e = r.randrange(5), Expressions(r, stage.columns)
        others = [c for c in stage.columns if c.name != "sid"]
        if form == 0 and others:
            gone = r.choice(others)
            left = [c for c in stage.columns if c is not gone]
            return Stage("pw-select", ["--drop", gone.name], [stage], left,
                         f"SELECT {quoted(left)}, n FROM {{0}}")
        if form == 1 and others:
            old, name = r.choice(others), self.fresh()
            columns = [c._replace(name=name) if c is old else c for c in stage.columns]
            return Stage("pw-select", ["--rename", f"{old.name}={name}"], [stage], columns,
                         f"SELECT {quoted(stage.columns)}, n FROM {{0}}")
        kind, name = r.choice(["int", "float", "str", "bool"]), self.fresh()
        x = e.make(kind)
        if form == 2:
            return Stage("pw-select", ["--add", f"{name} = {x[0]}"], [stage],
                         stage.columns + [Column(name, kind, x[2])],
                         f"SELECT {quoted(stage.columns)}, {x[1]}, n FROM {{0}}")
        made = [(c.name, (c.name, c.name, c.bound), c.kind) for c in others if r.random() < 0.7]
        made = made[:4] + [(name, x, kind), ("sid", ("sid", "sid", 10**6), "int")]
        r.shuffle(made)
        return self.project(stage, made)

    def filter(self, depth):
        stage = self.tree(depth)
        ours, sql, _ = Expressions(self.r, stage.columns).bool()
        return Stage("pw-filter", [ours], [stage], stage.columns, f"SELECT * FROM {{0}} WHERE {sql}")

    # pw-groupby

    def aggregate(self, stage, kind):
        """(ours, SQL, bound) of an aggregate that is of this kind."""
        r, e = self.r, Expressions(self.r, stage.columns)
        c = e.column(kind)
        extreme = r.choice(["min", "max"])
        if kind == "bool":
            c = c.name if c else "sid > 3"
            form, sql = r.choice([("bool_or", "max"), ("bool_and", "min")])
            return f"{form}({c})", f"{sql}({c})", 1
        if c is None:
            x = {"float": ("sid::float", "CAST(sid AS REAL)"), "str": ("sid::str", "CAST(sid AS TEXT)")}[kind]
            return f"{extreme}({x[0]})", f"{extreme}({x[1]})", 10**6
        form = r.randrange(8)
        if kind == "int" and form in (0, 1):
            return "count()", "sum(n)", 10**7
        if kind == "int" and form == 2:
            other = e.column("int", "float", "str", "bool").name
            return f"count({other})", f"sum(iif({other} IS NULL, 0, n))", 10**7
        if kind == "int" and form == 3:
            other = e.column("int", "float", "str").name
            return f"count(DISTINCT {other})", f"count(DISTINCT {other})", 10**7
        if form in (4, 5) and kind != "str" and c.bound <= EXACT:
            return f"sum({c.name})", f"sum({c.name} * n)", c.bound * 10**5
        if form == 6 and kind == "float":
            i = e.column("int")
            if i.bound <= EXACT:
                return (f"avg({i.name})", f"CAST(sum({i.name} * n) AS REAL) / sum(iif({i.name} IS NULL, 0, n))",
                        2**80)
        if form == 7 and kind == "int" and c.bound <= EXACT:
            ours, sql, _ = e.bool()
            return (f"sum({c.name}) FILTER (WHERE {ours})", f"sum({c.name} * n) FILTER (WHERE {sql})",
                    c.bound * 10**5)
        return f"{extreme}({c.name})", f"{extreme}({c.name})", c.bound

    def grouped(self, stage, keys, wanted):
        """By these keys; wanted are names and kinds."""
        made = [(name, self.aggregate(stage, kind), kind) for name, kind in wanted]
        args = ["-k", ",".join(c.name for c in keys)] + [f"{name} = {x[0]}" for name, x, _ in made]
        what = ", ".join([quoted(keys)] + [x[1] for _, x, _ in made])
        return Stage("pw-groupby", args, [stage], keys + [Column(name, kind, x[2]) for name, x, kind in made],
                     f"SELECT {what}, 1 AS n FROM {{0}} GROUP BY {quoted(keys)}")

    def groupby(self, depth):
        stage = self.tree(depth)
        kinds = [self.r.choice(["int", "int", "float", "str", "bool"]) for _ in range(self.r.choice([0, 1, 2, 3]))]
        return self.grouped(stage, self.keys(stage, 2), [(self.fresh(), kind) for kind in kinds])

    # of several inputs

    def concat(self, depth):
        r = self.r
        first = self.short(self.tree(depth))
        inputs = [first]
        for _ in range(r.choice([1, 1, 2])):
            other = self.shaped(self.tree(depth), first.columns)
            if other is None:
                first = self.short(first, ("int", "float", "str", "bool"))
                inputs[0] = first
                inputs = [inputs[0]] + [self.short(i, ("int", "float", "str", "bool")) for i in inputs[1:]]
                other = self.shaped(self.r.choice(self.sources), first.columns)
            inputs.append(other)
        columns = []
        for c in first.columns:
            columns.append(c._replace(bound=max(i.columns[i.names().index(c.name)].bound for i in inputs)))
        sql = " UNION ALL ".join(f"SELECT {quoted(columns)}, n FROM {{{k}}}" for k in range(len(inputs)))
        return Stage("pw-concat", [], inputs, columns, sql)

    def renamed(self, stage, taken):
        """The stage without names in common with these."""
        if not set(stage.names()) & set(taken) - {"sid"}:
            return stage
        made = [(c.name if c.name == "sid" or c.name not in taken else self.fresh(),
                 (c.name, c.name, c.bound), c.kind) for c in stage.columns]
        return self.project(stage, made)

    def pairs(self, left, right, most=2):
        """Columns of left and right that are equal in a join: sid and some more."""
        found = []
        for c in left.columns:
            fitting = [d for d in right.columns if d.kind == c.kind and d.name != "sid"]
            if c.name != "sid" and c.kind != "list" and fitting:
                found.append((c, self.r.choice(fitting)))
        self.r.shuffle(found)
        found = [p for k, p in enumerate(found[:most]) if p[1] not in [q[1] for q in found[:k]]]
        sid = [c for c in left.columns if c.name == "sid"][0]
        found = found[:self.r.choice([0, 1, 1, 2])] + [(sid, sid)]
        self.r.shuffle(found)
        return found

    def join(self, depth):
        r = self.r
        left, right = self.short(self.tree(depth)), self.short(self.tree(depth))
        form = r.random()
        if form < 0.04:
            return self.cross()
        if form < 0.12:
            made = self.now()
            if made:
                return made
        if form < 0.4 and "pw-window" in self.tools:
            made = self.timed_join(left, right)
            if made:
                return made
        kind = r.choice(["inner", "inner", "left", "left", "right", "full", "full", "semi", "anti"])
        shared = r.random()
        suffix = shared < 0.2
        if not suffix:
            right = self.renamed(right, left.names())
        pairs = self.pairs(left, right)
        args = [] if kind == "inner" and r.random() < 0.5 else ["--" + kind]
        args += ["-k", ",".join(a.name if a.name == b.name else f"{a.name}={b.name}" for a, b in pairs)]
        null_equal = r.random() < 0.25
        args += ["--null-equal"] * null_equal
        on = " AND ".join(f"l.{a.name} {'IS' if null_equal and a.name != 'sid' else '='} r.{b.name}"
                          for a, b in pairs)
        if kind in ("semi", "anti"):
            some = "EXISTS" if kind == "semi" else "NOT EXISTS"
            return Stage("pw-join", args, [left, right], left.columns,
                         f"SELECT l.* FROM {{0}} l WHERE {some} (SELECT 1 FROM {{1}} r WHERE {on})")
        if suffix:
            args += ["--suffix", "_l,_r"]
        out = self.listed(left, right, pairs, kind) if not suffix and r.random() < 0.3 else None
        if out:
            columns, tail = [c for c, _, _ in out], [text for _, text, _ in out]
        else:
            out, tail = self.natural(left, right, pairs, kind), []
            columns = [c for c, _, _ in out]
        return Stage("pw-join", args, [left, right], columns, self.join_sql(out, kind, on), tail=tail)

    def natural(self, left, right, pairs, kind):
        """What goes out without a list: (column, nothing, (of the pair, of left alone, of right alone))."""
        ours, theirs = {a.name: b.name for a, b in pairs}, {b.name for _, b in pairs}
        rest = [c for c in right.columns if c.name not in theirs]
        shared = set(left.names()) & {c.name for c in rest}
        # a key's right name is free again, and may be another's name on the left
        out = []
        for c in left.columns:
            name = c.name + "_l" * (c.name in shared and c.name not in ours)
            alone = f"r.{ours[c.name]}" if c.name in ours else "NULL"
            out.append((c._replace(name=name), "", (f"l.{c.name}", f"l.{c.name}", alone)))
        for c in rest:
            name = c.name + "_r" * (c.name in shared)
            out.append((c._replace(name=name), "", (f"r.{c.name}", "NULL", f"r.{c.name}")))
        return [(c._replace(bound=max([c.bound] + [b.bound for a, b in pairs if a.name == c.name])), t, x)
                for c, t, x in out]

    def listed(self, left, right, pairs, kind):
        """The same with a list of expressions; sid is taken from whichever side is there."""
        sid = Column("sid", "int", 10**6)
        out = [(sid, "sid", ("l.sid", "l.sid", "r.sid"))]
        for side, stage in (("l", left), ("r", right)):
            for c in stage.columns:
                if c.name != "sid" and self.r.random() < 0.6:
                    name = self.fresh()
                    text = f"{'left' if side == 'l' else 'right'}.{c.name}"
                    out.append((c._replace(name=name), f"{name} = {text}",
                                (f"{side}.{c.name}", f"l.{c.name}" if side == "l" else "NULL",
                                 f"r.{c.name}" if side == "r" else "NULL")))
        a, b = by_kind(left.columns, "int"), by_kind(right.columns, "int")
        a, b = self.r.choice(a), self.r.choice(b)
        if a.bound + b.bound < 10**15:
            name = self.fresh()
            out.append((Column(name, "int", a.bound + b.bound), f"{name} = left.{a.name} + right.{b.name}",
                        (f"l.{a.name} + r.{b.name}", "NULL", "NULL")))
        self.r.shuffle(out)
        return out

    @staticmethod
    def join_sql(out, kind, on):
        both, left, right = (", ".join(x[k] for _, _, x in out) for k in (0, 1, 2))
        sql = f"SELECT {both}, l.n * r.n AS n FROM {{0}} l JOIN {{1}} r ON {on}"
        if kind in ("left", "full"):
            sql += f" UNION ALL SELECT {left}, l.n FROM {{0}} l WHERE NOT EXISTS (SELECT 1 FROM {{1}} r WHERE {on})"
        if kind in ("right", "full"):
            sql += f" UNION ALL SELECT {right}, r.n FROM {{1}} r WHERE NOT EXISTS (SELECT 1 FROM {{0}} l WHERE {on})"
        return sql

    def cross(self):
        """All pairs; a filter behind it keeps those of one stream."""
        left, right = self.r.choice(self.sources), self.r.choice(self.sources)
        made = [("rsid" if c.name == "sid" else self.fresh(), (c.name, c.name, c.bound), c.kind)
                for k, c in enumerate(right.columns) if c.name == "sid" or k < 3]
        right = self.project(right, made)
        out = self.natural(left, right, [], "inner")
        return Stage("pw-join", ["--cross"], [left, right], [c for c, _, _ in out],
                     self.join_sql(out, "inner", "l.sid = r.rsid"), then="pw-filter 'sid = rsid'")

    def now(self):
        """Each row of an append-only left once, by the right table at its commit."""
        lefts = [s for s in self.sources if s.append_only]
        if not lefts:
            return None
        left = self.r.choice(lefts)
        right = self.renamed(self.short(self.tree(1)), left.names())
        kind, pairs = self.r.choice(["inner", "left", "semi", "anti"]), self.pairs(left, right)
        args = ["--now"] + ["--" + kind] * (kind != "inner")
        args += ["-k", ",".join(a.name if a.name == b.name else f"{a.name}={b.name}" for a, b in pairs)]
        columns = [c for c, _, _ in self.natural(left, right, pairs, kind)]
        if kind in ("semi", "anti"):
            columns = left.columns
        of_left = [left.names().index(a.name) for a, _ in pairs]
        of_right = [right.names().index(b.name) for _, b in pairs]
        rest = [k for k, c in enumerate(right.columns) if k not in of_right]

        def fold(shown, tables, changes):
            index = {}
            for row, n in tables[1].items():
                index.setdefault(tuple(row[k] for k in of_right), []).append((row, n))
            for row, n in changes[0].items():
                key = tuple(row[k] for k in of_left)
                found = index.get(key, []) if None not in key else []
                if kind in ("semi", "anti"):
                    if bool(found) == (kind == "semi"):
                        shown[row] += n
                    continue
                for other, m in found:
                    shown[row + tuple(other[k] for k in rest)] += n * m
                if not found and kind == "left":
                    shown[row + (None,) * len(rest)] += n
            return shown
        return Stage("pw-join", args, [left, right], columns, fold=fold)

    def update(self, depth):
        r = self.r
        a, b = self.tree(depth), self.tree(depth)
        key = r.choice([c for c in a.columns if c.kind != "list"])
        fitting = by_kind(b.columns, key.kind)
        keys_a = [c for c in a.columns if c.name in ("sid", key.name)]
        if not fitting:
            b = a
            fitting = [key]
        other = r.choice(fitting)
        keys_b = [c for c in b.columns if c.name == "sid"]
        if key.name != "sid":
            if other.name == "sid":
                other = Column(self.fresh(), "int", 10**6)
                b = Stage("pw-select", ["--add", f"{other.name} = sid"], [b], b.columns + [other],
                          f"SELECT {quoted(b.columns)}, sid, n FROM {{0}}")
            keys_b.append(other)
        wanted = [(self.fresh(), r.choice(["int", "float", "str"])) for _ in range(r.randint(1, 3))]
        first = self.grouped(a, keys_a, wanted)
        cells = "pw-join" in self.tools and r.random() < 0.35
        if cells:
            wanted = r.sample(wanted, r.randint(1, len(wanted)))
        second = self.grouped(b, keys_b, wanted)
        if key.name != "sid" and other.name != key.name:
            made = [(key.name if c.name == other.name else c.name, (c.name, c.name, c.bound), c.kind)
                    for c in second.columns]
            second = self.project(second, made)
        keys = [c.name for c in keys_a]
        on = " AND ".join(f"l.{k} IS r.{k}" for k in keys)
        if cells:  # a key that is not in the first would be an error
            second = Stage("pw-join", ["--semi", "--null-equal", "-k", ",".join(keys)], [second, first],
                           second.columns,
                           f"SELECT l.* FROM {{0}} l WHERE EXISTS (SELECT 1 FROM {{1}} r WHERE {on})")
        bounds = {c.name: c.bound for c in second.columns}
        columns = [c._replace(bound=max(c.bound, bounds.get(c.name, 0))) for c in first.columns]
        args = ["--cells"] * cells + ["-k", ",".join(keys)]
        over = {n for n, _ in wanted}
        alone = (f"SELECT {quoted(columns, 'l.')}, l.n FROM {{0}} l "
                 f"WHERE NOT EXISTS (SELECT 1 FROM {{1}} r WHERE {on}) UNION ALL ")
        if cells:
            what = ", ".join(("r." if c.name in over else "l.") + c.name for c in columns)
            sql = alone + f"SELECT {what}, 1 FROM {{0}} l JOIN {{1}} r ON {on}"
        else:
            sql = alone + f"SELECT {quoted(columns)}, n FROM {{1}}"
        return Stage("pw-update", args, [first, second], columns, sql)

    # that know an order

    def ordered(self, depth, kinds=("int", "float", "str", "bool")):
        """A stage without lists, and -k -o for it: (stage, args, PARTITION BY, ORDER BY)."""
        stage, r = self.short(self.tree(depth), kinds), self.r
        keys = self.keys(stage)
        by = r.sample(stage.columns, min(len(stage.columns), r.choice([1, 1, 1, 2])))
        turned = [r.random() < 0.4 for _ in by]
        args = ["-k", ",".join(c.name for c in keys),
                "-o", ",".join(c.name + ":desc" * d for c, d in zip(by, turned))]
        order = [f"{c.name}{' DESC' * d} NULLS LAST" for c, d in zip(by, turned)]
        order += [f"{c.name} NULLS LAST" for c in stage.columns]
        return stage, args, quoted(keys), ", ".join(order)

    def head(self, depth):
        stage, args, part, order = self.ordered(depth)
        rows = self.r.choice([1, 1, 2, 3, 5, 10])
        args += [] if rows == 10 else ["-n", str(rows)]
        names = quoted(stage.columns)
        return Stage("pw-head", args, [stage], stage.columns, f"""
            SELECT {names}, min(n, {rows} - before) FROM (SELECT {names}, n,
                sum(n) OVER (PARTITION BY {part} ORDER BY {order} ROWS UNBOUNDED PRECEDING) - n AS before FROM {{0}})
            WHERE before < {rows}""")

    def lag(self, depth):
        stage, args, part, order = self.ordered(depth)
        r, names = self.r, quoted(stage.columns)
        # of a column that is made of lag's own, prev_ would be there twice
        fresh = [c for c in stage.columns if not c.name.startswith(("prev_", "next_", "diff_"))]
        if len(fresh) < len(stage.columns):
            stage = self.project(stage, [(c.name if c in fresh else self.fresh(), (c.name, c.name, c.bound), c.kind)
                                         for c in stage.columns])
            return self.lag_of(stage)
        values = r.sample(stage.columns, min(len(stage.columns), r.randint(0, 2)))
        numbers = [c for c in by_kind(stage.columns, "int", "float") if c.bound <= EXACT]
        differences = r.sample(numbers, 1) if numbers and r.random() < 0.4 else []
        if differences:
            args += ["--diff", differences[0].name]
        args += [c.name for c in values]
        return self.lagged(stage, args, values or stage.columns, differences, part, order, names)

    def lag_of(self, stage):
        keys = self.keys(stage)
        by = self.r.choice(stage.columns)
        order = ", ".join(f"{c.name} NULLS LAST" for c in [by] + stage.columns)
        return self.lagged(stage, ["-k", ",".join(c.name for c in keys), "-o", by.name], stage.columns, [],
                           quoted(keys), order, quoted(stage.columns))

    @staticmethod
    def lagged(stage, args, values, differences, part, order, names):
        made, columns = [], list(stage.columns)
        for c in values:
            made += [f"lag({c.name}) OVER w", f"lead({c.name}) OVER w"]
            columns += [c._replace(name="prev_" + c.name), c._replace(name="next_" + c.name)]
        for c in differences:
            made.append(f"{c.name} - lag({c.name}) OVER w")
            columns.append(c._replace(name="diff_" + c.name, bound=2 * c.bound))
        return Stage("pw-lag", args, [stage], columns, f"""
            WITH RECURSIVE many AS (SELECT {names}, n FROM {{0}} UNION ALL
                SELECT {names}, n - 1 FROM many WHERE n > 1)
            SELECT {names}, {', '.join(made)}, 1 AS n FROM many WINDOW w AS (PARTITION BY {part} ORDER BY {order})""")

    def dedup(self, depth):
        stage = self.short(self.tree(depth), ("int", "float", "str", "bool"))
        r, keys = self.r, self.keys(stage)
        free = [c for c in by_kind(stage.columns, "int", "float", "str") if c not in keys]
        if not free:
            return stage
        by = r.choice(free)
        args = ["-k", ",".join(c.name for c in keys), "-o", by.name]
        tests = {"new > old": lambda new, old: new > old, "new != old": lambda new, old: new != old,
                 "new < old": lambda new, old: new < old}
        if by.kind == "int" and by.bound < 10**15:
            tests["new >= old + 2"] = lambda new, old: new >= old + 2
        accept = r.choice(sorted(tests)) if r.random() < 0.7 else None
        if accept:
            args += ["--accept", accept]
        places, at = [stage.names().index(c.name) for c in keys], stage.names().index(by.name)

        def sortable(x):
            return (1,) if x is None else (0, x.encode() if isinstance(x, str) else x)

        def fold(shown, tables, changes):
            of = {tuple(row[k] for k in places): row for row in shown}
            new = [row for row, n in changes[0].items() if n > 0 and row[at] is not None]
            for row in sorted(new, key=lambda row: (sortable(row[at]), [sortable(x) for x in row])):
                key = tuple(row[k] for k in places)
                old = of.get(key)
                if old is None or accept is None or tests[accept](sortable(row[at])[1], sortable(old[at])[1]):
                    of[key] = row
            return Counter({row: 1 for row in of.values()})
        return Stage("pw-dedup", args, [stage], stage.columns, fold=fold)

    def flatten(self, depth):
        stage = self.tree(depth)
        if not by_kind(stage.columns, "list", "str"):
            x = Expressions(self.r, stage.columns).str()
            stage = self.project(stage, [("sid", ("sid", "sid", 10**6), "int"), (self.fresh(), x, "str")])
        c = self.r.choice(by_kind(stage.columns, "list") or by_kind(stage.columns, "str"))
        if self.r.random() < 0.2:
            c = self.r.choice(by_kind(stage.columns, "list", "str"))
        columns = [x._replace(kind="int" if c.kind == "list" else "str", bound=100) if x is c else x
                   for x in stage.columns]
        what = ", ".join("element" if x is c else "t." + x.name for x in stage.columns)
        if c.kind == "list":
            sql = f"SELECT {what.replace('element', 'e.value')}, t.n FROM {{0}} t JOIN json_each(t.{c.name}) e"
        else:
            names = quoted(stage.columns)
            sql = (f"WITH RECURSIVE letters AS (SELECT {names}, 1 AS at_, n FROM {{0}} WHERE length({c.name}) > 0 "
                   f"UNION ALL SELECT {names}, at_ + 1, n FROM letters WHERE at_ < length({c.name})) "
                   f"SELECT {what.replace('element', f'substr(t.{c.name}, t.at_, 1)')}, t.n FROM letters t")
        return Stage("pw-flatten", [c.name], [stage], columns, sql)

    # of event time

    def moments(self, stage):
        """(its column of times, a unit of lengths), or None"""
        found = [c for c in by_kind(stage.columns, "int", "float") if c.bound <= 100 or c.bound == MOMENT]
        found = [c for c in found if c.name != "sid"]
        if not found:
            return None
        c = self.r.choice(found)
        return c, self.r.choice([20, 100, 1000]) if c.bound == MOMENT else 0.25 if c.kind == "float" else 1

    def length(self, unit, low, high):
        value = self.r.randint(low, high) * unit
        return f"{value:g}" if isinstance(value, float) else str(value), value

    def primitives(self, unit, names):
        """(words, arguments) of some of cutoff, delay and forget."""
        words, given = [], {}
        for name in self.r.sample(names, self.r.randint(1, len(names))):
            text, given[name] = self.length(unit, 0, 6)
            words += ["--" + name, text]
        return words, given

    def watermark(self, depth):
        stage = self.tree(depth)
        found = self.moments(stage)
        if not found:
            return stage
        words, given = self.primitives(found[1], ["cutoff", "delay", "forget"])
        if "forget" in given and self.odd and self.r.random() < 0.5:
            words.append("--keep")
            given["keep"] = True
        at = stage.names().index(found[0].name)
        return Stage("pw-watermark", ["-t", found[0].name] + words, [stage], stage.columns,
                     make=lambda: eventtime.Watermark(at, **given))

    def keep(self, depth):
        stage = self.groupby(depth)
        count = len(stage.args[1].split(","))
        return Stage("pw-keep", [], [stage], stage.columns, make=lambda: eventtime.Keep(range(count)))

    def grid(self, unit):
        """(words, arguments, length) of tumbling or sliding windows."""
        r, (text, length), origin = self.r, self.length(unit, 1, 6), None
        words, hop = ["--tumbling", text], None
        if r.random() < 0.6:
            hop_text, hop = self.length(unit, 1, 6)
            words = ["--sliding", text, "--every", hop_text]
        if r.random() < 0.2:
            origin = r.randint(-3, 3) * unit
            words.append(f"--origin={origin:g}")
        return words, eventtime.Grid(length, hop, origin or 0, origin is not None), length

    def window(self, depth):
        stage, r = self.renamed(self.tree(depth), ["window_start", "window_end"]), self.r
        found = self.moments(stage)
        if not found:
            return stage
        column, unit = found
        keys, given = [c for c in self.keys(stage) if c.name != column.name], {}
        args = ["-t", column.name, "-k", ",".join(c.name for c in keys)]
        session = r.random() < 0.4
        if session:
            text, given["gap"] = self.length(unit, 1, 4)
            words = ["--session", text]
        else:
            words, given["grid"], length = self.grid(unit)
        behaved = self.by_commit and r.random() < 0.6
        if behaved:
            more, values = self.primitives(unit, ["cutoff"] if session else ["delay", "cutoff"])
            if not session and values.get("delay", 0) > length + values.get("cutoff", 10**20):
                values["delay"] = length
                more[more.index("--delay") + 1] = f"{length:g}"
            if "cutoff" in values and r.random() < 0.5:
                more.append("--no-keep")
                values["keep"] = False
            words += more
            given.update(values)
        bounds = [Column(n, column.kind, max(column.bound, 10**4)) for n in ("window_start", "window_end")]
        names = stage.names()
        at, given["key"] = names.index(column.name), [names.index(c.name) for c in keys]
        tail, columns = [], stage.columns + bounds
        if r.random() < 0.7:
            aggregates = [self.window_aggregate(stage) for _ in range(r.randint(1, 3))]
            tail = [f"{c.name} = {text}" for c, text, _ in aggregates]
            columns = keys + bounds + [c for c, _, _ in aggregates]
            given["answer"] = lambda rows: tuple(f(rows) for _, _, f in aggregates)

        def make():
            return (eventtime.Sessions if session else eventtime.Windows)(at, **given)
        return self.timed("pw-window", args + words + tail, [stage], columns, make, behaved)

    @staticmethod
    def timed(tool, args, inputs, columns, make, behaved, tail=()):
        if behaved:
            return Stage(tool, args, inputs, columns, make=make, tail=tail)

        def fold(shown, tables, changes):
            return eventtime.table(eventtime.run(make(), *[{0: t} for t in tables]))
        return Stage(tool, args, inputs, columns, fold=fold, tail=tail)

    def window_aggregate(self, stage):
        """(column, text, function of rows)"""
        numbers = [c for c in by_kind(stage.columns, "int") if c.bound <= EXACT]
        c, form = self.r.choice(numbers), self.r.randrange(4)
        at, name = stage.names().index(c.name), self.fresh()
        if form == 0:
            return Column(name, "int", 10**7), "count()", lambda rows: sum(rows.values())
        if form == 1:
            return (Column(name, "int", c.bound * 10**5), f"sum({c.name})",
                    lambda rows: sum(row[at] * n for row, n in rows.items() if row[at] is not None)
                    if any(row[at] is not None for row in rows) else None)
        least = min if form == 2 else max
        return (Column(name, "int", c.bound), f"{least.__name__}({c.name})",
                lambda rows: least((row[at] for row in rows if row[at] is not None), default=None))

    def timed_join(self, left, right):
        """As of, by an interval, or in windows."""
        r = self.r
        left = self.renamed(self.short(left, ("int", "float", "str", "bool")), ["window_start", "window_end"])
        right = self.renamed(self.short(right, ("int", "float", "str", "bool")), left.names() + ["window_start", "window_end"])
        found, theirs = self.moments(left), self.moments(right)
        if not found or not theirs or found[1] != theirs[1]:
            return None
        unit, null_equal = found[1], r.random() < 0.2
        pairs = [p for p in self.pairs(left, right) if found[0] not in p and theirs[0] not in p]
        names = [left.names(), right.names()]
        args = ["-k", ",".join(a.name if a.name == b.name else f"{a.name}={b.name}" for a, b in pairs),
                "-t", f"{found[0].name},{theirs[0].name}"] + ["--null-equal"] * null_equal
        given = {"at": (names[0].index(found[0].name), names[1].index(theirs[0].name)), "null_equal": null_equal,
                 "keys": [(names[0].index(a.name), names[1].index(b.name)) for a, b in pairs]}
        form, behaved, values, bounds = r.randrange(3), self.by_commit and r.random() < 0.4, {}, []
        kind = r.choice([None, "inner", "left", "right", "full"])
        args += [] if kind is None else ["--" + kind]
        given["kind"] = kind or ("left" if form == 0 else "inner")
        if form == 0:
            stage, given["direction"] = eventtime.AsOf, r.choice(["backward", "forward", "nearest"])
            args.append("--asof=" + given["direction"])
            if r.random() < 0.3:
                text, given["tolerance"] = self.length(unit, 0, 3)
                args += ["--tolerance", text]
        elif form == 1:
            stage, (low, high) = eventtime.Interval, sorted([r.randint(-4, 2), r.randint(-2, 4)])
            given.update(lower=low * unit, upper=high * unit)
            args.append(f"--interval={low * unit:g},{high * unit:g}")
        else:
            stage, behaved = eventtime.WindowJoin, False
            if r.random() < 0.5:
                words, given["grid"], _ = self.grid(unit)
            else:
                text, given["gap"] = self.length(unit, 1, 3)
                words = ["--session", text]
            args += words
            bounds = [Column(n, found[0].kind, max(found[0].bound, 10**4)) for n in ("window_start", "window_end")]
        if behaved:
            words, values = self.primitives(unit, ["delay", "cutoff"])
            args += words + ["--no-keep"] * ("cutoff" in values)
            values = {name: (value, value) for name, value in values.items()}
        chosen = [(side, k) for side in (0, 1) for k, name in enumerate(names[side]) if name != "sid" and r.random() < 0.7]
        columns, tail = [Column("sid", "int", 10**6)] + bounds, ["sid"] + [b.name for b in bounds]
        for side, k in chosen:
            columns.append((left, right)[side].columns[k]._replace(name=self.fresh()))
            tail.append(f"{columns[-1].name} = {('left', 'right')[side]}.{names[side][k]}")
        sids = [n.index("sid") for n in names]

        def shape(pair):
            sid = pair[0][sids[0]] if pair[0] else pair[1][sids[1]]
            return (sid,) + pair[2:] + tuple(pair[side] and pair[side][k] for side, k in chosen)

        def make():
            join = stage(shape=shape, **given)
            return eventtime.Behaved(join, **values) if behaved else join
        return self.timed("pw-join", args, [left, right], columns, make, behaved, tail)

"""What a pipeline of stages (stages.py) must hold: its tables, recomputed from those of its sources."""
import sqlite3
from collections import Counter


class Redraw(Exception):
    """What was drawn has no answer: another is to be drawn."""


class Tables:
    """The tables of some stages, the roots, and of all that are before them. Sources are the stages without inputs."""

    def __init__(self, roots):
        self.roots, self.stages = roots, []
        for root in roots:
            self.stages += [s for s in root.all() if s not in self.stages]
        self.sources = [s for s in self.stages if not s.inputs]
        self.name = {s: f"t{k}" for k, s in enumerate(self.stages)}
        self.base = sqlite3.connect(":memory:")
        for s in self.stages:
            self.base.execute(f"CREATE TABLE {self.name[s]} ({', '.join(s.names())}, n)")
            self.base.execute(f"CREATE INDEX i{self.name[s]} ON {self.name[s]} (sid)") if "sid" in s.names() else None
        self.folded = {i for s in self.stages if s.fold for i in s.inputs}
        self.tables = {s: Counter() for s in self.stages}

    def of(self, given):
        """The roots' tables, a list of Counters: given are the sources' at a commit, which follows that of the call before."""
        changes = {}
        for s in self.stages:
            before = self.tables[s]
            now = self.table(s, given, changes)
            if now is None:
                continue
            if any(n < 0 for n in now.values()):
                raise Redraw("copies below 0")
            if s in self.folded:
                changes[s] = Counter(now)
                changes[s].subtract(before)
                changes[s] = Counter({row: n for row, n in changes[s].items() if n})
            self.tables[s] = now
        return [self.tables[root] for root in self.roots]

    def table(self, s, given, changes):
        """The table of a stage whose inputs have theirs; None if it is in SQLite and nowhere else."""
        name = self.name[s]
        self.base.execute(f"DELETE FROM {name}")
        if s in given:
            now = Counter({row: n for row, n in given[s].items() if n})
        elif s.fold:
            now = s.fold(Counter(self.tables[s]), [self.tables[i] for i in s.inputs], [changes[i] for i in s.inputs])
        else:
            names = ", ".join(s.names())
            sql = s.sql.format(*[self.name[i] for i in s.inputs])
            self.base.execute(f"INSERT INTO {name} SELECT {names}, sum(n) FROM "
                              f"(SELECT {', '.join('NULL AS ' + c for c in s.names())}, 0 AS n WHERE 0 "
                              f"UNION ALL SELECT * FROM ({sql})) GROUP BY {names} HAVING sum(n) != 0")
            if s not in self.roots and s not in self.folded:
                return None
            return Counter({row[:-1]: row[-1] for row in self.base.execute(f"SELECT * FROM {name}")})
        self.base.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * (len(s.columns) + 1))})",
                              [row + (n,) for row, n in now.items()])
        return now

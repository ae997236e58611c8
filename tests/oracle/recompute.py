"""What a pipeline of stages (stages.py) must hold: its tables, recomputed from those of its sources."""
import sqlite3
from collections import Counter

from eventtime import END


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
        self.folded = {i for s in self.stages if s.fold or s.make for i in s.inputs}
        self.timed = {s: s.make() for s in self.stages if s.make}
        self.ahead = {s: {} for s in self.timed}  # what they have written for a later time
        self.tables = {s: Counter() for s in self.stages}

    def times(self, times):
        """These, and those at which stages write something by themselves."""
        if not self.timed:
            return times
        return sorted({*times, *(t + 1 for t in times if t < END), END})

    def of(self, given, time=None):
        """The roots' tables, a list of Counters: given are the sources' at a commit, which follows that of the call before."""
        changes, self.time = {}, time
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
        elif s.make:
            now = self.stepped(s, [changes[i] for i in s.inputs])
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

    def stepped(self, s, changes):
        """The table of a stage that answers by commit and its time."""
        made = [{self.time: self.ahead[s].pop(self.time, {})}]
        if any(changes):
            made.append(self.timed[s].commit(self.time, *changes))
        if self.time == END:
            made.append(self.timed[s].end())
        now = Counter(self.tables[s])
        for time, rows in ((time, rows) for written in made for time, rows in written.items()):
            (now if time == self.time else self.ahead[s].setdefault(time, Counter())).update(rows)
        return Counter({row: n for row, n in now.items() if n})

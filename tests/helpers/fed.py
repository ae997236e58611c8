"""Readers of random pipelines with state: each has files that are fed step by step, and knows its table.

A feed of a pipeline has a number, and a span of time of its own, after those of all feeds before: the
rows of readers with times of their own (timed) lie there. Such a reader knows the changes of each time. A
reader whose rows get their times from the clock knows its table after each feed.

A file grows by whole feeds, and by a piece of the next one's first line: a line may come in two pieces.
"""
import json
import os
import sys
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../oracle"))
from stages import MOMENT, Column, Stage, cell, declared, draw_value  # noqa: E402

SID = Column("sid", "int", 10**6)


class Feeds:
    """The spans of the feeds."""

    def __init__(self, r, first, step):
        self.r, self.first, self.step = r, first, step

    def times(self, number, most):
        """Even times of a feed, ascending."""
        start = self.first + number * self.step
        found = {start + self.r.choice([0, 2, 20, 60, 100, self.step // 40]) * self.r.randint(0, 10) for _ in range(most)}
        return sorted(t // 2 * 2 for t in found)


class Reader(Stage):
    timed = False

    def __init__(self, r, number, feeds, sids):
        self.r, self.number, self.feeds, self.sids = r, number, feeds, sids
        self.jsonl = r.random() < 0.3
        self.rows_of_feed = [0, 1, 3, 30] if sids < 100 else [0, 3, 300]
        self.rows_of_commit = [1, 1, 2, 6] if sids < 100 else [1, 5, 60]
        super().__init__("pw-read", [], [], self.draw_columns())
        self.paths = [f"{'abc'[number]}{k}.{'jsonl' if self.jsonl else 'csv'}" for k in range(self.files())]
        self.args = self.options() + ["-s", declared(self.columns)]
        self.fed, self.ahead = 0, [""] * len(self.paths)
        self.prefixes, self.changes = [Counter()], []
        self.begin()

    def files(self):
        return 1

    def draw_columns(self):
        r, name = self.r, "abc"[self.number]
        kinds = ["int", r.choice(["int", "str"])] + r.sample(["int", "float", "str", "bool", "list"], r.randint(0, 2))
        return [SID] + [Column(f"{name}{k}", kind, 100) for k, kind in enumerate(kinds)]

    def options(self):
        return []

    def sources(self):
        return self.paths

    def draw_row(self):
        return tuple(self.r.randint(1, self.sids) if c is SID else draw_value(self.r, c.kind, False)
                     for c in self.columns)

    # what is fed

    def begin(self):
        for path in self.paths:
            with open(path, "w", encoding="utf-8") as f:
                if not self.jsonl:
                    f.write(",".join(c.name for c in self.columns) + self.more_header() + "\n")
        self.next = self.draw(0)

    def more_header(self):
        return ""

    def line(self, row, **more):
        """A row as a line; more: further cells."""
        if not self.jsonl:
            cells = [cell(x, c.kind) for c, x in zip(self.columns, row)] + [str(x) for x in more.values()]
            return ",".join(cells) + "\n"
        value = {c.name: json.loads(x) if c.kind == "list" and x else x for c, x in zip(self.columns, row)}
        return json.dumps(dict(value, **more), ensure_ascii=False) + "\n"

    def feed(self):
        """Adds a feed to the files, and a piece of a line of the next."""
        texts, take = self.next
        self.fed += 1
        self.next = self.draw(self.fed)
        for k, path in enumerate(self.paths):
            first = self.next[0][k].split("\n")[0]
            piece = first[:self.r.randint(0, len(first))] if self.r.random() < 0.3 else ""
            with open(path, "a", encoding="utf-8") as f:
                f.write(texts[k][len(self.ahead[k]):] + piece)
            self.ahead[k] = piece
        take()

    def draw(self, number):
        """What feed number has: a text for each file, and a function that notes its effect."""
        raise NotImplementedError


class Log(Reader):
    """Files that grow."""
    append_only = True

    def files(self):
        return self.r.choice([1, 1, 2])

    def draw(self, number):
        rows = [[self.draw_row() for _ in range(self.r.choice(self.rows_of_feed))] for _ in self.paths]
        texts = ["".join(map(self.line, some)) for some in rows]
        return texts, lambda: self.prefixes.append(self.prefixes[-1] + Counter(sum(rows, [])))


class Upsert(Reader):
    """A file of rows that replace each other."""

    def options(self):
        self.key = (0, 1)
        self.delete = self.r.random() < 0.5
        return (["--upsert", "-k", ",".join(self.columns[k].name for k in self.key)] +
                ["--delete-when", f"{self.columns[1].name} + {SID.name} = 4"] * self.delete)

    def draw(self, number):
        rows = [self.draw_row() for _ in range(self.r.choice(self.rows_of_feed))]
        return ["".join(map(self.line, rows))], lambda: self.take(rows)

    def begin(self):
        self.table = {}
        super().begin()

    def apply(self, row):
        key = tuple(row[k] for k in self.key)
        if self.delete and row[1] is not None and row[0] + row[1] == 4:
            self.table.pop(key, None)
        else:
            self.table[key] = row

    def take(self, rows):
        for row in rows:
            self.apply(row)
        self.prefixes.append(Counter(self.table.values()))


class Track(Reader):
    """A directory whose files are tables."""

    def options(self):
        return ["--track", "-f", "jsonl" if self.jsonl else "csv"]

    def begin(self):
        self.folder, self.tables, self.paths = "abc"[self.number], {}, []
        os.mkdir(self.folder)

    def sources(self):
        return [self.folder]

    def feed(self):
        for _ in range(self.r.choice([0, 1, 2, 4])):
            path = os.path.join(self.folder, f"{self.r.randint(1, 5)}.{'jsonl' if self.jsonl else 'csv'}")
            form, rows = self.r.random(), list(self.tables.get(path, []))
            if rows and form < 0.25:
                os.unlink(path)
                del self.tables[path]
                continue
            if form < 0.5:
                rows = [row for row in rows if self.r.random() < 0.8]
            elif form < 0.7:
                rows = []
            rows += [self.draw_row() for _ in range(self.r.choice(self.rows_of_feed))]
            self.tables[path] = rows
            with open(path + ".part", "w", encoding="utf-8") as f:
                if not self.jsonl:
                    f.write(",".join(c.name for c in self.columns) + "\n")
                f.write("".join(map(self.line, rows)))
            os.rename(path + ".part", path)
        self.prefixes.append(Counter(sum(self.tables.values(), [])))


class Timed(Reader):
    timed = True

    def note(self, commits):
        """commits: [(time, [(row, diff)])]"""
        self.changes += [(t, row, diff) for t, commit in commits for row, diff in commit]


class Changes(Timed):
    def options(self):
        self.append_only = self.r.random() < 0.4
        return ["--changes"] + ["--append-only"] * self.append_only

    def more_header(self):
        return ",_time,_diff"

    def begin(self):
        self.live = []
        super().begin()

    def draw(self, number):
        commits, text = [], ""
        for t in self.feeds.times(number, self.r.choice([0, 1, 3, 8])):
            commit = []
            for _ in range(self.r.choice(self.rows_of_commit)):
                if self.append_only or not self.live or self.r.random() < 0.6:
                    row = self.draw_row() if not self.live or self.r.random() < 0.8 else self.r.choice(self.live)
                    self.live.append(row)
                    commit.append((row, 1))
                else:
                    commit.append((self.live.pop(self.r.randrange(len(self.live))), -1))
            self.r.shuffle(commit)
            commits.append((t, commit))
            text += "".join(self.line(row, _time=t, _diff=diff) for row, diff in commit)
            if self.r.random() < 0.3:
                text += self.line([None] * len(self.columns), _time=t, _diff=0)
        return [text], lambda: self.note(commits)


class Replay(Timed):
    """Files that are merged by a column. With upsert, rows replace each other."""

    def __init__(self, r, number, feeds, sids):
        self.scale, self.round = r.choice([1, 1, 1000]), r.choice([2, 2, 2, 10])
        self.upsert = r.random() < 0.25
        self.append_only = not self.upsert
        super().__init__(r, number, feeds, sids)

    def files(self):
        return self.r.choice([1, 1, 2, 3])

    def draw_columns(self):
        return super().draw_columns() + [Column(f"{'abc'[self.number]}at", "int", MOMENT)]

    def options(self):
        return (["--replay", self.columns[-1].name, "--unit", "ms" if self.scale == 1 else "us"] +
                ["--autocommit", f"{self.round}ms"] * (self.round > 2) +
                ["--upsert", "-k", f"sid,{self.columns[1].name}"] * self.upsert)

    def begin(self):
        self.table = {}
        super().begin()

    def draw(self, number):
        rows = []  # (at, file, row)
        for k in range(len(self.paths)):
            for at in self.feeds.times(number, self.r.choice([0, 1, 3, 8])):
                for _ in range(self.r.choice(self.rows_of_commit)):
                    mine = at * self.scale + self.r.randint(0, 2 * self.scale)
                    if len(self.paths) == 1 and self.r.random() < 0.1:  # late
                        mine = max(mine - 40 * self.scale, (self.feeds.first + number * self.feeds.step) * self.scale)
                    rows.append((mine, k, self.draw_row()[:-1] + (mine,)))
        if len(self.paths) > 1:
            rows.sort(key=lambda x: x[:2])
        commits, now = [], 0
        for at, _, row in rows:
            now = max(now, -(-at // (self.round * self.scale)) * self.round)
            if not commits or commits[-1][0] != now:
                commits.append((now, []))
            commits[-1][1].append(row)
        texts = ["".join(self.line(row) for _, k, row in rows if k == file) for file in range(len(self.paths))]
        return texts, lambda: self.note([(t, self.effect(commit)) for t, commit in commits])

    def effect(self, commit):
        if not self.upsert:
            return [(row, 1) for row in commit]
        before = Counter(self.table.values())
        for row in commit:
            self.table[row[:2]] = row
        after = Counter(self.table.values())
        return [(row, -1) for row in before - after] + [(row, 1) for row in after - before]

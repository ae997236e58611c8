"""What the stages of event time must write: a plain recomputation, commit by commit, from section 8 of the contract.

A stream is {time: Counter of row: diff}: what the changes of each commit come to, without those that come to
nothing. A row is a tuple of values; None is null. Times and lengths are numbers (datetimes are nanoseconds).
A stage has `commit(time, *changes)`, called once for each time at which one of its inputs has changes, in
order, and `end()`, called when the inputs have finished. Both return {time: Counter}; `late` is a stream of
what was dropped. Nothing is done by halves here: all is counted out anew from whole tables.
"""
import datetime
import math
import zoneinfo
from collections import Counter

END = 2**64 - 2  # the end: an even time


def settled(rows):
    """The rows whose copies don't come to nothing."""
    return Counter({row: n for row, n in rows.items() if n})


def difference(new, old):
    found = Counter(new)
    found.subtract(old)
    return settled(found)


def added(rows, more):
    found = Counter(rows)
    found.update(more)
    return settled(found)


def even(time):
    return time % 2 == 0


def run(stage, *inputs):
    """What a stage makes of whole streams."""
    inputs, out = [{t: settled(rows) for t, rows in i.items()} for i in inputs], {}

    def write(made):
        for time, rows in made.items():
            out.setdefault(time, Counter()).update(rows)
    for time in sorted({t for i in inputs for t, rows in i.items() if rows}):
        write(stage.commit(time, *[i.get(time, Counter()) for i in inputs]))
    write(stage.end())
    return {t: settled(rows) for t, rows in sorted(out.items()) if settled(rows)}


def table(stream, upto=END):
    """The sum of the changes up to a time."""
    found = Counter()
    for time, rows in stream.items():
        if time <= upto:
            found.update(rows)
    return settled(found)


class Clock:
    """The maximum event time over the changes received at even times. It is below every time at first."""

    def __init__(self):
        self.now = -math.inf

    def move(self, time, moments):
        """With the commit at a time; moments: the event times of its changes."""
        if even(time):
            self.now = max([self.now] + [m for m in moments if m is not None])


class TooFar(Exception):
    """A row error: a row more than --max-step beyond the clock before its commit."""


def check_step(clock, time, moments, max_step):
    if max_step is not None and even(time) and clock.now > -math.inf:
        if any(m is not None and m > clock.now + max_step for m in moments):
            raise TooFar()


class Late:
    """The rows that were dropped, with their times and diffs."""

    def __init__(self):
        self.stream, self.count = {}, 0

    def drop(self, time, row, diff):
        self.stream.setdefault(time, Counter())[row] += diff
        self.count += abs(diff)


class Watermark:
    """pw-watermark: cutoff, delay, forget, in this order, on one clock and in one commit. at: the column of times."""

    def __init__(self, at, cutoff=None, delay=None, forget=None, keep=False, max_step=None):
        self.at, self.cutoff, self.delay, self.forget, self.keep, self.max_step = at, cutoff, delay, forget, keep, max_step
        self.clock, self.late = Clock(), Late()
        self.held, self.released = Counter(), Counter()  # passed and not forgotten: by delay still held, and not
        self.forgotten = Counter()  # rows whose later deletions are swallowed

    def commit(self, time, changes, ticks=()):
        """ticks: the moments that the changes of --clock bring."""
        before, out = self.clock.now, Counter()
        moments = [row[self.at] for row in changes]
        check_step(self.clock, time, moments, self.max_step)
        # the clock moves after cutoff has judged, and before delay releases
        self.clock.move(time, moments + list(ticks))
        for row, diff in changes.items():
            if row[self.at] is None:  # passes at once: never late, held or forgotten
                out[row] += diff
            elif diff < 0:
                self.take_away(time, row, -diff, out)
            elif even(time) and self.cutoff is not None and row[self.at] + self.cutoff <= before:
                self.late.drop(time, row, diff)
            elif even(time) and self.delay is not None:
                self.held[row] += diff
            else:  # at odd times never late and never held
                self.released[row] += diff
                out[row] += diff
        found = {time: out}
        if not even(time):
            return found
        for row in [row for row in self.held if time == END or row[self.at] + self.delay <= self.clock.now]:
            self.release(row, out)
        if self.forget is not None and time != END:  # nothing is forgotten at the end
            gone = found.setdefault(time + 1, Counter()) if self.keep else out
            for row in [row for row in self.released if row[self.at] + self.forget <= before]:
                gone[row] -= self.released[row]
                self.forgotten[row] += self.released.pop(row)
        return found

    def take_away(self, time, row, copies, out):
        """Passes exactly if it was passed and is not yet forgotten; of equal copies the passed ones go first."""
        for place in (self.released, self.held):
            n = min(copies, place[row])
            copies -= n
            place[row] -= n
            if place is self.released:
                out[row] -= n
            if place[row] == 0:
                del place[row]
        n = min(copies, self.forgotten[row])  # swallowed, and not told
        self.forgotten[row] -= n
        if copies > n and even(time):
            self.late.drop(time, row, n - copies)

    def release(self, row, out):
        out[row] += self.held[row]
        self.released[row] += self.held.pop(row)

    def end(self):
        out = Counter()
        for row in list(self.held):
            self.release(row, out)
        return {END: out}


class Keep:
    """pw-keep. It holds the row that it shows for each key; key: the columns of the key."""

    def __init__(self, key):
        self.key, self.shown = key, {}

    def commit(self, time, changes):
        out = Counter()
        if even(time):  # changes at odd times are dropped
            for key in {tuple(row[k] for k in self.key) for row in changes}:
                mine = {row: n for row, n in changes.items() if tuple(row[k] for k in self.key) == key}
                new = [row for row, n in mine.items() if n > 0]
                if key in self.shown:
                    out[self.shown.pop(key)] -= 1
                if new:
                    self.shown[key], = new
                    out[self.shown[key]] += 1
        return {time: settled(out)}

    def end(self):
        return {}


# ---- windows: which are there, for a time ----


class Grid:
    """Tumbling (every=None) and sliding windows over numbers. Explicit: an origin was given."""

    def __init__(self, length, every=None, origin=0, explicit=False):
        self.length, self.every, self.origin, self.explicit = length, every, origin, explicit

    def start(self, k):
        return (self.every or self.length) * k + self.origin

    def end(self, k):
        """A tumbling window's end is the next one's start."""
        return self.start(k + 1) if self.every is None else self.start(k) + self.length

    def windows(self, t):
        """Every window with start <= t < end, membership by the computed bounds."""
        hop = self.every or self.length
        last = math.floor((t - self.origin) / hop) + 2
        first = last - math.ceil(self.length / hop) - 4
        return [(self.start(k), self.end(k)) for k in range(max(first, 0) if self.explicit else first, last + 1)
                if self.start(k) <= t < self.end(k)]


class Calendar:
    """The same in calendar units, over ns. A length is (number, unit): mo, d, or ns.

    Months and days are those of a zone (None: of UTC, or without any zone). The origin is a local time, from which all
    hops are counted: each window's first local time is the origin's time of day. ns pass as they pass.
    """
    EPOCH = datetime.datetime(1970, 1, 1)
    ABOUT = {"mo": 30.436875 * 86400 * 10**9, "d": 86400 * 10**9, "ns": 1}

    def __init__(self, length, every=None, zone=None, origin=None):
        self.length, self.every, self.explicit = length, every, origin is not None
        self.zone = zoneinfo.ZoneInfo(zone) if zone else datetime.timezone.utc
        self.origin = datetime.datetime(1973, 1, 1) if origin is None else origin

    def instant(self, local):
        """ns of a local time; the first of two, and of one that is left out the moment when the clocks are put forward."""
        passed = local.replace(tzinfo=self.zone) - self.EPOCH.replace(tzinfo=datetime.timezone.utc)
        return passed // datetime.timedelta(microseconds=1) * 1000

    @staticmethod
    def later(local, n, unit):
        if unit == "d":
            return local + datetime.timedelta(days=n)
        month = local.year * 12 + local.month - 1 + n
        first = datetime.datetime(month // 12, month % 12 + 1, 1)
        days = (first + datetime.timedelta(days=32)).replace(day=1) - first
        return datetime.datetime.combine(first.replace(day=min(local.day, days.days)), local.time())

    def local_start(self, k):
        n, unit = self.every or self.length
        if unit == "ns":
            return self.origin + datetime.timedelta(microseconds=k * n // 1000)
        return self.later(self.origin, k * n, unit)

    def start(self, k):
        n, unit = self.every or self.length
        return self.instant(self.origin) + k * n if unit == "ns" else self.instant(self.local_start(k))

    def end(self, k):
        n, unit = self.length
        if self.every is None:
            return self.start(k + 1)
        return self.start(k) + n if unit == "ns" else self.instant(self.later(self.local_start(k), n, unit))

    def windows(self, t):
        about, hop = ([number * self.ABOUT[unit] for number, unit in (self.length, self.every or self.length)])
        middle = math.floor((t - self.instant(self.origin)) / hop)
        first = middle - math.ceil(about / hop) - 3
        return [(self.start(k), self.end(k)) for k in range(max(first, 0) if self.explicit else first, middle + 4)
                if self.start(k) <= t < self.end(k)]


class Windows:
    """pw-window with --tumbling or --sliding.

    at, key: columns; grid: Grid or Calendar. answer(rows): the aggregates of rows that are there, a tuple; without
    it the rows go out with their window last.
    """

    def __init__(self, at, grid, key=(), answer=None, delay=None, cutoff=None, once=None, keep=True, max_step=None):
        self.at, self.grid, self.key, self.answer = at, grid, key, answer
        self.delay, self.cutoff, self.once, self.keep, self.max_step = delay, cutoff, once, keep, max_step
        if once is not None:  # delay = length + shift, cutoff = shift
            self.cutoff = once
        self.clock, self.late = Clock(), Late()
        self.rows = {}  # of each (key, window) that is not closed
        self.shown = {}  # the answers of these, and with --no-keep of the closed ones that are to be taken back

    def opens(self, window):
        """Held until the clock is there."""
        if self.once is not None:
            return window[1] + self.once
        return -math.inf if self.delay is None else window[0] + self.delay

    def closed(self, window, clock):
        return self.cutoff is not None and window[1] + self.cutoff <= clock

    def commit(self, time, changes, ticks=()):
        before = self.clock.now  # of earlier commits
        moments = [row[self.at] for row in changes]
        check_step(self.clock, time, moments, self.max_step)
        for row, diff in changes.items():
            if row[self.at] is None:
                continue
            for window in self.grid.windows(row[self.at]):
                if not self.closed(window, before):
                    group = tuple(row[k] for k in self.key), window
                    self.rows.setdefault(group, Counter())[row] += diff
                elif diff > 0 and even(time):
                    self.late.drop(time, row + window, diff)
        self.clock.move(time, moments + list(ticks))  # rows in no window move it too
        out = Counter()
        for group in self.rows.keys() | self.shown.keys():
            window = group[1]
            if even(time) and time != END and not self.keep and self.closed(window, before):
                out.subtract(self.shown.pop(group, Counter()))
                self.rows.pop(group, None)
            elif not self.closed(window, before) and (time == END or self.opens(window) <= self.clock.now):
                self.show(group, out)
        if self.keep:
            for group in [group for group in self.rows if self.closed(group[1], before)]:
                del self.rows[group]
                self.shown.pop(group, None)
        return {time: out}

    def show(self, group, out):
        new = self.answers(group, settled(self.rows.get(group, Counter())))
        out.update(difference(new, self.shown.get(group, Counter())))
        self.shown[group] = new

    def answers(self, group, rows):
        if not rows:
            return Counter()
        if self.answer is None:
            return Counter({row + group[1]: n for row, n in rows.items()})
        return Counter([group[0] + group[1] + self.answer(rows)])

    def end(self):
        """What is still held comes now."""
        out = Counter()
        for group in list(self.rows):
            if not self.closed(group[1], self.clock.now) or group not in self.shown:
                self.show(group, out)
        return {END: out}


class Sessions:
    """pw-window with --session or --session-while. together(cur, next): are neighbours in one session?"""

    def __init__(self, at, gap=None, together=None, key=(), answer=None, cutoff=None, keep=True, max_step=None):
        self.at, self.gap, self.key, self.answer = at, gap, key, answer
        self.together = together or (lambda cur, following: following - cur < gap)
        self.cutoff, self.keep, self.max_step = cutoff, keep, max_step
        self.clock, self.late = Clock(), Late()
        self.rows = {}  # key: the rows of its open sessions
        self.closed = {}  # key: the bounds of its closed sessions
        self.shown, self.doomed = {}, Counter()

    def is_over(self, end, clock):
        return self.cutoff is not None and end + self.gap + self.cutoff <= clock

    def sessions(self, rows):
        """[(start, end, rows)]: neighbours by time are together or not."""
        found = []
        for row in sorted(rows, key=lambda row: row[self.at]):
            t = row[self.at]
            if found and (found[-1][1] == t or self.together(found[-1][1], t)):
                start, _, mine = found.pop()
            else:
                start, mine = t, Counter()
            mine[row] += rows[row]
            found.append((start, t, mine))
        return found

    def touches(self, t, start, end):
        return t == start or (self.together(t, start) if t < start else t <= end or self.together(end, t))

    def close(self, before):
        """The sessions that were over by the clock of earlier commits hold no rows any more."""
        for key, rows in self.rows.items():
            for start, end, mine in self.sessions(rows):
                if self.is_over(end, before):
                    self.closed.setdefault(key, []).append((start, end))
                    self.rows[key] = self.rows[key] - mine
                    answer = self.answers(key, start, end, mine)
                    self.shown[key] = difference(self.shown.get(key, Counter()), answer)
                    if not self.keep:
                        self.doomed.update(answer)

    def forget_bounds(self, before, stood):
        """No row that would be late for what is forgotten here is in time; but its own bounds are told."""
        for key, bounds in self.closed.items():
            self.closed[key] = [(start, end) for start, end in bounds if end + 2 * self.gap + self.cutoff > before or
                                any(first < end + 2 * self.gap for first, _, _ in stood.get(key, []))]

    def late_for(self, key, t, before, stood):
        """The bounds of the session that a row is late for, or None.

        A row is judged alone, by the sessions as they stood before its commit.
        """
        if self.cutoff is None:
            return None
        for start, end in sorted(self.closed.get(key, [])):
            if self.touches(t, start, end):
                return start, end
        if self.is_over(t, before) and not any(self.touches(t, start, end) for start, end, _ in stood.get(key, [])):
            return t, t
        return None

    def commit(self, time, changes, ticks=()):
        before, out = self.clock.now, Counter()
        moments = [row[self.at] for row in changes]
        check_step(self.clock, time, moments, self.max_step)
        self.close(before)
        stood = {key: self.sessions(rows) for key, rows in self.rows.items()}
        if even(time) and time != END:
            self.forget_bounds(before, stood)
        for row, diff in changes.items():
            key = tuple(row[k] for k in self.key)
            mine = self.rows.setdefault(key, Counter())
            if row[self.at] is None:
                continue
            late = self.late_for(key, row[self.at], before, stood) if diff > 0 else None
            if diff < 0:
                mine[row] -= min(mine[row], -diff)  # of closed sessions and late rows: changes nothing
            elif late is None:
                mine[row] += diff
            elif even(time):
                self.late.drop(time, row + late, diff)
        self.clock.move(time, moments + list(ticks))
        forgets = even(time) and time != END and not self.keep
        for key, rows in self.rows.items():
            self.rows[key] = rows = settled(rows)
            new = Counter()
            for start, end, mine in self.sessions(rows):
                if forgets and self.is_over(end, before):  # split off, and over already
                    self.closed.setdefault(key, []).append((start, end))
                    self.rows[key] = self.rows[key] - mine
                else:
                    new.update(self.answers(key, start, end, mine))
            out.update(difference(new, self.shown.get(key, Counter())))
            self.shown[key] = new
        if forgets:
            out.subtract(self.doomed)
            self.doomed = Counter()
        return {time: out}

    def answers(self, key, start, end, rows):
        if self.answer is None:
            return Counter({row + (start, end): n for row, n in rows.items()})
        return Counter([key + (start, end) + self.answer(rows)])

    def end(self):
        return {}


# ---- joins ----


def order_of(row):
    """Rows compare by all their columns, null least."""
    return [(0,) if x is None else (1, x.encode() if isinstance(x, str) else x) for x in row]


class Join:
    """What the joins have in common. keys: [(column of the left, of the right)]; at: the two time columns.

    The output is a pair (left row or None, right row or None), behind it the window, if any; `shape` makes a row of it.
    """

    def __init__(self, kind, at, keys=(), shape=lambda pair: pair, null_equal=False):
        self.kind, self.at, self.keys, self.shape, self.null_equal = kind, at, keys, shape, null_equal
        self.tables = [Counter(), Counter()]
        self.shown = Counter()

    def key(self, side, row):
        return tuple(row[pair[side]] for pair in self.keys)

    def match(self, left, right):
        """Equal keys, no null among them, and no null time."""
        key = self.key(0, left)
        return (key == self.key(1, right) and (self.null_equal or None not in key) and
                left[self.at[0]] is not None and right[self.at[1]] is not None)

    def candidates(self, side, rows):
        """{key: rows of this side}: no other row can match one of the other side with that key."""
        found = {}
        for row in rows:
            found.setdefault(self.key(side, row), []).append(row)
        return found

    def commit(self, time, left, right):
        for rows, changes in zip(self.tables, (left, right)):
            rows.update(changes)
        self.tables = [settled(rows) for rows in self.tables]
        new = self.answers(*self.tables)
        out = difference(new, self.shown)
        self.shown = new
        return {time: self.shaped(out)}

    def shaped(self, pairs):
        out = Counter()
        for pair, n in pairs.items():
            out[self.shape(pair)] += n
        return out

    def end(self):
        return {}


class AsOf(Join):
    """pw-join --asof; kept: with --cutoff and without --no-keep."""

    def __init__(self, kind, at, keys=(), direction="backward", tolerance=None, kept=False, **more):
        super().__init__(kind, at, keys, **more)
        self.direction, self.tolerance, self.kept = direction, tolerance, kept
        self.told = [{}, {}]  # of each side: row: (the match that is shown, copies)

    def best(self, side, row, others):
        """The closest row of the other side at or before (after) this row's time."""
        def fits(other):
            if not (self.match(row, other) if side == 0 else self.match(other, row)):
                return False
            away = other[self.at[1 - side]] - row[self.at[side]]
            return ((self.tolerance is None or abs(away) <= self.tolerance) and
                    (away <= 0 if self.direction == "backward" else away >= 0 if self.direction == "forward" else True))

        def closeness(other):  # of two as close the later one; of one time the greatest row
            away = other[self.at[1 - side]] - row[self.at[side]]
            return -abs(away), away, order_of(other)
        return max(filter(fits, others), key=closeness, default=None)

    def sides(self):
        return {"left": [0], "inner": [0], "right": [1], "full": [0, 1]}[self.kind]

    def pair(self, side, row, other):
        return (row, other) if side == 0 else (other, row)

    def hidden(self, match):
        return self.kind == "inner" and match is None

    def answers(self, left, right):
        found = Counter()
        for side in self.sides():
            mine, others = (left, right) if side == 0 else (right, left)
            others = self.candidates(1 - side, others)
            for row, n in mine.items():
                match = self.best(side, row, others.get(self.key(side, row), []))
                if not self.hidden(match):
                    found[self.pair(side, row, match)] += n
        return found

    def commit(self, time, left, right):
        if not self.kept:
            return super().commit(time, left, right)
        before = self.tables
        self.tables = [settled(Counter({r: rows[r] + changes[r] for r in rows.keys() | changes.keys()}))
                       for rows, changes in zip(before, (left, right))]
        out = Counter()
        for side in self.sides():
            self.correct(time, side, before, out)
        return {time: self.shaped(settled(out))}

    def correct(self, time, side, before, out):
        """Per row of a side, against what is shown of it. What comes at odd times is forgetting and shows nothing."""
        told = self.told[side]
        others_before, others = (self.candidates(1 - side, t[1 - side]) for t in (before, self.tables))
        for row in before[side].keys() | self.tables[side].keys():
            was, now = before[side][row], self.tables[side][row]
            key = self.key(side, row)
            true, true_before = self.best(side, row, others.get(key, [])), self.best(side, row, others_before.get(key, []))
            shown, copies = told.get(row, (None, 0))
            if not even(time):
                if now < was:  # a forgotten row's answer stays shown for good
                    told[row] = shown, max(0, copies - (was - now))
            elif now > was or now and true != true_before:
                if not self.hidden(shown):
                    out[self.pair(side, row, shown)] -= copies
                if not self.hidden(true):
                    out[self.pair(side, row, true)] += now
                told[row] = true, now
            elif now < was:
                gone = min(copies, was - now)
                if not self.hidden(shown):
                    out[self.pair(side, row, shown)] -= gone
                told[row] = shown, copies - gone
            if not now:
                told.pop(row, None)


class Interval(Join):
    """pw-join --interval LOWER,UPPER; kept: with --cutoff and without --no-keep."""

    def __init__(self, kind, at, lower, upper, keys=(), kept=False, **more):
        super().__init__(kind, at, keys, **more)
        self.lower, self.upper, self.kept = lower, upper, kept
        self.stays = []  # the pairs that are shown and not true any more, since one of the rows was forgotten

    def match(self, left, right):
        """t + L <= u <= t + U"""
        if not super().match(left, right):
            return False
        t, u = left[self.at[0]], right[self.at[1]]
        return t + self.lower <= u <= t + self.upper

    def answers(self, left, right):
        pairs = self.pairs(left, right)
        found = Counter(pairs)
        for side in self.outer():
            matched = {pair[side] for pair in pairs}
            found.update({self.alone(side, row): n for row, n in (left, right)[side].items() if row not in matched})
        return found

    def outer(self):
        return {"left": [0], "right": [1], "full": [0, 1]}.get(self.kind, [])

    @staticmethod
    def alone(side, row):
        return (row, None) if side == 0 else (None, row)

    def pairs(self, left, right):
        others = self.candidates(1, right)
        return Counter({(l, r): n * right[r] for l, n in left.items() for r in others.get(self.key(0, l), [])
                        if self.match(l, r)})

    def commit(self, time, left, right):
        if not self.kept:
            return super().commit(time, left, right)
        before = self.tables
        self.tables = [added(rows, changes) for rows, changes in zip(before, (left, right))]
        gone = [{row: n - now[row] for row, n in was.items() if n > now[row]} for was, now in zip(before, self.tables)]
        for stay in self.stays:  # what is shown with a row goes with it; of equal copies the one that came first goes first
            stay.copies = max(0, stay.copies - gone[stay.side].get(stay.pair[stay.side], 0))
        if not even(time):
            self.forget(before, gone)
        self.stays = [stay for stay in self.stays if stay.copies]
        new = self.answers(*self.tables)
        for stay in self.stays:
            new[stay.pair] += stay.copies * stay.forgotten
            alone = self.alone(stay.side, stay.pair[stay.side])
            # the copies that are shown in pairs have no null row
            new[alone] = min(new[alone], self.tables[stay.side][stay.pair[stay.side]] - stay.copies)
        out, self.shown = difference(new, self.shown), settled(new)
        return {time: self.shaped(out) if even(time) else Counter()}

    def forget(self, before, gone):
        """What was shown stays shown."""
        for pair in self.pairs(*before):
            for side in (0, 1):
                forgotten, there = gone[1 - side].get(pair[1 - side], 0), self.tables[side][pair[side]]
                if forgotten and there:
                    self.stays.append(Stay(pair, side, there, forgotten))


class Stay:
    """A pair that stays shown, of a row of a side that is there, so many copies, and as many of the other, forgotten."""

    def __init__(self, pair, side, copies, forgotten):
        self.pair, self.side, self.copies, self.forgotten = pair, side, copies, forgotten


class WindowJoin(Join):
    """pw-join --tumbling, --sliding, --session: pairs that share a window, once per shared window."""

    def __init__(self, kind, at, keys=(), grid=None, gap=None, **more):
        super().__init__(kind, at, keys, **more)
        self.grid, self.gap = grid, gap

    def windows(self, left, right):
        """For each side {row: its windows}. Sessions are built over both sides' times, within a key."""
        if self.grid:
            return [{row: self.grid.windows(row[at]) for row in rows if row[at] is not None}
                    for rows, at in zip((left, right), self.at)]
        times, found = {}, [{}, {}]
        for side, rows in enumerate((left, right)):
            for row in rows:
                if row[self.at[side]] is not None:
                    times.setdefault(self.key(side, row), set()).add(row[self.at[side]])
        sessions = {key: Sessions(0, self.gap).sessions(Counter((t,) for t in moments)) for key, moments in times.items()}
        for side, rows in enumerate((left, right)):
            for row in rows:
                t = row[self.at[side]]
                if t is not None:
                    found[side][row] = [(start, end) for start, end, _ in sessions[self.key(side, row)] if start <= t <= end]
        return found

    def answers(self, left, right):
        found, alone = Counter(), self.windows(left, right)
        alone = [{(row, w) for row, windows in side.items() for w in windows} for side in alone]
        matched = [set(), set()]
        others = {}
        for r, window in alone[1]:
            others.setdefault((self.key(1, r), window), []).append(r)
        for l, window in alone[0]:
            for r in others.get((self.key(0, l), window), []):
                if self.match(l, r):
                    found[(l, r) + window] += left[l] * right[r]
                    matched[0].add((l, window))
                    matched[1].add((r, window))
        if self.kind in ("left", "full"):
            found.update({(l, None) + w: left[l] for l, w in alone[0] - matched[0]})
        if self.kind in ("right", "full"):
            found.update({(None, r) + w: right[r] for r, w in alone[1] - matched[1]})
        return found


class Behaved:
    """A join (--asof, --interval) with behaviors acts as if each input had passed through pw-watermark.

    delay, cutoff: of the left and of the right, or None.
    """

    def __init__(self, join, delay=(None, None), cutoff=(None, None)):
        self.join = join
        self.marks = [Watermark(at, cutoff=c, delay=d, forget=c, keep=join.kept) if c is not None or d is not None else None
                      for at, d, c in zip(join.at, delay, cutoff)]
        self.forgotten = {}  # what the marks have forgotten at the odd time that is the next one: {time: [left, right]}

    def commit(self, time, *changes):
        passed = [{time: rows} if mark is None else mark.commit(time, rows) if rows else {}
                  for mark, rows in zip(self.marks, changes)]
        return self.joined(time, passed)

    def joined(self, time, passed):
        sides = [Counter(made.get(time, {})) for made in passed]
        for t, forgotten in self.forgotten.items():
            if t < time:
                self.join.commit(t, *forgotten)  # which shows nothing: so it may come this late
            else:
                sides = [added(mine, more) for mine, more in zip(sides, forgotten)]
        self.forgotten = {}
        if any(time + 1 in made for made in passed):
            self.forgotten[time + 1] = [made.get(time + 1, Counter()) for made in passed]
        return self.join.commit(time, *map(settled, sides))

    def end(self):
        return self.joined(END, [mark.end() if mark else {} for mark in self.marks])

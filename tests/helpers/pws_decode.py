#!/usr/bin/env python3
"""A second decoder of pws streams, written from man/pws.5 and nothing else.

Use: pws_decode.py [-l] [FILE]. Prints the schema, then as lines of JSON every change
[time, diff, [value, ...]], and what frontiers, DURABLE and END say. Bytes and uuids are
hexadecimal, times and durations ns. -l prints the layout instead: a line per DATA frame.
"""
import ctypes, json, sys
from struct import unpack_from
from xxh3 import xxh3

TEXT = b"pws 1 binary stream: add '| pw-write' to read it".ljust(63) + b"\n"
FIXED = {"bool": "B", "int": "q", "float": "d", "datetime": "q", "datetime_utc": "q",
         "duration": "q", "uuid": "16s"}
WIDTH = {"B": 1, "q": 8, "d": 8, "16s": 16}
END = 2**64 - 2


def need(ok, what):
    if not ok:
        sys.exit("pws_decode: " + what)


def show(value, base):
    if isinstance(value, bytes):
        return value.decode() if base in ("str", "json") else value.hex()
    if base == "float" and (value != value or abs(value) == float("inf")):
        return str(value)
    return bool(value) if base == "bool" else value


def inflate(data, size):
    out = ctypes.create_string_buffer(size)
    n = ctypes.CDLL("libzstd.so.1").ZSTD_decompress(out, ctypes.c_size_t(size), data,
                                                    ctypes.c_size_t(len(data)))
    need(n == size, "zstd")
    return out.raw


class Body:
    def __init__(self, data, rows, columns):
        self.data, self.layout = data, []
        runs, count, diffs, zero = unpack_from("<4I", data)
        need(zero == 0 and 0 < runs <= rows <= 65536, "start of a body")
        self.runs = [unpack_from("<QII", data, 16 + 16 * i) for i in range(runs)]
        self.next, self.floor = 16 + 16 * runs, 16 + 16 * runs + 32 * count
        need(sum(r[1] for r in self.runs) == rows and all(r[1] and not r[2] for r in self.runs)
             and all(a[0] < b[0] for a, b in zip(self.runs, self.runs[1:])), "runs")
        self.diffs = self.array("q", diffs, 8 * rows, rows) if diffs else (1,) * rows
        self.columns = [self.column(c["type"], rows, c.get("not_null")) for c in columns]
        need(self.next == self.floor and 0 not in self.diffs, "descriptors or diffs")

    def array(self, code, offset, length, count):
        need(length == count * (WIDTH.get(code) or {"I": 4, "H": 2}[code]), "length of values")
        need(offset == 0 if not length else offset % 64 == 0 and
             self.floor <= offset <= len(self.data) - length, "offset of a buffer")
        return [x for i in range(count)
                for x in unpack_from("<" + code, self.data, offset + i * length // count)]

    def column(self, kind, count, not_null=False, entries=False):
        need(self.next < self.floor, "a descriptor is missing")
        encoding, flags, z16, n, valid, values, length, text, text_length, z32 = unpack_from(
            "<BBHIIIIIII", self.data, self.next)
        self.next += 32
        need(encoding <= 2 and flags <= 1 and z16 == z32 == 0, "descriptor")
        need(n == count or (entries and 1 <= n <= 65536), "count of a column")
        self.layout.append("pcd"[encoding] + "n" * flags)
        rows = 1 if encoding == 1 else n
        if encoding == 2:
            need(kind in ("str", "bytes", "json"), "dictionary of " + kind)
            codes = self.array("H", values, length, rows)
            inner = self.column(kind, None, True, True)
            need(len(set(inner)) == len(inner) > max(codes), "dictionary")
            result = [inner[code] for code in codes]
        elif kind in FIXED:
            result = self.array(FIXED[kind], values, length, rows)
            need(kind != "bool" or set(result) <= {0, 1}, "bool")
            result = [show(x, kind) for x in result]
        else:
            ends = self.array("I", values, length, rows + 1)
            need(ends[0] == 0 and sorted(ends) == ends, "offsets descend")
            if kind.startswith("list<"):
                inner = self.column(kind[5:-1], ends[-1])
            else:
                need(ends[-1] == text_length and text % 64 == 0, "bytes of a text")
                inner = self.data[text:text + text_length]
            result = [inner[a:b] if kind[4:5] == "<" else show(inner[a:b], kind)
                      for a, b in zip(ends, ends[1:])]
        if flags:
            bits = int.from_bytes(self.data[valid:valid + (rows + 7) // 8], "little")
            need(bits >> rows == 0 and valid >= self.floor and valid % 64 == 0, "validity")
            need(not not_null or bits == (1 << rows) - 1, "null in a not_null column")
            need(encoding == 2 or all(bits >> i & 1 or not x or set(str(x)) <= set("0.")
                                      for i, x in enumerate(result)), "value behind a null")
            result = [x if bits >> i & 1 else None for i, x in enumerate(result)]
        return result * n if encoding == 1 else result


def line(value):
    print(json.dumps(value, separators=(",", ":"), ensure_ascii=False))


def main(data, layout):
    need(data[:64] == TEXT, "not a pw stream")
    at, before, number, frontier, last, total, head, end = 64, 0, 0, 0, 0, 0, None, None
    while end is None:
        need(len(data) >= at + 64, "no END")
        (checksum, previous, sequence, passed, kind, flags, coordinates, z8, rows, length, stored,
         plain, z64, z32) = unpack_from("<QQQQBBBBIIIIQI", data, at)
        body = data[at + 64:at + 64 + length]
        need(length <= 2**30 and len(body) == length == (stored + 63) // 64 * 64, "length")
        need(checksum == xxh3(data[at + 8:at + 64 + length]), "checksum of frame %d" % number)
        need((previous, sequence, coordinates) == (before, number, 1), "order of frames")
        need(flags <= 3 and z8 == z64 == z32 == 0 and frontier <= passed <= END, "header")
        need((kind == 1) == (number == 0) or kind == 5 and number == 0, "place of SCHEMA")
        at, before, number = at + 64 + length, checksum, number + 1
        body = inflate(body[:stored], plain) if flags & 2 else body[:stored]
        if kind == 1:
            head = json.loads(body)
            need(head["version"] == head["coordinates"] == 1, "version")
            layout or line(head)
        elif kind == 2:
            b = Body(body, rows, head["columns"])
            need(b.runs[0][0] >= max(frontier, last), "times descend")
            last, total = b.runs[-1][0], total + rows
            times = [t if t != END else "end" for t, n, _ in b.runs for _ in range(n)]
            if layout:
                print(rows, len(b.runs), "z" * (flags >> 1), *b.layout)
            for i in range(0 if layout else rows):
                line([times[i], b.diffs[i], [c[i] for c in b.columns]])
        elif kind == 5:
            ending, status, durable, count = unpack_from("<IIQQ", body)
            need(count == total and at == len(data) and len(body) == 64, "END")
            end = {"end": ("finished", "suspended", "failed")[ending], "status": status,
                   "durable": durable if durable != END else "end"}
        elif kind == 4:
            layout or line({"durable": unpack_from("<Q", body)[0]})
        else:
            need(kind == 3 and length == 0 or flags & 1, "kind %d" % kind)
        if passed > frontier and not layout:
            line({"frontier": passed if passed != END else "end"})
        frontier = passed
    layout or line(end)


if __name__ == "__main__":
    args = [a for a in sys.argv[1:] if a != "-l"]
    main((open(args[0], "rb") if args else sys.stdin.buffer).read(), "-l" in sys.argv)

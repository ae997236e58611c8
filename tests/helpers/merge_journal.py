"""Writes a reader's journal anew, as its reader does when it has grown: all entries merged into one."""
import json
import sys

sys.dont_write_bytecode = True
from xxh3 import xxh3  # noqa: E402


def main(path):
    lines = [json.loads(text.rsplit(" ", 2)[0]) for text in open(path)]
    lines = lines[:1] + [entry for entry in lines[1:] if "time" in entry]
    offsets, kinds, replayed = {}, {}, None
    for entry in lines[1:]:
        offsets.update(entry["offsets"])
        kinds.update(entry.get("kinds", {}))
        replayed = entry.get("replayed", replayed)
    merged = {"time": lines[-1]["time"], "merged": True, "offsets": {k: v for k, v in offsets.items() if v}}
    if kinds:
        merged["kinds"] = kinds
    if replayed:
        merged["replayed"] = replayed
    if not all(offsets.values()):
        merged["gone"] = True
    out, before = "", ""
    for value in dict(lines[0], lines=2), merged:
        text = json.dumps(value, separators=(",", ":")) + " 0"
        before = f"{xxh3((before + text).encode()):016x}"
        out += f"{text} {before}\n"
    with open(path, "w") as f:
        f.write(out)


if __name__ == "__main__":
    main(sys.argv[1])

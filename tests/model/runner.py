"""What model/schedules and model/backtests have in common: random schedules, with all rules and with each left out."""
import os
import sys
from concurrent.futures import ProcessPoolExecutor

from protocol import schedule

MOST = 3000  # schedules with a rule left out
TRACE = 60  # lines of a failing one's end
SHARE = 50  # schedules at a time


def part(job):
    """(number, fault) of those that fail, the first alone if asked."""
    seed, kinds, numbers, off, first = job
    found = []
    for k in numbers:
        fault = schedule(f"{seed}:{k}", off, kinds=kinds)
        if fault:
            found.append((k, fault))
            if first:
                break
    return found


def missing(job):
    """What goes wrong without the rule, first."""
    seed, kinds, rule, first = job
    if first is None:
        return rule, None
    return rule, part((seed, kinds, [*range(first, MOST), *range(first)], [rule], True))


def explain(seed, kinds, number, fault, off):
    trace = []
    schedule(f"{seed}:{number}", off, trace, kinds)
    print(f"# schedule {number} of seed {seed}: {fault}")
    for line in trace[-TRACE:]:
        print("#   " + line)
    print(f"# SEED={seed} {sys.argv[0]} -t {number} shows all of it")


def main(kinds, rules, count, first, rare=()):
    """kinds: of readers; first: {rule: where a schedule that needs it is looked for first}; rare: rules not demanded."""
    words = sys.argv[1:]
    seed = os.environ.get("SEED", "1")
    if words[:1] == ["-t"]:
        trace = []
        fault = schedule(f"{seed}:{words[1]}", words[2:], trace, kinds)
        print("\n".join(trace + [fault or "nothing wrong"]))
        return 1 if fault else 0
    count = int(words[0] if words else os.environ.get("SCHEDULES", count))
    seed = words[1] if len(words) > 1 else seed
    bad = 0
    rare = () if os.environ.get("RARE") else rare
    print(f"1..{len(rules) + 1}")
    with ProcessPoolExecutor(2) as pool:
        jobs = [(seed, kinds, range(k, min(k + SHARE, count)), (), False) for k in range(0, count, SHARE)]
        left_out = pool.map(missing, [(seed, kinds, x, None if x in rare else first.get(x, 0)) for x in rules])
        faults = [f for found in pool.map(part, jobs) for f in found]
        for number, fault in faults[:3]:
            explain(seed, kinds, number, fault, ())
        bad += bool(faults)
        print(f"{'not ' if faults else ''}ok 1 - nothing lost, nothing twice in {count} schedules", flush=True)
        for n, (rule, found) in enumerate(left_out, 2):
            if found is None:
                print(f"ok {n} - without '{rule}' # skip needed too rarely: RARE=1")
                continue
            number, fault = found[0] if found else (None, f"{MOST} schedules go well")
            print(f"{'' if found else 'not '}ok {n} - without '{rule}' schedule {number} fails: "
                  + fault.strip().replace("#", ".")[:150], flush=True)
            bad += not found
    return 1 if bad else 0


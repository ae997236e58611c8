"""Pipelines with state whose system calls fail, or are the last: scenes for tests/fault/steps and errors.

A scene is a run of a pipeline that follows its input, with a grid of a few ms and three feeds, each of
which is awaited in the sinks: so each stage comes past three checkpoints. Undisturbed it says which
calls it makes (helpers/fault.c numbers them for each program and each of its children); then one
run for each call is disturbed there, the pipeline is run in peace, and its sinks must be exact.
"""
import os
import random
import shutil
import subprocess
import tempfile
import time

from pipelines import PATIENCE, Fault, Run, members, settle

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
SHIM = os.path.join(BUILD, "helpers/fault.so")
FEEDS = 3
GRID = "--checkpoint-interval 4ms "
PARTS = 4  # a run tries one part of the calls


def seed():
    """SEED, or else a number that grows by one each day and with each commit, so that all parts come round."""
    if os.environ.get("SEED"):
        return int(os.environ["SEED"])
    count = subprocess.run(["git", "rev-list", "--count", "HEAD"], capture_output=True, text=True,
                           cwd=os.path.dirname(os.path.abspath(__file__)), check=False)
    return int(time.time() // 86400) + (int(count.stdout) if count.returncode == 0 else 0)


def part(calls, number):
    """The part of the calls that this seed chooses."""
    return calls[number % PARTS::PARTS]


def begin(kind, seed):
    """A pipeline of this kind in a new folder, which is current, with its first rows."""
    folder = tempfile.mkdtemp(prefix="step-")
    os.chdir(folder)
    pipeline = kind(random.Random(f"{kind.name} {seed}"))
    pipeline.tuning = GRID
    pipeline.feed()
    return pipeline, folder


def drop(folder):
    os.chdir("/")
    shutil.rmtree(folder, ignore_errors=True)


def await_shown(pipeline, run):
    """True when the run has begun and the sinks show all; False when the run is over.

    Sinks whose answer is empty show it before anything has run.
    """
    until = time.monotonic() + PATIENCE
    while not (os.path.exists(os.path.join("state", "run")) and pipeline.shown()):
        if run.process.poll() is not None and not members(run.group):
            return False
        if time.monotonic() > until:
            left = members(run.group)
            run.kill_all()
            raise Fault(f"neither shown nor ended after {PATIENCE} s: {left} {run.said()}")
        time.sleep(0.002)
    return True


def live(pipeline, **more):
    """The run that is disturbed by what more says: its status, what it said, and whether it showed all."""
    run = Run(pipeline.command(True), LD_PRELOAD=SHIM, **more)
    try:
        shown = await_shown(pipeline, run)
        for _ in range(FEEDS - 1):
            pipeline.feed()
            shown = shown and await_shown(pipeline, run)
        run.stop()
        return run.end(at_once=False), run.said(), shown
    finally:
        run.kill_all()


def calls_of(kind, seed):
    """[(program, n, call, path)] of the calls of an undisturbed scene, one line per call."""
    pipeline, folder = begin(kind, seed)
    try:
        log = os.path.join(folder, "calls")
        status, said, shown = live(pipeline, FAULT_LOG=log)
        if status != 0 or not shown:
            raise Fault(f"undisturbed: status {status}: {said}")
        found = {}
        for text in open(log):
            program, n, call, path = text.rstrip("\n").split(" ", 3)
            if program.startswith("pw-"):
                found[program, int(n)] = call, path
        return [(*key, *value) for key, value in sorted(found.items())]
    finally:
        drop(folder)


def peace(pipeline):
    """Runs the pipeline in peace: the sinks are exact, and stay so when it is run once more."""
    settle(pipeline)
    pipeline.check(last=True)


def keep(folder, name):
    """Keeps the folder of a scene that has gone wrong; where."""
    there = os.path.join(BUILD, name.replace(" ", "-"))
    shutil.rmtree(there, ignore_errors=True)
    shutil.copytree(folder, there, symlinks=True, ignore=lambda d, names: [n for n in names if n == "even"])
    return there

"""Ours and the peers on the same data, in one run, alternating; prints one JSON line.

usage: python compare.py MODULE [--rounds 3] [--quick] [--out DIR] [module's own arguments]

MODULE is a file in `modules/`. Each measurement is a process of its own, on one thread, pinned to one core; ours and each
peer take turns, and the figure is the median of the rounds. Times are CPU seconds (user + system) of the work itself, as
the program reports them, reading of data excluded.

Environment
  REGULARS_PEERS   folder of the peers' scripts (default ../shared/peers beside the project)
  REGULARS_DATA    folder of the public data sets (default ../shared/data beside the project)
  REGULARS_PYTHON  folder that holds the peers' Python environments venv-tables, venv-ltv, .. (default: the folder of
                   the scripts; where an environment is missing, the Python that runs this script is used)

A module is `modules/NAME.py` with
  add_arguments(parser)             optional: arguments of its own
  measurements(bench)               a dict {name: function(bench) -> {figure: number or text, ..}}; the first one is ours
  summary(medians, bench)           optional: a dict to add to the line, such as ratios
`bench.args` are the arguments, `bench.ours(example, *args)` runs an example in release and gives its JSON,
`bench.peer(environment, script, *args)` runs a peer's script and gives its standard output, `bench.out` is the folder for
generated files, `bench.data` that of the public sets. For each figure that all measurements share and whose name ends in
`cpu_seconds`, the line has `ratio`: the peer's median divided by ours, above 1 where ours is faster.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent


class Bench:
    def __init__(self, args):
        self.args = args
        shared = PROJECT.parent / "shared"
        self.peers = pathlib.Path(os.environ.get("REGULARS_PEERS") or shared / "peers").resolve()
        self.data = pathlib.Path(os.environ.get("REGULARS_DATA") or shared / "data").resolve()
        self.pythons = pathlib.Path(os.environ.get("REGULARS_PYTHON") or self.peers)
        self.out = pathlib.Path(args.out).resolve()
        self.out.mkdir(parents=True, exist_ok=True)
        self._built = set()

    def _environment(self):
        names = ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
        return {**os.environ, "ANCHOR_DATA": str(self.data), **{name: str(self.args.threads) for name in names}}

    def _run(self, command):
        if self.args.threads == 1 and shutil.which("taskset"):
            command = ["taskset", "-c", str(self.args.core), *command]
        done = subprocess.run(command, capture_output=True, text=True, env=self._environment(), cwd=PROJECT)
        if done.returncode != 0:
            sys.exit(f"error: {' '.join(map(str, command))} failed: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def ours(self, example, *arguments):
        """The JSON of an example, built once in release."""
        if example not in self._built:
            build = ["cargo", "build", "--release", "--quiet", "--example", example]
            if subprocess.run(build, cwd=PROJECT).returncode != 0:
                sys.exit(f"error: example {example} does not build")
            self._built.add(example)
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or PROJECT / "target")
        return json.loads(self._run([target / "release" / "examples" / example, *map(str, arguments), "--json"]))

    def peer(self, environment, script, *arguments):
        """Standard output of a peer's script."""
        python = self.pythons / environment / "bin" / "python"
        python = python if python.exists() else sys.executable
        return self._run([python, self.peers / script, *map(str, arguments)])


def median(values):
    numbers = [v for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)]
    return statistics.median(numbers) if len(numbers) == len(values) else values[0]


def main():
    modules = {path.stem: path for path in sorted((HERE / "modules").glob("*.py"))}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="module", required=True, metavar="|".join(modules))
    loaded = {}
    for name, path in modules.items():
        spec = importlib.util.spec_from_file_location(name, path)
        loaded[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded[name])
        command = commands.add_parser(name, help=(loaded[name].__doc__ or "").strip().splitlines()[0])
        command.add_argument("--rounds", type=int, default=3)
        command.add_argument("--threads", type=int, default=1)
        command.add_argument("--core", type=int, default=0, help="core to pin to, with one thread")
        command.add_argument("--quick", action="store_true", help="smaller data, to try the script")
        command.add_argument("--out", default="peers_out", help="folder for generated files")
        if hasattr(loaded[name], "add_arguments"):
            loaded[name].add_arguments(command)
    bench = Bench(parser.parse_args())
    module = loaded[bench.args.module]
    measurements = module.measurements(bench)
    rounds = {name: [] for name in measurements}
    for number in range(bench.args.rounds):
        for name, measure in measurements.items():
            figures = measure(bench)
            rounds[name].append(figures)
            print(f"round {number + 1} {name}: {json.dumps(figures)}", file=sys.stderr)
    medians = {name: {key: median([r[key] for r in runs]) for key in runs[0]} for name, runs in rounds.items()}
    first, *others = medians
    ratio = {
        name: {key: round(medians[name][key] / ours, 2) for key, ours in medians[first].items()
               if key.endswith("cpu_seconds") and ours and medians[name].get(key)}
        for name in others
    }
    line = {"module": bench.args.module, "rounds": bench.args.rounds, "threads": bench.args.threads,
            "machine": f"{platform.machine()}, {os.cpu_count()} cores", **medians, "ratio": ratio}
    if hasattr(module, "summary"):
        line.update(module.summary(medians, bench))
    print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    main()

"""Logistic regression of 1,000,000 x 20 (10 % positive), ridge 1: ours against scikit-learn, glum and linfa, to one objective.

`--dims 200` takes a table of 100,000 rows and that many columns, made here; `--threads 2` leaves both cores to everybody.
`extra_mb` is the growth over the loaded data (of the peers, with their libraries). linfa is given a gradient tolerance at which it
comes to the objective of the others. `behind` is each objective's relative distance to the lowest one.
"""
import re

COLUMNS = ("x", "y", "scale")

WIDE = r'''
import sys, numpy as np
prefix, n, d = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
r = np.random.default_rng(11)
x = r.standard_normal((n, d)) @ (r.normal(0, 1, (d, d)) / np.sqrt(d) * .5 + np.eye(d))
x[:, : d // 4] = np.exp(.6 * x[:, : d // 4])
x[:, 3 * d // 4 :] = x[:, 3 * d // 4 :] > .5
x = (x - x.mean(0)) / x.std(0)
z = x @ r.normal(0, 2.5 / np.sqrt(d), d)
lo, hi = -10.0, 10.0
for _ in range(60):
    mid = (lo + hi) / 2
    lo, hi = (lo, mid) if (1 / (1 + np.exp(-(z + mid)))).mean() > .1 else (mid, hi)
y = (r.random(n) < 1 / (1 + np.exp(-(z + mid)))).astype(float)
for name, v in (("x", x), ("y", y), ("scale", np.ones(d))):
    np.ascontiguousarray(v).astype("<f8").tofile(f"{prefix}{name}.f64")
'''


def add_arguments(parser):
    parser.add_argument("--dims", type=int, default=20)
    parser.add_argument("--engines", nargs="*", default=["lbfgs", "newton-cholesky", "glum", "linfa"])


def rows(bench):
    return 100_000 if bench.args.quick or bench.args.dims != 20 else 1_000_000


def folder(bench):
    """Tables of other widths have a folder of their own: the peers' script names files by their rows."""
    out = bench.out if bench.args.dims == 20 else bench.out / f"dims{bench.args.dims}"
    out.mkdir(parents=True, exist_ok=True)
    return out


def file(bench, name):
    return folder(bench) / f"logistic_n{rows(bench)}_{name}.f64"


def ours(bench):
    result = bench.ours("churn", "--matrix", file(bench, "x"), "--labels", file(bench, "y"), "--rows", rows(bench), "--dims", bench.args.dims)
    return {key: result[key] for key in ("cpu_seconds", "extra_mb", "objective", "auc")}


def linfa(bench):
    # Its gradient is a sum over the rows: at this tolerance the objective agrees to about 1e-8.
    result = bench.ours("peer_linfa_logistic", file(bench, "x"), file(bench, "y"), rows(bench), bench.args.dims, 1.0)
    return {key: result[key] for key in ("cpu_seconds", "objective", "auc")}


def peer(solver):
    def measure(bench):
        text = bench.peer("venv-tables", "logistic.py", solver, "--n", rows(bench), "--threads", bench.args.threads, "--out", folder(bench))
        cpu, extra, objective, auc = re.search(r"cpu=([\d.]+).*\(\+(-?\d+)\) obj=([\d.]+) auc=([\d.]+)", text).groups()
        return {"cpu_seconds": float(cpu), "extra_mb": float(extra), "objective": float(objective), "auc": float(auc)}
    return measure


def measurements(bench):
    if not all(file(bench, name).exists() for name in COLUMNS):
        if bench.args.dims == 20:
            bench.peer("venv-tables", "logistic.py", "gen", "--n", rows(bench), "--out", folder(bench))
        else:
            script = folder(bench) / "wide.py"
            script.write_text(WIDE)
            bench.peer("venv-tables", script, folder(bench) / f"logistic_n{rows(bench)}_", rows(bench), bench.args.dims)
    engines = {name: linfa if name == "linfa" else peer(name) for name in bench.args.engines}
    return {"regulars": ours, **engines}


def summary(medians, bench):
    lowest = min(figures["objective"] for figures in medians.values())
    return {"rows": rows(bench), "dims": bench.args.dims,
            "behind": {name: f"{figures['objective'] / lowest - 1:.1e}" for name, figures in medians.items()}}

"""Logistic regression of 1,000,000 x 20 (10 % positive), ridge 1: ours against scikit-learn and glum, to one objective."""
import re

COLUMNS = ("x", "y", "scale")


def rows(bench):
    return 100_000 if bench.args.quick else 1_000_000


def ours(bench):
    n = rows(bench)
    prefix = f"logistic_n{n}_"
    result = bench.ours("churn", "--matrix", bench.out / f"{prefix}x.f64", "--labels", bench.out / f"{prefix}y.f64",
                        "--rows", n, "--dims", 20)
    return {key: result[key] for key in ("cpu_seconds", "extra_mb", "objective", "auc")}


def peer(solver):
    def measure(bench):
        text = bench.peer("venv-tables", "logistic.py", solver, "--n", rows(bench), "--threads", bench.args.threads, "--out", bench.out)
        cpu, extra, objective, auc = re.search(r"cpu=([\d.]+).*\(\+(-?\d+)\) obj=([\d.]+) auc=([\d.]+)", text).groups()
        return {"cpu_seconds": float(cpu), "extra_mb": float(extra), "objective": float(objective), "auc": float(auc)}
    return measure


def measurements(bench):
    if not all((bench.out / f"logistic_n{rows(bench)}_{name}.f64").exists() for name in COLUMNS):
        bench.peer("venv-tables", "logistic.py", "gen", "--n", rows(bench), "--out", bench.out)
    return {"regulars": ours, "lbfgs": peer("lbfgs"), "newton-cholesky": peer("newton-cholesky"), "glum": peer("glum")}

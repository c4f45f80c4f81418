"""RFM scores of raw rows (10,000,000 rows, 64-bit ids): ours against pandas, polars and DuckDB.

Ours comes twice: `regulars` through the streaming door, `regulars_ledger` with a ledger that keeps every row.
"""
import re

COLUMNS = ("customer.i64", "day.i32", "amount.f64")


def rows(bench):
    return 100_000 if bench.args.quick else 10_000_000


def ours(door):
    def measure(bench):
        n = rows(bench)
        result = bench.ours("rfm", "--raw", bench.out / f"rfm_n{n}_", "--rows", n, "--door", door)
        return {name: result[name] for name in ("cpu_seconds", "extra_mb", "customers", "score_sums")}
    return measure


def peer(engine):
    def measure(bench):
        text = bench.peer("venv-tables", "rfm.py", engine, "--n", rows(bench), "--threads", bench.args.threads, "--out", bench.out)
        found = re.search(r"cpu=([\d.]+).*\(\+(\d+)\) check=\((\d+), (\d+), (\d+), (\d+)\)", text)
        cpu, extra, customers, *sums = found.groups()
        return {"cpu_seconds": float(cpu), "extra_mb": float(extra), "customers": int(customers), "score_sums": [int(s) for s in sums]}
    return measure


def measurements(bench):
    if not all((bench.out / f"rfm_n{rows(bench)}_{name}").exists() for name in COLUMNS):
        bench.peer("venv-tables", "rfm.py", "gen", "--n", rows(bench), "--out", bench.out)
    return {"regulars": ours("summary"), "regulars_ledger": ours("ledger"), "pandas": peer("pandas"), "polars": peer("polars"), "duckdb": peer("duckdb")}

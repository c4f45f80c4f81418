"""k-means from the same initial centres: ours against scikit-learn (Lloyd, Elkan) and faiss, 1,000,000 rows.

The figure is CPU seconds per iteration of the whole fit, checks of the input and the final labelling included, on the four
cases of 3 and 8 columns by 5 and 8 centres; `inertia` is that of the centres returned, in f64. faiss computes in f32.
"""
import re

CASES = [(3, 5), (3, 8), (8, 5), (8, 8)]


def add_arguments(parser):
    parser.add_argument("--iterations", type=int, default=20)


def rows(bench):
    return 50_000 if bench.args.quick else 1_000_000


def figures(of_case):
    result = {}
    for d, k in CASES:
        cpu, iterations, inertia = of_case(d, k)
        result[f"d{d}_k{k}_iteration_cpu_seconds"] = round(cpu / iterations, 6)
        result[f"d{d}_k{k}_iterations"] = iterations
        result[f"d{d}_k{k}_inertia"] = inertia
    return result


def ours(bench):
    def case(d, k):
        n = rows(bench)
        result = bench.ours(
            "segments", "--matrix", bench.out / f"kmeans_n{n}_d{d}.f64", "--rows", n, "--dims", d,
            "--centres", bench.out / f"kmeans_n{n}_d{d}_k{k}.init.f64", "--k", k, "--iterations", bench.args.iterations,
        )
        return result["cpu_seconds"], result["iterations"], round(result["inertia"], 3)
    return figures(case)


def peer(engine):
    def measure(bench):
        def case(d, k):
            text = bench.peer(
                "venv-tables", "kmeans.py", engine, d, k, bench.args.iterations, 0, bench.args.threads,
                "--n", rows(bench), "--out", bench.out,
            )
            found = re.search(r"it=(\d+) .*cpu=([\d.]+) .*inertia=([\d.]+)", text)
            return float(found[2]), int(found[1]), float(found[3])
        return figures(case)
    return measure


def measurements(bench):
    if not all((bench.out / f"kmeans_n{rows(bench)}_d{d}_k{k}.init.f64").exists() for d, k in CASES):
        bench.peer("venv-tables", "kmeans.py", "gen", "--n", rows(bench), "--out", bench.out)
    return {"regulars": ours, **{f"sklearn {e}" if e != "faiss" else e: peer(e) for e in ("lloyd", "elkan", "faiss")}}


def summary(medians, bench):
    own = medians["regulars"]
    same = [
        abs(own[f"d{d}_k{k}_inertia"] / medians["sklearn lloyd"][f"d{d}_k{k}_inertia"] - 1) < 1e-9 for d, k in CASES
    ]
    return {"inertia_equals_sklearn_lloyd": all(same)}

"""k-means from the same initial centres: ours against scikit-learn (Lloyd, Elkan), faiss and linfa, 1,000,000 rows.

The figures are CPU and wall seconds per iteration of the whole fit, checks of the input and the final labelling included, on
the four cases of 3 and 8 columns by 5 and 8 centres; `inertia` is that of the centres returned, in f64. faiss computes in
f32. With `--threads 2` look at the wall seconds: `wall_ratio` is the peer's over ours.
"""
import re

CASES = [(3, 5), (3, 8), (8, 5), (8, 8)]


def add_arguments(parser):
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--engines", nargs="*", default=["lloyd", "elkan", "faiss", "linfa"])


def rows(bench):
    return 50_000 if bench.args.quick else 1_000_000


def figures(of_case):
    result = {}
    for d, k in CASES:
        cpu, wall, iterations, inertia = of_case(d, k)
        result[f"d{d}_k{k}_iteration_cpu_seconds"] = round(cpu / iterations, 6)
        result[f"d{d}_k{k}_iteration_wall_seconds"] = round(wall / iterations, 6)
        result[f"d{d}_k{k}_iterations"] = iterations
        result[f"d{d}_k{k}_inertia"] = inertia
    return result


def files(bench, d, k):
    n = rows(bench)
    return bench.out / f"kmeans_n{n}_d{d}.f64", bench.out / f"kmeans_n{n}_d{d}_k{k}.init.f64"


def of_json(result):
    return result["cpu_seconds"], result["wall_seconds"], result["iterations"], round(result["inertia"], 3)


def ours(bench):
    def case(d, k):
        data, centres = files(bench, d, k)
        return of_json(bench.ours(
            "segments", "--matrix", data, "--rows", rows(bench), "--dims", d, "--centres", centres, "--k", k,
            "--iterations", bench.args.iterations, "--bare",
        ))
    return figures(case)


def linfa(bench):
    def case(d, k):
        data, centres = files(bench, d, k)
        return of_json(bench.ours("peer_linfa_kmeans", data, rows(bench), d, centres, k, bench.args.iterations))
    return figures(case)


def peer(engine):
    def measure(bench):
        def case(d, k):
            text = bench.peer(
                "venv-tables", "kmeans.py", engine, d, k, bench.args.iterations, 0, bench.args.threads,
                "--n", rows(bench), "--out", bench.out,
            )
            found = re.search(r"it=(\d+) .*wall=([\d.]+).*cpu=([\d.]+).*inertia=([\d.]+)", text)
            return float(found[3]), float(found[2]), int(found[1]), float(found[4])
        return figures(case)
    return measure


def measurements(bench):
    if not all((bench.out / f"kmeans_n{rows(bench)}_d{d}_k{k}.init.f64").exists() for d, k in CASES):
        bench.peer("venv-tables", "kmeans.py", "gen", "--n", rows(bench), "--out", bench.out)
    name = {"lloyd": "sklearn lloyd", "elkan": "sklearn elkan"}
    peers = {name.get(e, e): linfa if e == "linfa" else peer(e) for e in bench.args.engines}
    return {"regulars": ours, **peers}


def summary(medians, bench):
    own, *others = medians
    wall = [f"d{d}_k{k}_iteration_wall_seconds" for d, k in CASES]
    result = {
        "wall_ratio": {name: [round(medians[name][key] / medians[own][key], 2) for key in wall] for name in others}
    }
    if "sklearn lloyd" in medians:
        inertia = [(medians[own][f"d{d}_k{k}_inertia"], medians["sklearn lloyd"][f"d{d}_k{k}_inertia"]) for d, k in CASES]
        result["inertia_equals_sklearn_lloyd"] = all(abs(a / b - 1) < 1e-9 for a, b in inertia)
    return result

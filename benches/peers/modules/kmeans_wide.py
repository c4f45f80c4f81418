"""k-means on tables of 2 to 64 columns by 2 to 64 centres: ours against scikit-learn's Lloyd from the same start.

Figures are CPU and wall seconds per iteration of the whole fit; `cpu_ratio` and `wall_ratio` are scikit-learn's over ours, and
`inertia_equal` says whether both end at the same inertia to 1e-9 where they made the same iterations.
"""
import pathlib

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "sklearn_wide.py"
SIZES = (2, 4, 8, 16, 32, 64)


def add_arguments(parser):
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--cases", nargs="*", default=[f"{d},{k}" for d in SIZES for k in SIZES])


def figures(cases):
    result = {}
    for case, (iterations, wall, cpu, inertia) in cases.items():
        result[f"{case}_cpu_seconds"] = round(cpu / iterations, 6)
        result[f"{case}_wall_seconds"] = round(wall / iterations, 6)
        result[f"{case}_iterations"], result[f"{case}_inertia"] = iterations, inertia
    return result


def ours(bench):
    n, cases = bench.args.rows, {}
    for case in bench.args.cases:
        d, k = case.split(",")
        result = bench.ours(
            "segments", "--matrix", bench.out / f"wide_n{n}_d{d}.f64", "--rows", n, "--dims", d, "--centres",
            bench.out / f"wide_n{n}_d{d}_k{k}.init.f64", "--k", k, "--iterations", bench.args.iterations, "--bare",
        )
        cases[case] = result["iterations"], result["wall_seconds"], result["cpu_seconds"], result["inertia"]
    return figures(cases)


def lloyd(bench):
    text = bench.peer("venv-tables", SCRIPT, bench.args.iterations, bench.args.threads,
                      "--n", bench.args.rows, "--out", bench.out, "--cases", *bench.args.cases)
    lines = [line.split() for line in text.splitlines()]
    return figures({case: (int(iterations), *map(float, rest)) for case, iterations, *rest in lines})


def measurements(bench):
    n = bench.args.rows
    name = lambda case: "wide_n{}_d{}_k{}.init.f64".format(n, *case.split(","))
    missing = [case for case in bench.args.cases if not (bench.out / name(case)).exists()]
    if missing:
        bench.peer("venv-tables", SCRIPT, "gen", "--n", n, "--out", bench.out, "--cases", *missing)
    return {"regulars": ours, "sklearn lloyd": lloyd}


def summary(medians, bench):
    own, peer = medians["regulars"], medians["sklearn lloyd"]
    ratio = lambda what: {c: round(peer[f"{c}_{what}_seconds"] / own[f"{c}_{what}_seconds"], 2) for c in bench.args.cases}
    same = [c for c in bench.args.cases if own[f"{c}_iterations"] == peer[f"{c}_iterations"]]
    return {
        "cpu_ratio": ratio("cpu"), "wall_ratio": ratio("wall"),
        "inertia_equal": all(abs(own[f"{c}_inertia"] / peer[f"{c}_inertia"] - 1) < 1e-9 for c in same),
        "same_iterations": f"{len(same)} of {len(bench.args.cases)}",
    }

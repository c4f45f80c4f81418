"""scikit-learn's Lloyd on tables of 2 to 64 columns and centres, for `compare.py kmeans_wide`.

usage: python sklearn_wide.py gen|D K ITERATIONS THREADS --n ROWS --out DIR [--cases 2,2 64,64 ..]

`gen` writes raw little-endian f64, row-major: wide_n{N}_d{D}.f64, a standardised log1p of a lognormal mixture of six groups, as
customers' features are, and wide_n{N}_d{D}_k{K}.init.f64, k-means++ centres from the first 20,000 rows. Otherwise prints
iterations, wall and CPU seconds of the fit, and its inertia.
"""
import argparse
import os
import pathlib
import resource
import sys
import time
import warnings


def mixture(rng, n, d):
    import numpy as np
    mu, sd = rng.normal(0, 1.6, (6, d)), rng.uniform(.35, .9, (6, d))
    group = rng.choice(6, n, p=[.30, .22, .18, .14, .10, .06])
    x = np.log1p(np.exp(mu[group] + sd[group] * rng.standard_normal((n, d))))
    return np.ascontiguousarray((x - x.mean(0)) / x.std(0))


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("numbers", nargs="+")
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--cases", nargs="*", default=[])
    args = parser.parse_args()
    data = lambda d: args.out / f"wide_n{args.n}_d{d}.f64"
    init = lambda d, k: args.out / f"wide_n{args.n}_d{d}_k{k}.init.f64"
    threads = args.numbers[3] if len(args.numbers) > 3 else "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = threads
    warnings.filterwarnings("ignore")
    import numpy as np
    from sklearn.cluster import KMeans, kmeans_plusplus
    if args.numbers[0] == "gen":
        for case in args.cases:
            d, k = map(int, case.split(","))
            if not data(d).exists():
                mixture(np.random.default_rng(7), args.n, d).astype("<f8").tofile(data(d))
            x = np.fromfile(data(d), "<f8").reshape(-1, d)
            kmeans_plusplus(x[:20_000], k, random_state=k)[0].astype("<f8").tofile(init(d, k))
        return
    d, k, iterations = map(int, args.numbers[:3])
    x, start = np.fromfile(data(d), "<f8").reshape(-1, d), np.fromfile(init(d, k), "<f8").reshape(k, d)
    fit = KMeans(k, init=start, n_init=1, max_iter=iterations, tol=0, algorithm="lloyd")
    wall, before = time.perf_counter(), cpu()
    fit.fit(x)
    print(fit.n_iter_, time.perf_counter() - wall, cpu() - before, repr(float(fit.inertia_)))


if __name__ == "__main__":
    sys.exit(main())

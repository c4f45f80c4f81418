"""scikit-learn's Lloyd on tables of 2 to 64 columns and centres, for `compare.py kmeans_wide`.

usage: python sklearn_wide.py gen --n ROWS --out DIR --cases 2,2 64,64 ..
       python sklearn_wide.py ITERATIONS THREADS --n ROWS --out DIR --cases 2,2 64,64 ..

`gen` writes raw little-endian f64, row-major: wide_n{N}_d{D}.f64, a standardised log1p of a lognormal mixture of six groups, as
customers' features are, and wide_n{N}_d{D}_k{K}.init.f64, k-means++ centres from the first 20,000 rows. Otherwise prints a
line for each case: the case, iterations, wall and CPU seconds of the fit, and its inertia.
"""
import argparse
import os
import pathlib
import resource
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
    parser.add_argument("what", nargs="+")
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--cases", nargs="+", required=True)
    args = parser.parse_args()
    generating = args.what == ["gen"]
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1" if generating else args.what[1]
    warnings.filterwarnings("ignore")
    import numpy as np
    from sklearn.cluster import KMeans, kmeans_plusplus
    for case in args.cases:
        d, k = map(int, case.split(","))
        data, init = args.out / f"wide_n{args.n}_d{d}.f64", args.out / f"wide_n{args.n}_d{d}_k{k}.init.f64"
        if generating:
            if not data.exists():
                mixture(np.random.default_rng(7), args.n, d).astype("<f8").tofile(data)
            x = np.fromfile(data, "<f8").reshape(-1, d)
            kmeans_plusplus(x[:20_000], k, random_state=k)[0].astype("<f8").tofile(init)
            continue
        x, start = np.fromfile(data, "<f8").reshape(-1, d), np.fromfile(init, "<f8").reshape(k, d)
        fit = KMeans(k, init=start, n_init=1, max_iter=int(args.what[0]), tol=0, algorithm="lloyd")
        wall, before = time.perf_counter(), cpu()
        fit.fit(x)
        print(case, fit.n_iter_, time.perf_counter() - wall, cpu() - before, repr(float(fit.inertia_)), flush=True)


if __name__ == "__main__":
    main()

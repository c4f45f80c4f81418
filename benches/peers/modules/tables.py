"""Churn tables with curves, interactions, rare and missing values: `auto` against gradient boosting, five folds out of fold.

Every table is drawn here from a fixed seed; scikit-learn's and LightGBM's boosters run on the same folds with categories
as categories. `gap` is the best booster's AUC less ours: above 0, boosting is sharper.
"""
import json

KINDS = ("curves", "pairs", "rules", "levels", "ratios", "rare", "small", "wide", "clusters", "steps", "bowls", "xor", "threeway",
         "shops", "noise", "silent", "tiny", "scarce", "large", "messy")

SCRIPT = r'''
import os, sys, json, time, warnings
warnings.filterwarnings("ignore")
os.environ["OMP_NUM_THREADS"] = sys.argv[2]
import numpy as np, pandas as pd
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold
import lightgbm as lgb
out, sig = sys.argv[1], lambda z: 1 / (1 + np.exp(-z))

def num(x):
    return pd.DataFrame(x, columns=[f"x{i}" for i in range(x.shape[1])])

def table(kind):
    r = np.random.default_rng(sum(map(ord, kind)))
    if kind == "curves":
        x = r.uniform(size=(5000, 8))
        return num(x), 2.5 * np.sin(6 * np.pi * x[:, 0]) + 12 * (x[:, 1] - .5) ** 2 + 2 * (x[:, 2] > .7) - 1.5
    if kind == "pairs":
        x = r.normal(size=(4000, 8))
        return num(x), 2 * np.sign(x[:, 0] * x[:, 1]) + 1.5 * (x[:, 2] > 1) - 1.5 * (abs(x[:, 3]) < .5) + .8 * x[:, 4] - 1
    if kind == "rules":
        x = r.normal(size=(6000, 10))
        return num(x), -1.5 + 3 * ((x[:, 0] > 0) & (x[:, 1] > 0) & (x[:, 2] < .5)) + 2 * ((x[:, 3] < -.3) & (x[:, 4] > .2))
    if kind == "levels":
        n = 8000
        a, k, x = r.integers(0, 300, n), r.integers(0, 6, n), r.lognormal(0, 1.5, n)
        z = -1 + r.normal(size=300)[a] + .6 * np.log(x) * np.where(k < 2, 1, -.5)
        t = pd.DataFrame({"shop": [f"s{i}" for i in a], "kind": [f"k{i}" for i in k], "balance": x, "n": r.normal(size=n)})
        t.loc[r.uniform(size=n) < .1, "balance"] = np.nan
        t.loc[r.uniform(size=n) < .1, "kind"] = None
        return t, z
    if kind == "ratios":
        n = 6000
        b, s, c = r.lognormal(8, 1.5, n) * (r.uniform(size=n) > .3), r.lognormal(9, .8, n), r.poisson(2, n)
        t = pd.DataFrame({"balance": b.round(2), "salary": s.round(2), "products": c, "age": r.normal(40, 12, n).round(),
                          "country": r.choice(["FR", "DE", "ES"], n), "active": r.integers(0, 2, n)})
        z = -2.2 + 1.2 * (b / s > .5) - .8 * (c == 2) + 1.5 * (c >= 4) + .003 * (t.age - 40) ** 2 + .8 * (b == 0)
        return t, (z + .9 * ((t.country == "DE") & (t.active == 0)) - .5 * t.active).values
    if kind == "rare":
        x = r.normal(size=(12000, 12))
        return num(x), -5 + 1.2 * abs(x[:, 0]) + x[:, 1] * x[:, 2] + x[:, 3] + .7 * (x[:, 4] > 1)
    if kind == "small":
        x = r.normal(size=(500, 10))
        return num(x), 1.2 * x[:, 0] + 1.5 * abs(x[:, 1]) - 1.2 + x[:, 2] * x[:, 3]
    if kind == "wide":
        x = r.normal(size=(2000, 200))
        return num(x), x[:, :4] @ np.array([1, -1, .7, .7]) + 1.2 * abs(x[:, 6]) - 1 + x[:, 7] * x[:, 8]
    if kind == "steps":  # thresholds on skewed amounts
        x = r.lognormal(0, 2, size=(5000, 8))
        return num(x), -1 + 1.5 * (x[:, 0] > 1) - 1.5 * (x[:, 1] > 3) + 2 * (x[:, 2] < .3) + (x[:, 3] > .5) * 1. - (x[:, 3] > 5)
    if kind == "bowls":  # U shapes, one of them moved aside by a category
        x, k = r.normal(size=(5000, 8)), r.integers(0, 3, 5000)
        t = num(x)
        t["plan"] = np.array(["basic", "plus", "pro"])[k]
        return t, -2 + x[:, 0] ** 2 + .8 * (x[:, 1] - k + 1) ** 2 - .6 * x[:, 2] ** 2
    if kind == "xor":  # no column says anything alone
        x = r.uniform(size=(6000, 8))
        f = r.choice(["a", "b"], size=(6000, 2))
        t = num(x)
        t["f"], t["g"] = f[:, 0], f[:, 1]
        return t, -1 + 2.2 * ((x[:, 0] > .5) != (x[:, 1] > .5)) + 1.6 * (f[:, 0] != f[:, 1]) + x[:, 2]
    if kind == "threeway":
        x = r.normal(size=(8000, 8))
        return num(x), -1 + 1.5 * np.sign(x[:, 0] * x[:, 1] * x[:, 2]) + x[:, 3] + .8 * abs(x[:, 4])
    if kind == "shops":  # thousands of levels, an effect of the level and one of its group
        n = 20000
        a, g, x = (r.pareto(1.0, n) * 40).astype(int) % 3000, r.normal(size=40), r.normal(size=(n, 3))
        t = num(x)
        t["shop"] = [f"s{i}" for i in a]
        return t, -1 + .8 * r.normal(size=3000)[a] + g[a % 40] * x[:, 0]
    if kind == "noise":  # five of a hundred columns matter
        x = r.normal(size=(3000, 100))
        return num(x), -1 + 1.5 * abs(x[:, 0]) + x[:, 1] * x[:, 2] + x[:, 3] + 1.5 * (x[:, 4] > .8)
    if kind == "silent":  # missing where it matters, and the columns that say so
        n = 6000
        x = r.normal(size=(n, 6))
        z = -1 + x[:, 0] + 1.2 * (x[:, 1] > 0) * x[:, 2] + .8 * abs(x[:, 3])
        t = num(x.copy())
        t.loc[r.uniform(size=n) < sig(2 * x[:, 0] - 1), "x0"] = np.nan
        t.loc[r.uniform(size=n) < .3, "x2"] = np.nan
        gone = r.uniform(size=n) < .2
        t.loc[gone, ["x3", "x4", "x5"]] = np.nan
        return t, z + 1.5 * gone
    if kind == "tiny":
        x = r.normal(size=(200, 8))
        t = num(x)
        t["k"] = r.choice(["a", "b", "c", "d"], 200)
        return t, -.5 + 1.2 * x[:, 0] + abs(x[:, 1]) + .8 * (t.k == "a").values
    if kind == "scarce":  # one in a hundred
        x = r.normal(size=(30000, 10))
        return num(x), -6.2 + 1.2 * abs(x[:, 0]) + .8 * x[:, 1] * x[:, 2] + .9 * x[:, 3] + .8 * (x[:, 4] > 1)
    if kind == "large":
        n = 100000
        x, k = r.normal(size=(n, 12)), r.integers(0, 20, n)
        t = num(x)
        t["town"] = [f"t{i}" for i in k]
        z = -1.5 + np.sin(2 * x[:, 0]) + .8 * x[:, 1] * x[:, 2] + (x[:, 3] > .5) * (x[:, 4] > 0) * 1.5 + .6 * r.normal(size=20)[k]
        return t, z + .5 * x[:, 5] * np.where(k < 5, 1, -1) + .7 * x[:, 6] * x[:, 7]
    if kind == "messy":  # names, dates as text, free text, constants, repeated and nearly repeated columns
        n = 5000
        x = r.normal(size=(n, 4))
        day = r.integers(0, 900, n)
        t = num(x)
        t["code"] = [f"C-{i:06d}" for i in r.permutation(n)]
        t["since"] = (pd.Timestamp("2021-01-01") + pd.to_timedelta(day, unit="D")).strftime("%Y-%m-%d")
        t["note"] = [" ".join(r.choice(["late", "again", "fine", "called", "moved", "thanks", "price"], 6)) for _ in range(n)]
        t["one"], t["none"], t["x0 again"], t["x1 nearly"] = "same", np.nan, x[:, 0], x[:, 1] + .01 * r.normal(size=n)
        return t, -1 + 1.2 * abs(x[:, 0]) + x[:, 1] + 1.5 * (day > 700) + .8 * t.note.str.contains("price").values
    x, y = make_classification(6000, 20, n_informative=8, n_redundant=4, n_clusters_per_class=3, flip_y=.05, class_sep=.8, random_state=3)
    return num(x), np.where(y > 0, np.inf, -np.inf)

boosters = {
    "hist_gb": lambda: HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0),
    "hist_gb_small": lambda: HistGradientBoostingClassifier(categorical_features="from_dtype", learning_rate=.05, max_iter=300,
                                                            max_leaf_nodes=8, min_samples_leaf=30, random_state=0, early_stopping=False),
    "lightgbm": lambda: lgb.LGBMClassifier(n_estimators=200, learning_rate=.03, num_leaves=7, min_child_samples=40, subsample=.8,
                                           subsample_freq=1, colsample_bytree=.5, verbose=-1, n_jobs=int(sys.argv[2])),
}
result = {}
for kind in sys.argv[3:]:
    x, z = table(kind)
    y = (np.random.default_rng(5).uniform(size=len(z)) < sig(z)).astype(int)
    folds = list(StratifiedKFold(5, shuffle=True, random_state=42).split(x, y))
    fold = np.zeros(len(y), int)
    for i, (_, test) in enumerate(folds):
        fold[test] = i
    saved = x.copy()
    saved["left"] = np.where(y > 0, "Yes", "No")
    saved.insert(0, "id", np.arange(len(y)))
    saved.to_csv(f"{out}/table_{kind}.csv", index=False)
    pd.DataFrame({"id": saved.id, "fold": fold}).to_csv(f"{out}/table_{kind}_folds.csv", index=False)
    x = x.dropna(axis=1, how="all")
    for c in x.select_dtypes(exclude="number"):
        top = x[c].value_counts().index[:250]
        x[c] = x[c].where(x[c].isin(top)).astype("category")
    scores, start = {}, time.process_time()
    for name, make in boosters.items():
        p = np.zeros(len(y))
        for train, test in folds:
            p[test] = make().fit(x.iloc[train], y[train]).predict_proba(x.iloc[test])[:, 1]
        bins = np.array_split(np.argsort(p, kind="stable"), 10)
        error = sum(len(b) * abs(p[b].mean() - y[b].mean()) for b in bins) / len(y)
        scores[name] = (roc_auc_score(y, p), brier_score_loss(y, p), error)
    result[kind] = {"auc": max(s[0] for s in scores.values()), "brier": min(s[1] for s in scores.values()),
                    "calibration_error": min(s[2] for s in scores.values()),
                    "cpu": (time.process_time() - start) / len(boosters)}
print(json.dumps(result))
'''


def peers(bench):
    kinds = KINDS[:3] if bench.args.quick else KINDS
    script = bench.out / "tables_peers.py"
    script.write_text(SCRIPT)
    text = bench.peer("venv-tables", script, bench.out, bench.args.threads, *kinds)
    found = json.loads(text.splitlines()[-1])
    figures = {f"{kind}_{key}": value for kind, keys in found.items() for key, value in keys.items() if key != "cpu"}
    return {"cpu_seconds": sum(v["cpu"] for v in found.values()), **figures}


def ours(bench):
    kinds = KINDS[:3] if bench.args.quick else KINDS
    if not all((bench.out / f"table_{kind}.csv").exists() for kind in kinds):
        peers(bench)
    figures, cpu = {}, 0.0
    for kind in kinds:
        table = bench.out / f"table_{kind}"
        result = bench.ours("churn", f"{table}.csv", "--target", "left", "--positive", "Yes", "--id", "id",
                            "--folds", f"{table}_folds.csv")
        figures.update({f"{kind}_auc": result["auc"], f"{kind}_brier": result["brier"],
                        f"{kind}_calibration_error": result["calibration_error"]})
        cpu += result["cpu_seconds"]
    return {"cpu_seconds": cpu, **figures}


def measurements(bench):
    return {"regulars": ours, "boosting": peers}


def summary(medians, bench):
    kinds = KINDS[:3] if bench.args.quick else KINDS
    gaps = {kind: round(medians["boosting"][f"{kind}_auc"] - medians["regulars"][f"{kind}_auc"], 4) for kind in kinds}
    return {"gap": gaps, "largest_gap": max(gaps.values())}

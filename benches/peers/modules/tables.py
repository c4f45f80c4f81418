"""Churn tables with curves, interactions, rare and missing values: `auto` against gradient boosting, five folds out of fold.

Every table is drawn here from a fixed seed; scikit-learn's and LightGBM's boosters run on the same folds with categories
as categories. `gap` is the best booster's AUC less ours: above 0, boosting is sharper.
"""
import json

KINDS = ("curves", "pairs", "rules", "levels", "ratios", "rare", "small", "wide", "clusters")

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
    for c in x.select_dtypes(exclude="number"):
        top = x[c].value_counts().index[:250]
        x[c] = x[c].where(x[c].isin(top)).astype("category")
    scores, start = {}, time.process_time()
    for name, make in boosters.items():
        p = np.zeros(len(y))
        for train, test in folds:
            p[test] = make().fit(x.iloc[train], y[train]).predict_proba(x.iloc[test])[:, 1]
        scores[name] = (roc_auc_score(y, p), brier_score_loss(y, p))
    result[kind] = {"auc": max(s[0] for s in scores.values()), "brier": min(s[1] for s in scores.values()),
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
        figures.update({f"{kind}_auc": result["auc"], f"{kind}_brier": result["brier"]})
        cpu += result["cpu_seconds"]
    return {"cpu_seconds": cpu, **figures}


def measurements(bench):
    return {"regulars": ours, "boosting": peers}


def summary(medians, bench):
    kinds = KINDS[:3] if bench.args.quick else KINDS
    gaps = {kind: round(medians["boosting"][f"{kind}_auc"] - medians["regulars"][f"{kind}_auc"], 4) for kind in kinds}
    return {"gap": gaps, "largest_gap": max(gaps.values())}

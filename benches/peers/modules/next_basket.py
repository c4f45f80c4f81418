"""Next items, last basket held out: ours against the package implicit and the TIFU-KNN script (venv-recs)."""
import re


def add_arguments(parser):
    parser.add_argument("--set", choices=["ta-feng-baskets", "online-retail"], default="ta-feng-baskets")


def ours(bench):
    name = bench.args.set
    file = bench.data / name / {"ta-feng-baskets": "ta_feng_baskets.csv.gz", "online-retail": "online_retail.csv.gz"}[name]
    r = bench.ours("next_basket", file, "--folds", bench.data / name / "folds.csv.gz")
    return {"recall_at_10": r["recall_at_10"], "ndcg_at_10": r["ndcg_at_10"], "us_per_customer": r["us_per_customer_batch"],
            "fit_cpu_seconds": r["fit_cpu_seconds"], "us_single_p50": r["us_single_p50"]}


def peer(method):
    def measure(bench):
        folds = ["--folds", 1] if bench.args.quick else []
        text = bench.peer("venv-recs", "next_basket.py", bench.args.set, "--methods", method, "--out", bench.out, *folds)
        found = re.search(r"R@10 ([\d.]+).*N@10 ([\d.]+).* (\d+) us/customer", text)
        recall, ndcg, us = map(float, found.groups())
        return {"recall_at_10": recall, "ndcg_at_10": ndcg, "us_per_customer": us}
    return measure


def measurements(bench):
    peers = ["GP-TopFreq", "TIFUKNN tuned", "UP-CF", "implicit cosine", "implicit BM25"]
    return {"regulars": ours, **{name: peer(name) for name in peers}}


def summary(medians, bench):
    mine = medians["regulars"]["us_per_customer"]
    return {"us_ratio": {name: round(m["us_per_customer"] / mine, 1) for name, m in medians.items() if name != "regulars"}}

"""Profile merging on labelled sets: ours, one default call, against Splink 5 on DuckDB with settings made for each set."""
import json

SETS = {
    "febrl1": (["febrl/febrl1.csv.gz"], "entity_id", []),
    "febrl2": (["febrl/febrl2.csv.gz"], "entity_id", []),
    "febrl4": (["febrl/febrl4a.csv.gz", "febrl/febrl4b.csv.gz"], "entity_id", ["--link"]),
    "fake_1000": (["splink_fake_1000/fake_1000.csv.gz"], "cluster", []),
    "crm_200k": (["crm_synth/crm_200k.csv.gz"], "cluster", []),
    "zh_norm": (["crm_zh_synth/crm_zh_20k.csv.gz"], "entity_id", []),
}


def add_arguments(parser):
    parser.add_argument("--set", default="crm_200k", choices=sorted(SETS))


def chosen(bench):
    return "fake_1000" if bench.args.quick else bench.args.set


def ours(bench):
    files, truth, more = SETS[chosen(bench)]
    result = bench.ours("resolve", *[bench.data / f for f in files], "--truth", truth, *more)
    keys = ("cpu_seconds", "f1", "precision", "recall", "blocking_recall", "pairs_scored", "largest_profile", "peak_rss_mb")
    return {key: result[key] for key in keys}


def splink(bench):
    bench.peer("venv-link", "splink_link.py", chosen(bench), "--threads", bench.args.threads, "--out", bench.out)
    result = json.loads((bench.out / f"splink_{chosen(bench)}_prob.json").read_text())
    total = result["phases"]["TOTAL"]
    half, strict, best = result["cluster@0.5"], result["cluster@0.95"], result["best_cluster"]
    return {
        # The script's total holds the loading of the files; ours does not.
        "cpu_seconds": round(total["cpu"] - result["phases"]["load"]["cpu"], 2),
        "f1": half["F1"], "f1_at_95": strict["F1"], "f1_best_threshold_known": best["F1"],
        "blocking_recall": result["blocking_recall"], "pairs_scored": result["pairs_scored"],
        "largest_profile": half["largest"], "peak_rss_mb": total["rss"],
    }


def measurements(bench):
    return {"regulars": ours, "splink": splink}

"""Profile merging on labelled sets: ours, one default call, against Splink 5 on DuckDB with settings made for each set."""
import csv
import gzip
import json

SETS = {
    "febrl1": (["febrl/febrl1.csv.gz"], "entity_id", []),
    "febrl2": (["febrl/febrl2.csv.gz"], "entity_id", []),
    "febrl4": (["febrl/febrl4a.csv.gz", "febrl/febrl4b.csv.gz"], "entity_id", ["--link"]),
    "fake_1000": (["splink_fake_1000/fake_1000.csv.gz"], "cluster", []),
    "crm_200k": (["crm_synth/crm_200k.csv.gz"], "cluster", []),
    "zh_norm": (["crm_zh_synth/crm_zh_20k.csv.gz"], "entity_id", []),
    # The recipe of crm_200k, written by the example `simulate`: 546,000 customers make about 1,030,000 records.
    "simulated": (["crm_synth/crm_200k.csv.gz"], "cluster", []),
}
# Columns of the simulated records under the names of crm_200k, which the peer's script reads.
COLUMNS = {"unique_id": None, "cluster": "person", "first_name": "given_name", "surname": "family_name", "dob": "birth_date",
           "email": "email", "phone": "phone", "address": "address", "city": "city", "postcode": "postcode", "source": "source"}


def add_arguments(parser):
    parser.add_argument("--set", default="crm_200k", choices=sorted(SETS))
    parser.add_argument("--customers", type=int, default=546_000, help="of the simulated set")


def chosen(bench):
    return "fake_1000" if bench.args.quick else bench.args.set


def simulate(bench):
    """Writes the simulated set once, where the peer's script looks for crm_200k, and makes that the folder of data."""
    folder = bench.out / f"simulated_{bench.args.customers}"
    target = folder / "crm_synth" / "crm_200k.csv.gz"
    if not target.exists():
        bench.ours("simulate", "--customers", bench.args.customers, "--files", "labelled", "--out", folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(folder / "labelled.csv", newline="") as read, gzip.open(target, "wt", compresslevel=1, newline="") as write:
            rows = csv.writer(write)
            rows.writerow(COLUMNS)
            for number, row in enumerate(csv.DictReader(read)):
                rows.writerow([row[name] if name else number for name in COLUMNS.values()])
    bench.data = folder


def ours(bench):
    if chosen(bench) == "simulated":
        simulate(bench)
    files, truth, more = SETS[chosen(bench)]
    result = bench.ours("resolve", *[bench.data / f for f in files], "--truth", truth, *more)
    keys = ("cpu_seconds", "f1", "precision", "recall", "blocking_recall", "pairs_scored", "largest_profile", "peak_rss_mb")
    return {key: result[key] for key in keys}


def splink(bench):
    name = chosen(bench)
    if name == "simulated":
        simulate(bench)
        name = "crm_200k"
    bench.peer("venv-link", "splink_link.py", name, "--threads", bench.args.threads, "--out", bench.out)
    result = json.loads((bench.out / f"splink_{name}_prob.json").read_text())
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

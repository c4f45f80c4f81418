"""Association rules of pairs on Online Retail's invoices: ours against mlxtend's fpgrowth (venv-recs), figures and rules."""
import csv
import re


def add_arguments(parser):
    parser.add_argument("--min-support", type=float, default=0.01)


def file(bench):
    return bench.data / "online-retail" / "online_retail.csv.gz"


def ours(bench):
    # Without prices: mlxtend's orders hold what cost nothing, too.
    out = bench.out / "rules_ours.csv"
    r = bench.ours("rules", file(bench), "--columns", "price=", "--min-support", bench.args.min_support, "--out", out)
    return {"cpu_seconds": r["cpu_seconds"], "rules": r["rules"], "orders": r["orders"], "rss_mb": r["peak_rss_mb"]}


def mlxtend(bench):
    baskets = ["--baskets", 5_000] if bench.args.quick else []
    text = bench.peer("venv-recs", "rules.py", "--min-support", bench.args.min_support, "--out", bench.out, *baskets)
    found = re.search(r"baskets=(\d+).* rules=(\d+).*mine=([\d.]+) rules=([\d.]+) rss=(\d+)MiB", text)
    orders, rules, mine, make, rss = found.groups()
    return {"cpu_seconds": float(mine) + float(make), "rules": int(rules), "orders": int(orders), "rss_mb": float(rss)}


def measurements(bench):
    return {"regulars": ours, "mlxtend": mlxtend}


def rules(path):
    with open(path, newline="", encoding="utf-8") as lines:
        return {(r["antecedent"], r["consequent"]): [float(r[m]) for m in ("support", "confidence", "lift")]
                for r in csv.DictReader(lines)}


def summary(medians, bench):
    mine, theirs = rules(bench.out / "rules_ours.csv"), rules(bench.out / "rules_pairs.csv")
    both = mine.keys() & theirs.keys()
    largest = max((abs(a - b) / abs(b) for pair in both for a, b in zip(mine[pair], theirs[pair])), default=0.0)
    return {"only_ours": len(mine.keys() - both), "only_theirs": len(theirs.keys() - both), "largest_relative_difference": largest}

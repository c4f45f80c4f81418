"""Lifetime value of simulated customers (1,000,000; Pareto/NBD 100,000): ours against lifetimes on the same histories."""
import re
import struct


def customers(bench, pareto=False):
    if bench.args.quick:
        return 20_000
    return 100_000 if pareto else 1_000_000


def summary_file(bench, n):
    """The peer's histories as the table our example reads."""
    source, target = bench.out / f"ltv_n{n}.f64", bench.out / f"ltv_n{n}.csv"
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        with open(target, "w") as table:
            table.write("frequency,recency,T,monetary_value\n")
            for x, t_x, t, m in struct.iter_unpack("<4d", source.read_bytes()):
                table.write(f"{x:.0f},{t_x!r},{t!r},{m!r}\n")
    return target


def ours(bench):
    figures = {}
    for model, pareto in (("bg_nbd", False), ("pareto_nbd", True)):
        result = bench.ours("ltv", "--summary", summary_file(bench, customers(bench, pareto)), "--model", model)
        stages = result["stages"]
        if pareto:
            figures["pareto_fit_cpu_seconds"] = stages["fit"]
        else:
            names = {"fit": "bg_fit", "spend": "spend_fit", "predict": "predict", "clv": "clv"}
            figures.update({f"{names[stage]}_cpu_seconds": seconds for stage, seconds in stages.items()})
            figures["parameters"] = [round(v, 4) for v in result["parameters"].values()]
    return figures


def lifetimes(bench):
    figures = {}
    steps = {
        "BG/NBD fit": "bg_fit", "Gamma-Gamma fit": "spend_fit", "12-month CLV": "clv",
        "BG/NBD expected purchases, 39 weeks": "predict", "BG/NBD P(alive)": "alive", "Pareto/NBD fit": "pareto_fit",
    }
    for pareto in (False, True):
        n = customers(bench, pareto)
        extra = ["--pareto"] if pareto else []
        text = bench.peer("venv-ltv", "ltv.py", "--simulate", n, *extra, "--out", bench.out)
        for step, cpu in re.findall(r"^n=\d+ (.+): wall=\S+ cpu=([\d.]+)", text, re.MULTILINE):
            name = steps.get(step)
            if name and (name == "pareto_fit") == pareto:
                figures[f"{name}_cpu_seconds"] = float(cpu)
    # Our one pass gives both.
    figures["predict_cpu_seconds"] = round(figures["predict_cpu_seconds"] + figures.pop("alive_cpu_seconds"), 3)
    return figures


def measurements(bench):
    for pareto in (False, True):
        n = customers(bench, pareto)
        if not (bench.out / f"ltv_n{n}.f64").exists():
            bench.peer("venv-ltv", "ltv.py", "--simulate", n, "--out", bench.out)
    return {"regulars": ours, "lifetimes": lifetimes}

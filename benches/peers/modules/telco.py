"""Churn on the IBM Telco table, five fixed folds, pooled out of fold: ours against scikit-learn and LightGBM.

`cpu_seconds` is that of the five fits.
"""
import re


def ours(model):
    def measure(bench):
        folder = bench.data / "telco-churn"
        result = bench.ours("churn", folder / "telco_customer_churn.csv", "--target", "Churn", "--positive", "Yes", "--id", "customerID",
                            "--folds", folder / "folds.csv", "--model", model)
        return {key: result[key] for key in ("cpu_seconds", "auc", "pr_auc", "brier", "lift_at_10", "calibration_error")}
    return measure


def peer(name):
    def measure(bench):
        text = bench.peer("venv-tables", "telco.py", "--threads", bench.args.threads, "--out", bench.out)
        line = next(line for line in text.splitlines() if line.split()[:1] == [name])
        figures = dict(re.findall(r"(\w+)=([\d.]+)", line))
        keys = {"cpu_seconds": "cpu", "auc": "AUC", "pr_auc": "PRAUC", "brier": "Brier", "lift_at_10": "lift10", "calibration_error": "ECE10"}
        return {key: float(figures[own]) for key, own in keys.items()}
    return measure


def measurements(bench):
    peers = ("logistic", "hist_gb", "lightgbm", "logistic_engineered")
    return {"regulars": ours("auto"), "regulars_plain": ours("plain"), **{name: peer(name) for name in peers}}

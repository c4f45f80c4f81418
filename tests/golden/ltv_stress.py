"""Stress grid of lifetime models at 70 digits; see MAKING.md. usage: python ltv_stress.py CASES_PER_MODEL [SEED] > grid.json"""
import json, random, sys
from mpmath import mp, mpf, log, exp, gamma, loggamma, expm1, log1p
mp.dps = 80
random.seed(int(sys.argv[2]) if len(sys.argv) > 2 else 7)
N = 60
def legendre(n):
    nodes = []
    for i in range(n):
        z = mp.cos(mp.pi * (i + mpf(3) / 4) / (n + mpf(1) / 2))
        for _ in range(12):
            p, q = mpf(1), mpf(0)
            for j in range(n):
                p, q = ((2 * j + 1) * z * p - j * q) / (j + 1), p
            d = n * (z * p - q) / (z * z - 1)
            dz = p / d
            z -= dz
            if abs(dz) < mpf(10) ** -76: break
        nodes.append(((1 - z) / 2, 1 / ((1 - z * z) * d * d)))
    return nodes
RULE = legendre(N)
def integrate(lnf, lo, hi, scale, steep):
    """Integral of exp(lnf - lnf(lo)): panels within which lnf moves by at most 8, no longer than half the distance of the singularity."""
    base = lnf(lo); u = lo; total = mpf(0)
    while u < hi:
        w = min(hi - u, scale(u) / 2, 8 / steep(u))
        w = min(w, 8 / steep(u + w))
        part = w * sum(q * exp(lnf(u + w * n) - base) for n, q in RULE)
        total += part
        u += w
        if total > 0 and part < total * mpf(10) ** -75 and exp(lnf(u) - base) * (hi - u) < total * mpf(10) ** -72: break
    return base, total
def rising(a, n): return loggamma(a + n) - loggamma(a)
def by_coin(a, b, R, z):
    """Mean over p ~ Beta(a, b) of (1 - (1 + p z)^-R) / p: trapezoids in ln(p / (1 - p)), geometric tails in closed form."""
    tiny = mpf(10) ** -68
    h = min(mpf(4) / 100, mpf(3) / 10 * mp.sqrt(1 / a + 1 / b))
    top = log(a / b); lead = a * top - (a + b) * log1p(exp(top)); mass = total = mpf(0)
    left = -(160 + log(max(R * z, a + b, 1))); right = 160 + log(max(a + b, 2))
    for sign in (-1, 1):
        k = 0 if sign < 0 else 1
        while True:
            w = top + sign * k * h; e = exp(w); p = e / (1 + e)
            d = exp(a * w - (a + b) * log1p(e) - lead); f = -expm1(-R * log1p(p * z)) / p
            end = w <= left if sign < 0 else w >= right
            if end:
                q = 1 / -expm1(-(a if sign < 0 else b) * h); mass += d * q; total += d * f * q; break
            mass += d; total += d * f
            if d < tiny * mass and d * f < tiny * total: break
            k += 1
    return total / mass
def coin(mbg, P, x, tx, T, t):
    r, al, a, b = P; n = x + (1 if mbg else 0); R = r + x
    lo = -mp.inf if n == 0 else log(a / (b + n - 1)) + R * log((al + T) / (al + tx))
    og = exp(lo) if n else mpf(0)
    ll = rising(r, x) + r * log(al) - R * log(al + T) + rising(b, n) - rising(a + b, n) + log1p(og)
    alive = 1 / (1 + og); z = t / (al + T); B = b + n
    e = by_coin(a, B, R, z)
    return ll, alive, alive * e
def leaving(P, x, tx, T, t, lnS, lnf, scale, steep, life):
    r, al = P[:2]; R = r + x
    if T > tx:
        base, I = integrate(lambda u: lnf(u) - R * log1p((u - tx) / (al + tx)), tx, T, lambda u: min(scale(u), al + u), lambda u: steep(u) + R / (al + u))
        gone = exp(base) * I
    else: gone = mpf(0)
    stay = exp(lnS(T) - R * log1p((T - tx) / (al + tx)))
    ll = rising(r, x) + r * log(al) - R * log(al + tx) + log(stay + gone)
    alive = 1 / (1 + gone / stay)
    return ll, alive, alive * R / (al + T) * life()
def pareto(P, x, tx, T, t):
    r, al, s, be = P
    lnS = lambda u: -s * log1p(u / be)
    lnf = lambda u: lnS(u) + log(s) - log(be + u)
    B = be + T
    life = lambda: B * log1p(t / B) if s == 1 else B * expm1((1 - s) * log1p(t / B)) / (1 - s)
    return leaving(P, x, tx, T, t, lnS, lnf, lambda u: be + u, lambda u: (s + 1) / (be + u), life)
def gompertz(P, x, tx, T, t):
    r, al, b, s, be = P
    lnG = lambda u: log1p(expm1(b * u) / be)
    lnS = lambda u: -s * lnG(u)
    lnf = lambda u: log(s * b / be) + b * u - (s + 1) * lnG(u)
    share = lambda u: 1 / (1 + (be - 1) * exp(-b * u))
    def scale(u): return (3 / b) if be >= 1 else min(3 / b, u - log(1 - be) / b)
    steep = lambda u: b * max(mpf(1) / 1000, 1 + (s + 1) * share(u))
    def life():
        base, I = integrate(lnS, T, T + t, scale, lambda u: s * b * max(share(u), mpf(1) / 1000) + mpf(10) ** -9)
        return I
    return leaving(P, x, tx, T, t, lnS, lnf, scale, steep, life)
MODELS = {"BG/NBD": lambda *q: coin(False, *q), "MBG/NBD": lambda *q: coin(True, *q), "Pareto/NBD": pareto, "GGompertz/NBD": gompertz}
def pick(*v): return random.choice(v)
def case(model):
    x = pick(0, 0, 1, 2, 7, 60, 1000, 10**6)
    T = pick(0.0, 1e-3, 1.0, 38.86, 39.0, 520.0, 3650.0, 20000.0)
    tx = 0.0 if x == 0 else pick(T, 0.0, T * random.random(), T * 0.999999)
    t = pick(1e-6, 1.0, 39.0, 52.0, 3650.0, 30000.0)
    r = pick(0.01, 0.243, 0.553, 1.0, 3.0, 40.0)
    al = pick(0.01, 1.0, 4.414, 10.578, 300.0)
    if model in ("BG/NBD", "MBG/NBD"):
        a = pick(0.01, 0.2, 0.793, 1.0, 1.0 + 1e-9, 1.0 - 1e-12, 1.5, 20.0, 1e3); b = pick(0.01, 0.3, 1.0, 2.426, 1e3)
        P = [r, al, a, b]
    else:
        be = pick(al, 0.01, 1.0, 11.669, 1e3) ; s = pick(0.01, 0.606, 1.0, 1.0 + 1e-10, 2.0, 15.0)
        P = [r, al, s, be]
        if model[0] == "G":
            bb = pick(1e-6, 1e-3, 0.05, 0.5); be = pick(1e-5, 0.1, 1.0, 1.0 + 1e-9, 3.0, 1e3)
            s = pick(0.05, 0.606, 1.0, 4.0); P = [r, al, bb, s, be]
            T = min(T, 300 / bb); tx = min(tx, T); t = min(t, 300 / bb)
    return dict(model=model, params=P, x=x, t_x=tx, T=T, t=t)
print("[", flush=True); first = True
per = int(sys.argv[1])
for model, f in MODELS.items():
    for _ in range(per):
        c = case(model)
        try:
            v = f([mpf(p) for p in c["params"]], mpf(c["x"]), mpf(c["t_x"]), mpf(c["T"]), mpf(c["t"]))
        except Exception as e:
            print("skip", c, repr(e)[:80], file=sys.stderr); continue
        print(("" if first else ",") + json.dumps(dict(c, truth=[mp.nstr(q, 20) for q in v])), flush=True); first = False
print("]")

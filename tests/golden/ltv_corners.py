"""Cases from the corners of the domain of the lifetime models, evaluated by interval arithmetic of 220 bits (python-flint).

    python ltv_corners.py SEED SECONDS OUT.json            log-likelihood, P(alive), expected purchases
    python ltv_corners.py SEED SECONDS OUT.json further    discounted purchases (continuous rate), P(n purchases)

No formula is shared with the library where it matters: trapezoid sums over ln(p / (1 - p)) of a step a fourth of the library's,
panels of 40 nodes, discounted purchases of the coin models by exponential integrals.
"""
import sys, random, json, time
from flint import arb, ctx
ctx.prec = 220
seed, seconds, out = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
further = len(sys.argv) > 4
random.seed(seed)
N = 40
mpf = arb
def A(v): return v if isinstance(v, arb) else arb(v)
def log(v): return A(v).log()
def exp(v): return A(v).exp()
def log1p(v): return A(v).log1p()
def expm1(v): return A(v).expm1()
def loggamma(v): return A(v).lgamma()
def lt(a, b): return float(A(a).mid()) < float(A(b).mid()) if abs(float(A(a).mid())) > 1e-300 and abs(float(A(a).mid()))<1e300 else A(a).mid() < A(b).mid()
def amin(*v):
    m = A(v[0]).mid()
    for w in v[1:]:
        w = A(w).mid()
        if w < m: m = w
    return m
def amax(*v):
    m = A(v[0]).mid()
    for w in v[1:]:
        w = A(w).mid()
        if w > m: m = w
    return m
def legendre(n):
    r = []
    for i in range(n):
        z, w = arb.legendre_p_root(n, i, weight=True)
        r.append(((1 - z) / 2, w / 2))
    return r
RULE = legendre(N)
class Slow(Exception): pass
def integrate(lnf, lo, hi, scale, steep, floor=lambda u: 0):
    base = lnf(lo); u = A(lo).mid(); hi = A(hi).mid(); total = mpf(0); k = 0
    while u < hi:
        k += 1
        if k > 400: raise Slow()
        w = amin(hi - u, scale(u) / 2, 8 / steep(u))
        w = amin(w, 8 / steep(u + w))
        part = w * sum(q * exp(lnf(u + w * n) - base) for n, q in RULE)
        total += part
        u = (u + w).mid()
        if total > 0 and part < total * mpf(10) ** -34 and exp(lnf(u) - base) * (hi - u) < total * mpf(10) ** -30 and floor(u) == 0: break
    return base, total
def rising(a, n): return loggamma(a + n) - loggamma(a)
def by_coin(a, b, R, z):
    tiny = mpf(10) ** -32
    h = amin(mpf(7) / 100, mpf(35) / 100 * (1 / a + 1 / b).sqrt())
    top = log(a / b).mid(); lead = a * top - (a + b) * log1p(exp(top)); mass = total = mpf(0)
    left = -(80 + log(amax(R * z, a + b, 1))); right = 80 + log(amax(a + b, 2))
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
            if k > 60000: raise Slow()
    return total / mass
def coin(mbg, P, x, tx, T, t):
    r, al, a, b = P; n = x + (1 if mbg else 0); R = r + x
    lo = None if n == 0 else log(a / (b + n - 1)) + R * log((al + T) / (al + tx))
    og = mpf(0) if n == 0 else exp(lo)
    ll = rising(r, x) + r * log(al) - R * log(al + T) + rising(b, n) - rising(a + b, n) + log1p(og)
    alive = 1 / (1 + og); z = t / (al + T); B = b + n
    e = by_coin(a, B, R, z)
    return ll, alive, alive * e
def leaving(P, x, tx, T, t, lnS, lnf, scale, steep, life):
    r, al = P[:2]; R = r + x
    if T > tx:
        base, I = integrate(lambda u: lnf(u) - R * log1p((u - tx) / (al + tx)), tx, T, lambda u: amin(scale(u), al + u), lambda u: steep(u) + R / (al + u))
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
    def scale(u): return (3 / b) if be >= 1 else amin(3 / b, u - log(1 - be) / b)
    steep = lambda u: b * amax(mpf(1) / 1000, 1 + (s + 1) * share(u))
    rises = lambda u: 1 if be > 1 and (s + 1) * share(u) < 1.5 else 0
    def life():
        base, I = integrate(lnS, T, T + t, scale, lambda u: s * b * amax(share(u), mpf(1) / 1000) + mpf(10) ** -9)
        return I
    if T > tx:
        R = r + x
        base, I = integrate(lambda u: lnf(u) - R * log1p((u - tx) / (al + tx)), tx, T, lambda u: amin(scale(u), al + u), lambda u: steep(u) + R / (al + u), rises)
        gone = exp(base) * I
    else: gone = mpf(0); R = r + x
    stay = exp(lnS(T) - R * log1p((T - tx) / (al + tx)))
    ll = rising(r, x) + r * log(al) - R * log(al + tx) + log(stay + gone)
    alive = 1 / (1 + gone / stay)
    return ll, alive, alive * R / (al + T) * life()
VALUES = {"BG/NBD": lambda *q: coin(False, *q), "MBG/NBD": lambda *q: coin(True, *q), "Pareto/NBD": pareto, "GGompertz/NBD": gompertz}
def pick(*v): return random.choice(v)
def lu(lo, hi): return float('%.6g' % (10 ** random.uniform(lo, hi)))
def case(model):
    x = pick(0, 0, 1, 2, 3, 7, 26, 60, 299, 1000, 30000, 10**5, 10**6, int(lu(0, 6)))
    T = pick(0.0, 1e-3, 1.0, 38.86, 39.0, 520.0, 3650.0, 20000.0, lu(-6, 5), lu(0, 4.6), lu(0, 4.6))
    if x and T == 0: T = lu(-3, 4)
    tx = 0.0 if x == 0 else pick(T, T, 0.0, T * random.random(), T * random.random(), T * 0.999999, T * (1 - 1e-12), T * 1e-9, max(T - 1, 0))
    t = pick(1e-9, 1e-6, 1.0, 39.0, 52.0, 365.0, 3650.0, 30000.0, 1e6, lu(-9, 6), lu(-1, 4.5))
    r = pick(1e-6, 0.01, 0.243, 0.553, 1.0, 3.0, 40.0, 1e3, lu(-6, 4), lu(-2, 2), lu(-2, 2))
    al = pick(1e-6, 0.01, 1.0, 4.414, 10.578, 300.0, 1e4, 1e6, lu(-6, 6), lu(-2, 3), lu(-2, 3))
    if model in ("BG/NBD", "MBG/NBD"):
        f = lambda: pick(1e-6, 0.01, 0.2, 0.5, 0.793, 1.0, 1.0, 1.0 + 1e-9, 1.0 - 1e-12, 1 + 1e-15 * 4, 1.5, 2.0, 2.426, 20.0, 1e3, 1e5, lu(-6, 5), lu(-2, 2), lu(-2, 2))
        return dict(model=model, params=[r, al, f(), f()], x=x, t_x=tx, T=T, t=t)
    be = pick(al, al, al * (1 + 1e-12), 1e-6, 0.01, 1.0, 11.669, 1e3, 1e6, lu(-6, 6), lu(-2, 3))
    s = pick(1e-6, 0.01, 0.606, 1.0, 1.0, 1.0 + 1e-10, 1 - 1e-13, 2.0, 15.0, 1e3, lu(-6, 3), lu(-2, 2))
    P = [r, al, s, be]
    if model[0] == "G":
        bb = pick(1e-8, 1e-6, 1e-3, 0.05, 0.5, 3.0, lu(-8, 1), lu(-3, 0)); be = pick(1e-6, 1e-5, 0.1, 1.0, 1.0 + 1e-9, 1 - 1e-9, 3.0, 1e3, 1e6, lu(-6, 6), lu(-2, 2))
        s = pick(1e-6, 0.05, 0.606, 1.0, 4.0, 1e2, lu(-6, 2), lu(-2, 1)); P = [r, al, bb, s, be]
        cap = pick(30, 300, 3000, 1e5) / bb
        T = min(T, cap); tx = min(tx, T); t = min(t, cap)
    return dict(model=model, params=P, x=x, t_x=tx, T=T, t=t)

def betamean(a, b, f):
    """mean over p ~ Beta(a, b) of f(p): trapezoids in logit p"""
    tiny = mpf(10) ** -30
    h = amin(mpf(7) / 100, mpf(35) / 100 * (1 / a + 1 / b).sqrt())
    top = log(a / b).mid(); lead = a * top - (a + b) * log1p(exp(top)); mass = total = mpf(0)
    for sign in (-1, 1):
        k = 0 if sign < 0 else 1
        while True:
            w = top + sign * k * h; e = exp(w); p = e / (1 + e)
            d = exp(a * w - (a + b) * log1p(e) - lead); v = f(p)
            mass += d; total += d * v
            if d < tiny * mass and d * v < tiny * total: break
            k += 1
            if k > 6000: raise Slow()
    return total / mass
def coinx(mbg, P, x, tx, T, t, rate, n):
    r, al, a, b = P; m = x + (1 if mbg else 0); R = r + x
    og = mpf(0) if m == 0 else exp(log(a / (b + m - 1)) + R * log((al + T) / (al + tx)))
    alive = 1 / (1 + og); B = b + m; Am = al + T
    def der(p):
        w = rate * Am / p
        return R / p * exp(w) * w.expint(R + 1)
    dert = alive * betamean(a, B, der)
    z = t / Am
    lnp = lambda j: rising(R, j) - loggamma(j + 1) - R * log1p(z) + j * log(z / (1 + z))
    if n == 0: pm = (1 - alive) + alive * exp(-R * log1p(z))
    else:
        atleast = 1 - sum(exp(lnp(mpf(j))) for j in range(n))
        stay = exp(rising(B, mpf(n)) - rising(a + B, mpf(n)))
        leave = exp(rising(B, mpf(n - 1)) - rising(a + B, mpf(n - 1))) * a / (a + B + n - 1)
        pm = alive * (exp(lnp(mpf(n))) * stay + leave * atleast)
    return dert, pm
def clockx(P, x, tx, T, t, rate, n, lnS, lnf, scale, steep):
    r, al = P[:2]; R = r + x
    if T > tx:
        base, I = integrate(lambda u: lnf(u) - R * log1p((u - tx) / (al + tx)), tx, T, lambda u: amin(scale(u), al + u), lambda u: steep(u) + R / (al + u))
        gone = exp(base) * I
    else: gone = mpf(0)
    stay = exp(lnS(T) - R * log1p((T - tx) / (al + tx)))
    alive = 1 / (1 + gone / stay)
    s0 = lnS(T); Am = al + T
    base, I = integrate(lambda u: lnS(T + u) - s0 - rate * u, mpf(0), 90 / rate, lambda u: scale(T + u), lambda u: steep(T + u) + rate)
    dert = alive * R / Am * exp(base) * I
    lnZ = lambda u: rising(R, mpf(n)) - loggamma(mpf(n + 1)) - R * log1p(u / Am) + (n * log((u / Am) / (1 + u / Am)) if n else mpf(0))
    tot = exp(lnS(T + t) - s0 + lnZ(t))
    # leaving on the way: panels from tiny u upwards in octaves
    u = t * mpf(10) ** -40; k = 0
    while u < t:
        k += 1
        if k > 3000: raise Slow()
        w = amin(t - u, u / 2, scale(T + u) / 2, 8 / (steep(T + u) + R / (Am + u)))
        w = amin(w, 8 / (steep(T + u + w) + R / (Am + u)), u * 8 / (n + 1))
        tot += w * sum(q * exp(lnf(T + u + w * nn) - s0 + lnZ(u + w * nn)) for nn, q in RULE)
        u = (u + w).mid()
        if exp(lnS(T + u) - s0 + lnZ(u)) * t * steep(T+u) < tot * mpf(10) ** -25 and n == 0: break
    pm = alive * tot + (1 - alive if n == 0 else 0)
    return dert, pm
def paretox(P, x, tx, T, t, rate, n):
    r, al, s, be = P
    lnS = lambda u: -s * log1p(u / be)
    lnf = lambda u: lnS(u) + log(s) - log(be + u)
    return clockx(P, x, tx, T, t, rate, n, lnS, lnf, lambda u: be + u, lambda u: (s + 1) / (be + u))
def gomx(P, x, tx, T, t, rate, n):
    r, al, b, s, be = P
    lnG = lambda u: log1p(expm1(b * u) / be)
    lnS = lambda u: -s * lnG(u)
    lnf = lambda u: log(s * b / be) + b * u - (s + 1) * lnG(u)
    share = lambda u: 1 / (1 + (be - 1) * exp(-b * u))
    def scale(u): return (3 / b) if be >= 1 else amin(3 / b, u - log(1 - be) / b)
    return clockx(P, x, tx, T, t, rate, n, lnS, lnf, scale, lambda u: b * amax(mpf(1) / 1000, 1 + (s + 1) * share(u)))
FURTHER = {"BG/NBD": lambda *q: coinx(False, *q), "MBG/NBD": lambda *q: coinx(True, *q), "Pareto/NBD": paretox, "GGompertz/NBD": gomx}
def further_case(model):
    x = pick(0, 0, 1, 2, 3, 7, 26, 299, 1000)
    T = pick(1.0, 38.86, 39.0, 520.0, 3650.0, lu(-1, 4))
    tx = 0.0 if x == 0 else pick(T, T * random.random(), T * random.random(), T * 0.999)
    t = pick(1.0, 39.0, 52.0, 3650.0, lu(-1, 4))
    rate = pick(0.0027, 0.001, 0.1, 1.0, lu(-5, 1)); n = pick(0, 0, 1, 2, 5, 20)
    r = pick(0.01, 0.243, 0.553, 1.0, 3.0, lu(-2, 1.5)); al = pick(1.0, 4.414, 10.578, 300.0, lu(-1, 3))
    if model in ("BG/NBD", "MBG/NBD"):
        f = lambda: pick(0.05, 0.5, 0.793, 1.0, 1.5, 2.426, 20.0, lu(-1, 2))
        P = [r, al, f(), f()]
    else:
        P = [r, al, pick(0.05, 0.606, 1.0, 2.0, 15.0, 300.0, lu(-1, 2)), pick(al, 1.0, 11.669, 1e3, lu(-1, 3))]
        if model[0] == "G":
            bb = pick(1e-3, 0.05, 0.5, lu(-3, 0)); P = [r, al, bb, pick(0.05, 0.606, 1.0, 4.0, 100.0), pick(1e-4, 0.1, 1.0, 3.0, 1e3, 1e6)]
            T = min(T, 300 / bb); tx = min(tx, T); t = min(t, 300 / bb)
    return dict(model=model, params=P, x=x, t_x=tx, T=T, t=t, rate=rate, n=n)
end = time.time() + seconds
models, draw = (FURTHER, further_case) if further else (VALUES, case)
results = []
while time.time() < end:
    for model, evaluate in models.items():
        c = draw(model)
        extra = [mpf(c["rate"]), c["n"]] if further else []
        try:
            truth = evaluate([mpf(p) for p in c["params"]], *[mpf(c[key]) for key in ("x", "t_x", "T", "t")], *extra)
        except Slow:
            continue
        results.append(dict(c, truth=[A(v).str(30, radius=False) for v in truth]))
json.dump(results, open(out, "w"))
print(len(results), "cases")

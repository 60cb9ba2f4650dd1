"""Fitting a frame coder to a scholar's own coding, and its agreement with the coder on texts it has not seen."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.agreement import resample_figures
from analysis.escape import for_label
from analysis.files import sha256, write_atomic
from analysis.frame_coder import MODEL, Coder, pack_coder
from analysis.frame_codings import load_codings
from analysis.frame_features import (
    COMPANY_WEIGHT,
    VIEWS,
    Vocabulary,
    find_company,
    find_words,
    scale_rows,
    vectors_hash,
)
from analysis.refusals import Refusal

LEAST_TEXTS = 60  # in all; GVFC cut to 60 texts gives intervals .3 wide
LEAST_PER_CODE = 10  # main codes; with fewer, ten folds leave texts whose code was never seen in training
FOLDS = 10
# Chosen on GVFC in cross-validation, flat around these (docs/decisions.md).
_RIDGE = 0.5
_SECOND = 0.5  # what a text's second code is worth beside its main one
_BALANCE = 0.8  # texts of a code count by its rarity to this power: 0 all alike, 1 every code alike
_COMMON = 0.4  # how much of its mean score a code loses, so that a common one does not win by being common
_CONTEXT = 0.3  # what a lead counts beside its headline
_PLAIN_THRESHOLD = 0.5  # where no text has two codes
_STEPS, _CLOSE = 200, 1e-4  # of the conjugate gradient


def fit_coder(coded: pd.DataFrame, *, codes: Sequence[str], threshold: float = _PLAIN_THRESHOLD) -> Coder:
    """Fit one ridge line per code over all views of the texts.

    Parameters
    ----------
    coded : DataFrame
        As `load_codings` returns: text, codes, context. Leads are further texts of less weight with the same codes.
    codes : sequence of str
        The codes to be told apart.
    threshold : float
        Kept with the coder.

    Returns
    -------
    Coder
        Weighted ridge regression on 0, .5 (a further code) and 1 (the main code), solved by conjugate gradients.
    """
    led = coded[coded["context"].str.strip() != ""]
    words = [find_words(t) for t in [*coded["text"], *led["context"]]]
    place = {c: i for i, c in enumerate(codes)}
    lists = [*coded["codes"], *led["codes"]]
    wanted = np.zeros((len(words), len(codes)))
    for row, given in enumerate(lists):
        wanted[row, [place[c] for c in given if c in place]] = _SECOND
        if given[0] in place:
            wanted[row, place[given[0]]] = 1
    counted = Counter(g[0] for g in coded["codes"])
    weight = np.array([(len(coded) / len(codes) / max(1, counted[g[0]])) ** _BALANCE for g in lists])
    weight[len(coded) :] *= _CONTEXT
    found = {name: [see(w) for w in words] for name, (_, see) in VIEWS.items()}
    views = {name: Vocabulary.fit(found[name]) for name in VIEWS}
    company = find_company(words)
    centre = company.mean(axis=0)
    company = scale_rows(company - centre) * np.sqrt(COMPANY_WEIGHT)
    wide = sparse.hstack([views[name].weigh(found[name]) * np.sqrt(VIEWS[name][0]) for name in VIEWS], format="csr")
    bias = np.average(wanted, axis=0, weights=weight)
    dual = _solve(wide, company, wanted - bias, _RIDGE / weight)
    lines, at, weights = wide.T @ dual, 0, {}
    for name in VIEWS:
        n = len(views[name].features)
        weights[name] = lines[at : at + n]
        at += n
    bias = bias - _COMMON * wanted[: len(coded)].mean(axis=0)
    return Coder(list(codes), views, weights, company.T @ dual, centre, bias, threshold)


def _solve(wide: sparse.csr_matrix, dense: np.ndarray, wanted: np.ndarray, ridge: np.ndarray) -> np.ndarray:
    """Solve (likeness of texts + ridge) dual = wanted for all codes at once, without ever making the likenesses."""
    turned = wide.T.tocsr()

    def times(x: np.ndarray) -> np.ndarray:
        return wide @ (turned @ x) + dense @ (dense.T @ x) + ridge[:, None] * x

    # Jacobi's preconditioner: texts have length one in every view, so the diagonal is that length plus the ridge.
    scale = 1 / (sum(w for w, _ in VIEWS.values()) + COMPANY_WEIGHT + ridge)[:, None]
    dual = np.zeros_like(wanted)
    rest = wanted.copy()
    near = scale * rest
    step = near.copy()
    size = (rest * near).sum(axis=0)
    first = np.maximum(size, 1e-30)
    for _ in range(_STEPS):
        moved = times(step)
        rate = size / np.maximum((step * moved).sum(axis=0), 1e-30)
        dual += rate * step
        rest -= rate * moved
        near = scale * rest
        new = (rest * near).sum(axis=0)
        if (new <= _CLOSE**2 * first).all():
            break
        step = near + new / np.maximum(size, 1e-30) * step
        size = new
    return dual


def predict_unseen(coded: pd.DataFrame, *, codes: Sequence[str], folds: int = FOLDS) -> np.ndarray:
    """Score every text by a coder that saw no text of its group.

    Returns
    -------
    ndarray (texts, codes)
        Scores. Groups are dealt to folds in a fixed order (by the hash of their name), the largest codes spread evenly.
    """
    fold = _deal(coded, folds)
    scores = np.zeros((len(coded), len(codes)))
    for k in range(folds):
        out = np.flatnonzero(fold == k)
        if len(out):
            coder = fit_coder(coded[fold != k].reset_index(drop=True), codes=codes)
            scores[out] = coder.score(coded["text"].iloc[out].tolist())
    return scores


def _deal(coded: pd.DataFrame, folds: int) -> np.ndarray:
    main = [g[0] for g in coded["codes"]]
    first = dict(zip(reversed(coded["group"].tolist()), reversed(main), strict=True))
    order = sorted(first, key=lambda g: (first[g], sha256(g.encode("utf-8", "surrogatepass"))))
    fold_of = {g: i % folds for i, g in enumerate(order)}
    return coded["group"].map(fold_of).to_numpy()


def find_threshold(coded: pd.DataFrame, scores: np.ndarray, *, codes: Sequence[str]) -> float:
    """Find the score from which a second code agrees best with the coder (F1 over all codes given)."""
    if not any(len(g) > 1 for g in coded["codes"]):
        return _PLAIN_THRESHOLD
    place = {c: i for i, c in enumerate(codes)}
    gold = np.zeros(scores.shape, bool)
    for row, given in enumerate(coded["codes"]):
        gold[row, [place[c] for c in given if c in place]] = True
    main = np.eye(len(codes), dtype=bool)[scores.argmax(axis=1)]

    def f1(t: float) -> float:
        found = main | (scores >= t)
        return 2 * (gold & found).sum() / max(1, gold.sum() + found.sum())

    return max((round(float(t), 3) for t in np.arange(0.1, 0.701, 0.02)), key=f1)


def measure_codes(gold: Sequence[str], found: Sequence[str], *, groups: Sequence[str]) -> dict[str, tuple]:
    """Measure how far main codes agree with the coder's.

    Returns
    -------
    dict of str to (float, float, float)
        macro_f1, alpha (Krippendorff, nominal), accuracy and ``f1:CODE``: value, lower and upper end of the 95 %
        interval from resampling groups.
    """
    codes = sorted(set(gold))
    units: dict[str, list[tuple[str, str]]] = {}
    for g, f, group in zip(gold, found, groups, strict=True):
        units.setdefault(group, []).append((g, f))
    tables = [Counter(pairs) for pairs in units.values()]

    def figures(drawn: Sequence[Counter]) -> dict[str, float]:
        both: Counter[tuple[str, str]] = Counter()
        for table in drawn:
            for pair, n in table.items():
                both[pair] += n
        in_gold, in_found = Counter[str](), Counter[str]()
        for (g, f), n in both.items():
            in_gold[g] += n
            in_found[f] += n
        each = {c: 2 * both[c, c] / max(1, in_gold[c] + in_found[c]) for c in codes}
        out = {"macro_f1": sum(each.values()) / len(codes), "alpha": find_alpha(both)}
        out["accuracy"] = sum(both[c, c] for c in codes) / max(1, sum(both.values()))
        return out | {f"f1:{c}": v for c, v in each.items()}

    return resample_figures(tables, figures)


def find_alpha(both: Counter[tuple[str, str]]) -> float:
    """Return Krippendorff's nominal alpha of two coders (Hayes & Krippendorff 2007) from counts of pairs of codes."""
    n = 2 * sum(both.values())
    values: Counter[str] = Counter()
    for (a, b), k in both.items():
        values[a] += k
        values[b] += k
    unlike = 2 * sum(k for (a, b), k in both.items() if a != b)
    expected = n * n - sum(v * v for v in values.values())
    return 1 - (n - 1) * unlike / expected if expected else 0.0


def check_codings(coded: pd.DataFrame, *, name: str) -> list[str]:
    """Return the codes to be fitted; refuse a coding that is too small to be learnt.

    Raises
    ------
    Refusal
        nothing-to-analyse: fewer than LEAST_TEXTS texts, or not two codes that are the main one of LEAST_PER_CODE.
    """
    if len(coded) < LEAST_TEXTS:
        raise Refusal(f"{name}: {len(coded)} coded texts, {LEAST_TEXTS} are needed", reason="nothing-to-analyse")
    counted = Counter(g[0] for g in coded["codes"])
    codes = sorted(c for c, n in counted.items() if n >= LEAST_PER_CODE)
    if len(codes) < 2:
        most = ", ".join(f"{for_label(c, limit=30)} {n}" for c, n in counted.most_common(4))
        raise Refusal(
            f"{name}: two codes with {LEAST_PER_CODE} texts each are needed (there are {most})",
            reason="nothing-to-analyse",
        )
    return codes


def cross_validate(coded: pd.DataFrame, *, codes: Sequence[str]) -> tuple[dict[str, tuple], np.ndarray]:
    """Return the agreement of main codes on unseen texts, and the scores it rests on."""
    scores = predict_unseen(coded, codes=codes)
    found = [codes[i] for i in scores.argmax(axis=1)]
    return measure_codes([g[0] for g in coded["codes"]], found, groups=coded["group"].tolist()), scores


def train_frames(gold_path: Path, out_dir: Path) -> Path:
    """Fit a frame coder to a scholar's coding and write it with a card of its agreement.

    Parameters
    ----------
    gold_path : Path
        As in `load_codings`.
    out_dir : Path
        Folder for ``frames.npz`` and ``frames.md``; give it as ``--models``.

    Returns
    -------
    Path
        The model's file.

    Raises
    ------
    Refusal
        nothing-to-analyse: too few texts (`check_codings`). untrusted-model: on unseen texts the lower end of
        Krippendorff's alpha is not above 0, so the coder agrees no better than chance. table-invalid: `load_codings`.
    """
    coded = load_codings(Path(gold_path))
    codes = check_codings(coded, name=Path(gold_path).name)
    rare = sorted({c for g in coded["codes"] for c in g} - set(codes))
    kept = coded[[g[0] in codes for g in coded["codes"]]].reset_index(drop=True)
    figures, scores = cross_validate(kept, codes=codes)
    if figures["alpha"][1] <= 0:
        value, lo, hi = figures["alpha"]
        raise Refusal(
            f"{Path(gold_path).name}: on unseen texts the coder agrees no better than chance "
            f"(alpha {value:.2f}, 95 % interval {lo:.2f} to {hi:.2f}); nothing was written",
            reason="untrusted-model",
        )
    threshold = find_threshold(kept, scores, codes=codes)
    facts: dict[str, Any] = {
        "n_texts": len(kept),
        "n": {c: sum(g[0] == c for g in kept["codes"]) for c in codes},
        "left_out": rare,
        "vectors": vectors_hash(),
        "coding": sha256(Path(gold_path).read_bytes())[:16],
        "agreement": {k: [round(float(x), 4) for x in v] for k, v in figures.items()},
    }
    coder = fit_coder(kept, codes=codes, threshold=threshold)
    coder = Coder(**{**coder.__dict__, "facts": facts})
    packed = io.BytesIO()
    np.savez_compressed(packed, **pack_coder(coder))  # type: ignore[arg-type]
    write_atomic(Path(out_dir) / MODEL, packed.getvalue())
    write_atomic(Path(out_dir) / "frames.md", write_card(coder, name=Path(gold_path).name).encode("utf-8"))
    macro, alpha = figures["macro_f1"], figures["alpha"]
    print(
        f"{len(kept)} texts, {len(codes)} codes; on unseen texts macro-F1 {macro[0]:.3f} [{macro[1]:.3f}, {macro[2]:.3f}], "
        f"Krippendorff's alpha {alpha[0]:.3f} [{alpha[1]:.3f}, {alpha[2]:.3f}]; frames.md has every code"
    )
    return Path(out_dir) / MODEL


def _in_table(name: str) -> str:
    """A code's name for a cell of the card: one line, no bar, no markup."""
    return for_label(name).translate({ord(c): "\ufffd" for c in "|<>`[]"})


def write_card(coder: Coder, *, name: str) -> str:
    """Return the card that is written beside a fitted coder."""
    facts = coder.facts
    says = lambda v: f"{v[0]:.3f} [{v[1]:.3f}, {v[2]:.3f}]"  # noqa: E731
    found = facts["agreement"]
    rows = "".join(f"| {_in_table(c)} | {facts['n'][c]} | {says(found['f1:' + c])} |\n" for c in coder.codes)
    left = f"\nLeft out, main code of fewer than {LEAST_PER_CODE} texts: {', '.join(_in_table(c) for c in facts['left_out'])}.\n"
    return (
        f"# A frame coder fitted to {_in_table(name)}\n\n"
        f"{facts['n_texts']} coded texts ({facts['coding']}), {len(coder.codes)} codes. Agreement with the coder on texts not seen in "
        f"fitting ({FOLDS} folds, groups of like texts kept together; 95 % interval from resampling groups):\n\n"
        f"- macro-F1 of the main code {says(found['macro_f1'])}\n- Krippendorff's alpha {says(found['alpha'])}\n"
        f"- share of texts with the coder's main code {says(found['accuracy'])}\n\n"
        f"| code | n | F1 |\n|---|---|---|\n{rows}"
        f"{left if facts['left_out'] else ''}\n"
        f"A further code is given from a score of {coder.threshold:.2f}. Use: `--models` with this folder. The file holds words and pairs "
        "of words of the coded texts with their weights, no text.\n"
    )

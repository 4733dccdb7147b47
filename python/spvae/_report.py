"""One page about a model and the rows that it is asked about."""

from __future__ import annotations

import base64
import html
import io
import json
import math
import os
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from spvae import _arrays, _files
from spvae._core import Error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spvae._answers import Outliers
    from spvae._estimator import SPVAE

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
h2 {{ margin-top: 2.5rem; font-size: 1.2rem; }}
table {{ border-collapse: collapse; }}
th, td {{ text-align: left; padding: .2rem 1.5rem .2rem 0; border-bottom: 1px solid #8884; }}
.wide {{ overflow-x: auto; }}
figure {{ margin: 1rem 0; }}
img {{ max-width: 100%; background: white; border-radius: 4px; }}
figcaption, .note {{ opacity: .75; font-size: .9rem; }}
pre {{ overflow-x: auto; }}
</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""


def report(model: SPVAE, X: ArrayLike, path: str | os.PathLike[str] = "report.html", *,
           y: ArrayLike | None = None, pictures: int = 10, title: str = "A density and its data") -> str:
    """Writes one HTML file about a model and rows, that needs no other file and no network.

    It has the figures with their errors, the learning curve, the rows' log-likelihoods beside those
    of validation rows, the strangest rows and which parts of them are to blame, samples,
    reconstructions, completions, a tree and the latent space. ``spvae report`` has one of a run.

    Parameters
    ----------
    model : SPVAE
    X : array-like, as SPVAE.score_samples takes it
    path : path-like
    y : array-like [N], default=None
        Colours of the latent space: classes, for example.
    pictures : int, default=10
        Rows in each part that shows some.
    title : str

    Returns
    -------
    path : str

    Raises
    ------
    Error
        As the model's questions; nothing is written then.
    """
    if pictures < 1:
        raise Error(f"pictures: got {pictures}, expected at least 1")
    rows = X if hasattr(X, "iloc") else _arrays.as_array(X)
    answer = model.score_errors(rows)
    body = [_facts(model, len(rows), answer)]
    drawings = _of_vectors if model.layout_.is_vectors else _of_images
    for heading, content in [*_of_all(model, answer), *drawings(model, rows, pictures, y)]:
        body.append(f"<h2>{html.escape(heading)}</h2>\n{content}")
    body.append("<h2>How it was learned</h2>\n<details><summary>Values of all settings</summary><pre>"
                + html.escape(json.dumps(json.loads(model.density_.description()), indent=2))
                + "</pre></details>")
    page = _PAGE.format(title=html.escape(title), body="\n".join(body))
    path = os.fspath(path)
    _files.write_text(path, page)
    return path


def _facts(model: SPVAE, count: int, answer: dict[str, np.ndarray]) -> str:
    scores = answer["log_likelihood"]
    spread = scores.std(ddof=1) / math.sqrt(count) if count > 1 else math.nan
    bound = (f"{scores.mean():,.3f} ± {spread:,.3f} nats a row, a lower bound ({model.samples} samples, "
             f"{model.sampler}; ± one standard error over rows)")
    facts = [("rows", f"{count:,} of shape {' × '.join(map(str, model.layout_.shape))}"),
             ("log-likelihood", bound)]
    config = model._config()
    if config["is_discrete"]:
        bits = -scores.mean() / (model.n_features_in_ * math.log(2))
        facts.append(("bits per dimension", f"{bits:.4f}"))
    facts += [("likelihood", config["likelihood"]), ("parameters", f"{model.n_parameters_:,}"),
              ("steps of training", f"{model.n_iter_:,}")]
    unsure = int(np.isnan(answer["error"]).sum())
    note = ""
    if unsure:
        note = (f'<p class="note">Of {unsure:,} of {count:,} rows a few samples carry the bound, so that its '
                "error is unknown; sampler=\"laplace\" or more samples make it tighter.</p>")
    return '<div class="wide">' + _table(facts) + "</div>" + note


def _of_all(model: SPVAE, answer: dict[str, np.ndarray]) -> list[tuple[str, str]]:
    from spvae import plot

    drawings = []
    if model.history_["step"]:
        drawings.append(("Learning", plot.learning_curve(model), "Bounds of training and validation rows."))
    usual = getattr(model, "validation_scores_", None)
    drawings.append(("Log-likelihoods", plot.scores(answer["log_likelihood"], usual),
                     "Log-likelihoods of these rows beside those of validation rows."))
    return _all_drawn(drawings)


def _outliers(model: SPVAE, rows: np.ndarray) -> Outliers:
    return model.outliers(rows, reference=None if hasattr(model, "validation_scores_") else rows)


def _of_images(model: SPVAE, rows: np.ndarray, pictures: int, y: ArrayLike | None) -> list[tuple[str, str]]:
    from spvae import plot

    images = np.asarray(rows).reshape(-1, *model.layout_.shape)
    found = _outliers(model, images)
    shown = images[:pictures]
    missing = np.zeros(images.shape[1:3], bool)
    missing[images.shape[1] // 2:] = True
    likely = images[found.ranking[::-1][:pictures]]
    pairs = np.stack([shown, model.reconstruct(shown).astype(np.float64)], axis=1)
    strange = images[found.ranking[0]]
    drawings = [
        ("The least likely rows", found.plot(images, pictures),
         "Row, nats and percentile among validation rows; below, what is stranger than usual (red)."),
        ("The most likely rows", plot.images(likely, columns=len(likely)), "The most likely first."),
        ("Samples", plot.samples(model, 6 * 12, columns=12), "New rows, drawn from the density."),
        ("Reconstructions", plot.images(pairs.reshape(-1, *model.layout_.shape), columns=min(10, 2 * len(shown))),
         "Each row, and right of it itself through its most probable tree."),
        ("Completions", plot.completions(shown[:5], missing, model.inpaint(shown[:5], missing, 4)),
         "A row, what was seen of it, and four draws of what is missing."),
        ("Why the least likely row is so", model.explain(strange).plot(),
         "What its most probable tree divides it into, and what each part adds to the log-likelihood."),
    ]
    return _all_drawn(drawings) + _latent_space(model, images, y)


def _of_vectors(model: SPVAE, rows: np.ndarray, pictures: int, y: ArrayLike | None) -> list[tuple[str, str]]:
    found = _outliers(model, rows)
    values = np.asarray(rows, dtype=np.float64)
    names = list(model.names_ or [f"x{i}" for i in range(values.shape[1])])
    least = []
    for row in found.ranking[:pictures]:
        blamed = int(np.argmin(found.blame[row]))
        said = (f"{found.scores[row]:,.2f} nats, above {100 * found.percentiles[row]:.1f} % of validation rows; "
                f"most to blame: {names[blamed]} = {values[row, blamed]:.4g}")
        least.append((f"row {row}", said))
    return [("The least likely rows", '<div class="wide">' + _table(least) + "</div>"),
            *_latent_space(model, rows, y)]


def _latent_space(model: SPVAE, rows: np.ndarray, y: ArrayLike | None) -> list[tuple[str, str]]:
    from spvae import plot

    if len(rows) < 3:
        return []
    few = slice(0, 2000)
    drawn = plot.latent_space(model, rows.iloc[few] if hasattr(rows, "iloc") else rows[few],
                              None if y is None else np.asarray(y)[few])
    return [("Latent space",
             _drawn(drawn, "Codes of the rows, in the plane of their first two principal components."))]


def _table(facts: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>\n" for name, value in facts)
    return f"<table>\n{cells}</table>"


def _all_drawn(drawings: list[tuple[str, Figure, str]]) -> list[tuple[str, str]]:
    return [(heading, _drawn(figure, caption)) for heading, figure, caption in drawings]


def _drawn(figure: Figure, caption: str) -> str:
    import matplotlib.pyplot as plt

    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    plt.close(figure)
    text = html.escape(caption)
    picture = base64.b64encode(file.getvalue()).decode("ascii")
    return (f'<figure><img src="data:image/png;base64,{picture}" alt="{text}">'
            f"<figcaption>{text}</figcaption></figure>")

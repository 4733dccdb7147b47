"""The estimator."""

from __future__ import annotations

import json
import math
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, DensityMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from spvae import _arrays, _core, _files
from spvae._answers import Explanation, Node, Outliers
from spvae._arrays import Layout
from spvae._core import Error

_MODEL_FILE = "model.safetensors"
_STATE_FILE = "estimator.json"
_REFERENCE_ROWS = 1000  # of the validation rows, scored for outliers
_NOISE_SEED = 0


class SPVAE(DensityMixin, TransformerMixin, BaseEstimator):
    """A density of images or vectors: a sum-product network over variational autoencoders.

    Log-likelihoods are importance-weighted lower bounds in nats (Tan & Peharz, ICML 2019, Eq. (9)).
    Equal rows are answered alike, in any order; equal data and seeds give equal bits, whatever the
    number of threads.

    Parameters
    ----------
    recipe : {"density", "paper"}, default="density"
        Values of what is not told: the best density for its size and time, or the paper's.
    shape : tuple, default=None
        (H, W) or (H, W, 3), where rows of numbers [N, H·W(·3)] are images. Without it two axes are
        vectors, three gray images and four colours.
    max_steps : int, default=None
        Steps of training at most; None: by the number of rows. Training ends before where
        validation no longer improves.
    settings : dict, default=None
        Any other flag of ``spvae train`` about model and training, by its name:
        ``{"hidden": 96, "latent": 8, "likelihood": "mixture"}``.
    standardise : bool, default=None
        Columns of vectors less their mean, over their deviation, inside the model; log-likelihoods
        stay those of the data. None: continuous vectors are.
    samples : int, default=100
        Importance samples of each leaf and row of all questions: more are tighter and slower.
    sampler : {"encoder", "laplace"}, default="encoder"
        What proposes the leaves' codes. "laplace" seeks a mode of each row's posterior: tight bounds
        from few samples, and better completions.
    n_jobs : int, default=None
        Threads; None or -1: one for each processor.
    random_state : int, RandomState instance or None, default=None
        Of initial parameters, order of rows and noise of training.
    warm_start : bool, default=False
        Whether fit goes on from the parameters of the last fit.
    verbose : int, default=0
        1: shows progress, by tqdm where it is installed.
    callback : callable, default=None
        Called after each validation with (step, training bound, validation bound), nats; where it
        returns False, training ends with the best model so far.

    Attributes
    ----------
    n_iter_ : int
        Steps of training.
    history_ : dict of list
        "step", "training_bound" and "validation_bound" of each validation, nats a row.
    validation_scores_ : ndarray
        Log-likelihoods of up to 1,000 validation rows: what outliers are compared with.
    layout_ : Layout
        What a row is.
    n_features_in_ : int
        Values of a row.

    Examples
    --------
    >>> from spvae import SPVAE
    >>> model = SPVAE(random_state=0).fit(X_train)
    >>> model.score_samples(X_test)
    """

    def __init__(self, recipe: str = "density", *, shape: tuple[int, ...] | None = None,
                 max_steps: int | None = None, settings: Mapping[str, Any] | None = None,
                 standardise: bool | None = None, samples: int = 100, sampler: str = "encoder",
                 n_jobs: int | None = None, random_state: int | np.random.RandomState | None = None,
                 warm_start: bool = False, verbose: int = 0,
                 callback: Callable[[int, float, float], object] | None = None) -> None:
        self.recipe = recipe
        self.shape = shape
        self.max_steps = max_steps
        self.settings = settings
        self.standardise = standardise
        self.samples = samples
        self.sampler = sampler
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.callback = callback

    # Learning

    def fit(self, X: ArrayLike, y: object = None, *, validation: ArrayLike | None = None) -> SPVAE:
        """Learns the density of the rows of X.

        Parameters
        ----------
        X : array-like, [N, H, W], [N, H, W, 3] or [N, V]
            Images of uint8 or of floating-point numbers in [0, 1], or vectors; NaN is missing.
        y : ignored
        validation : array-like, default=None
            Rows to stop by; None: a tenth of X.

        Returns
        -------
        self : SPVAE
            Ctrl-C ends training with the best model so far.
        """
        goes_on = self.warm_start and hasattr(self, "density_")
        former = self.layout_ if goes_on else None
        array = self._checked(X, reset=True)
        layout = _arrays.layout_of(array, self.shape)
        if goes_on and layout != former:
            raise Error(f"warm_start: X has rows of shape {layout.shape}, but the model was fitted to "
                        f"{former.shape}; fit another model")
        names = None
        if layout.is_vectors and hasattr(self, "feature_names_in_"):
            names = [str(name) for name in self.feature_names_in_]
        images = _arrays.image_set(array, layout, names)
        checked = None
        if validation is not None:
            held_out = _arrays.as_array(validation)
            if _arrays.layout_of(held_out, self.shape).shape != layout.shape:
                raise Error(f"validation: got an array of shape {held_out.shape}, expected rows as of X")
            checked = _arrays.image_set(held_out, layout, names)
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        seed = self.random_state if isinstance(self.random_state, (int, np.integer)) else int(seed)
        flags = self._flags(layout, seed, images)
        checks = []
        with _Progress(self.verbose) as shown:
            def progress(step, training, bound, max_steps):
                checks.append((step, training, bound))
                shown.update(step, bound, max_steps)
                return self.callback is None or self.callback(step, training, bound) is not False

            density, was_interrupted = _core.train(images, json.dumps(flags), layout.is_bytes, checked,
                                                   progress, self.density_ if goes_on else None)
        # Ctrl-C may come in the first call of `progress`, before it has kept anything.
        steps = checks[-1][0] if checks else json.loads(density.description())["step"]
        if was_interrupted:
            warnings.warn(f"training was stopped at step {steps}; the best model so far is "
                          "kept", ConvergenceWarning, stacklevel=2)
        self.density_ = density
        self.layout_ = layout
        self.names_ = names
        self.history_ = {key: [check[i] for check in checks]
                         for i, key in enumerate(("step", "training_bound", "validation_bound"))}
        self.n_iter_ = steps
        if checked is None:
            rows = _core.validation_rows(len(array))
            checked = _arrays.image_set(array[rows[:_REFERENCE_ROWS]], layout, names)
        elif len(checked) > _REFERENCE_ROWS:
            checked = _arrays.image_set(held_out[:_REFERENCE_ROWS], layout, names)
        self._keep_reference(checked)
        return self

    def _keep_reference(self, images):
        scores, contributions = self._ask("contributions", images)
        self.validation_scores_ = np.sort(scores)
        self.validation_contributions_ = contributions.mean(axis=0)

    def _flags(self, layout, seed, images):
        flags = {str(name).replace("_", "-"): os.fspath(value) if isinstance(value, os.PathLike) else value
                 for name, value in (self.settings or {}).items()}
        for name in ("recipe", "seed", "threads"):
            if name in flags:
                parameter = {"seed": "random_state", "threads": "n_jobs"}.get(name, name)
                raise Error(f"settings: got {name!r}; say it by the parameter {parameter}")
        flags.update({"recipe": self.recipe, "seed": seed, "threads": self._threads()})
        if self.max_steps is not None:
            flags["max-steps"] = _integer("max_steps", self.max_steps)
        standardise = self.standardise
        if standardise is None:
            is_discrete = flags.get("likelihood", "gaussian") != "gaussian"
            standardise = layout.is_vectors and not is_discrete and "standardise" not in flags
        if standardise:
            flags["standardise"] = True
        return flags

    def _threads(self):
        if self.n_jobs is None:
            return 0
        jobs = _integer("n_jobs", self.n_jobs)
        return max(1, (os.cpu_count() or 1) + 1 + jobs) if jobs < 0 else jobs

    # Questions

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        """Log-likelihood of each row, nats: a lower bound on log p(x) of what is observed of it.

        Returns
        -------
        scores : ndarray [N]
        """
        return self._ask("log_likelihood", self._rows(X))["log_likelihood"]

    def score(self, X: ArrayLike, y: object = None) -> float:
        """Mean log-likelihood of the rows, nats."""
        return float(np.mean(self.score_samples(X)))

    def score_errors(self, X: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Log-likelihoods with what is known of their error.

        Returns
        -------
        dict of ndarray [N]
            "log_likelihood", nats; "error", the Monte-Carlo error, nats, NaN where too few samples
            carry the bound; "effective_samples".
        """
        return self._ask("log_likelihood", self._rows(X))

    def bits_per_dimension(self, X: ArrayLike) -> NDArray[np.float64]:
        """Of each row: -log2 p(x) per observed value. Error where p is no probability but a density.

        Returns
        -------
        bits : ndarray [N]
        """
        check_is_fitted(self)
        if not self._config()["is_discrete"]:
            raise Error(f"bits_per_dimension: the likelihood {self._config()['likelihood']} is continuous, "
                        "so that bits have no meaning; ask for score_samples")
        images = self._rows(X)
        scores = self._ask("log_likelihood", images)["log_likelihood"]
        with np.errstate(divide="ignore", invalid="ignore"):
            return -scores / (images.observed_variables() * math.log(2))

    def transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Means of the codes of each row: where it lies in the latent spaces of the leaves.

        Returns
        -------
        codes : ndarray [N, experts · latent]
        """
        return self._ask("embed", self._rows(X))["mean"]

    def embed(self, X: ArrayLike) -> dict[str, NDArray[Any]]:
        """All that is known of where each row lies.

        Returns
        -------
        dict of ndarray
            "mean" and "deviation" [N, experts · latent] of the codes; "responsibilities" [N, L] of
            the leaves, exact; "choices" [N, sums] of the most probable tree, -1 where it does not
            reach the sum.
        """
        return self._ask("embed", self._rows(X))

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Names of the columns of transform."""
        check_is_fitted(self)
        if not hasattr(self, "_codes"):
            row = np.zeros((1, *self.layout_.shape), np.uint8 if self.layout_.is_bytes else np.float32)
            self._codes = self._ask("embed", _arrays.image_set(row, self.layout_, self.names_), 1)["mean"].shape[1]
        return np.array([f"spvae{i}" for i in range(self._codes)], dtype=object)

    def sample(self, n_samples: int = 1,
               random_state: int | np.random.RandomState | None = None) -> NDArray[Any]:
        """New rows, drawn from the density.

        Returns
        -------
        X : ndarray [n_samples, ...]
            On the scale of the data that were fitted.
        """
        check_is_fitted(self)
        count = _integer("n_samples", n_samples)
        return self._out(self.density_.sample(count, _seed(random_state), False), is_drawn=True)

    def inpaint(self, X: ArrayLike, missing: ArrayLike | None = None, n: int | None = None, *,
                filling: str = "drawn",
                random_state: int | np.random.RandomState | None = 0) -> NDArray[Any]:
        """Fills what is missing of each row.

        Parameters
        ----------
        X : array-like
            Rows; NaN is missing.
        missing : array-like of bool, default=None
            [H, W] or [N, H, W], true where a pixel is missing, whatever X has there.
        n : int, default=None
            Completions of each row.
        filling : {"drawn", "mean", "best"}
            A draw from p(missing | observed), the posterior's mean of every value, or the most
            probable tree.
        random_state : int, RandomState instance or None, default=0
            Of the draws.

        Returns
        -------
        X : ndarray [N, ...], or with n [N, n, ...]
            What was observed is untouched. Of 8-bit images, draws are uint8 and the others float32
            between 0 and 255.
        """
        images = self._rows(X, missing)
        fillings = {"drawn": _core.Filling.drawn, "mean": _core.Filling.mean, "best": _core.Filling.best}
        if filling not in fillings:
            raise Error(f"filling: got {filling!r}, expected one of {', '.join(fillings)}")
        count = 1 if n is None else _integer("n", n)
        filled, _ = self.density_.complete(images, fillings[filling], count, _seed(random_state),
                                           max(_integer("samples", self.samples), 1), self._sampler())
        filled = self._out(filled, is_drawn=filling == "drawn")
        return filled if n is None else filled.reshape(len(images), count, *self.layout_.shape)

    def reconstruct(self, X: ArrayLike) -> NDArray[np.float32]:
        """Each row through its most probable tree, as decoders' means; fills what is missing too.

        Returns
        -------
        X : ndarray [N, ...], float32 on the scale of the data
        """
        return self._out(self._ask("reconstruct", self._rows(X)), is_drawn=False)

    def explain(self, x: ArrayLike) -> Explanation:
        """Why one row is as likely as it is.

        Returns
        -------
        explanation : Explanation
        """
        array = _arrays.as_array(x)
        if array.ndim in (len(self.layout_.shape), 1):
            array = array[np.newaxis]
        if len(array) != 1:
            raise Error(f"explain: got {len(array)} rows, expected one")
        images = self._rows(array)
        tree = self._ask("explain", images)[0]
        nodes = [Node(**node) for node in tree.pop("nodes")]
        return Explanation(**tree, nodes=nodes, contributions=self._ask("contributions", images)[1][0],
                           parts=[rectangle for rectangle, _ in self.density_.parts()],
                           image=array[0].reshape(self.layout_.shape))

    def outliers(self, X: ArrayLike, quantile: float = 0.01, *, reference: ArrayLike | None = None) -> Outliers:
        """Which rows are unlike the training data.

        Parameters
        ----------
        X : array-like
        quantile : float, default=0.01
            Rows below this quantile of the reference scores are outliers.
        reference : array-like, default=None
            Rows as they should be; None: the validation rows of fit.

        Returns
        -------
        outliers : Outliers
        """
        check_is_fitted(self)
        if not 0 < quantile < 1:
            raise Error(f"quantile: got {quantile}, expected a share between 0 and 1")
        if reference is not None:
            known, usual = self._ask("contributions", self._rows(reference))
            known, mean = np.sort(known), usual.mean(axis=0)
        elif hasattr(self, "validation_scores_"):
            known, mean = self.validation_scores_, self.validation_contributions_
        else:
            raise Error("outliers: this model keeps no validation scores; give `reference`, rows as they "
                        "should be")
        images = self._rows(X)
        scores, contributions = self._ask("contributions", images)
        blame = np.zeros((len(images), self.layout_.variables))
        for part, (_, variables) in enumerate(self.density_.parts()):
            blame[:, variables] = ((contributions[:, part] - mean[part]) / len(variables))[:, np.newaxis]
        threshold = float(np.quantile(known, quantile))
        return Outliers(scores=scores, percentiles=np.searchsorted(known, scores) / len(known),
                        is_outlier=scores < threshold, threshold=threshold,
                        ranking=np.argsort(scores, kind="stable"), contributions=contributions,
                        blame=blame.reshape(len(images), *self.layout_.shape), resolution=len(known))

    # Keeping

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model: a folder that the command and `load` read, or a file NAME.safetensors."""
        check_is_fitted(self)
        path = os.fspath(path)
        if path.endswith(".safetensors"):
            self.density_.save(path)
            return
        os.makedirs(path, exist_ok=True)
        self.density_.save(os.path.join(path, _MODEL_FILE))
        _files.write_text(os.path.join(path, _STATE_FILE), json.dumps(self._kept()))

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, n_jobs: int | None = None) -> SPVAE:
        """A model of `save`, of the command's runs, or of a model file.

        Parameters
        ----------
        path : path-like
            A folder or a file.
        n_jobs : int, default=None
            Threads; None: one for each processor.
        """
        path = os.fspath(path)
        model = cls(n_jobs=n_jobs)
        file = os.path.join(path, _MODEL_FILE) if os.path.isdir(path) else path
        model.density_ = _core.load(file, model._threads())
        config = model._config()
        image = (config["height"], config["width"], 3)[: 3 if config["channels"] == 3 else 2]
        model.names_ = config["columns"] or None
        model.layout_ = Layout((len(config["columns"]),) if config["columns"] else image,
                               not config["columns"] and config["values"] == 256)
        told = json.loads(model.density_.description())
        if told["training"].get("stretch") == "image":
            warnings.warn(f"{path}: was trained on images that were stretched to their whole range; give "
                          "such", UserWarning, stacklevel=2)
        model.n_iter_ = told["step"]
        model.history_ = {"step": [], "training_bound": [], "validation_bound": []}
        model.n_features_in_ = model.layout_.variables
        state = os.path.join(path, _STATE_FILE)
        if os.path.isdir(path) and os.path.exists(state):
            with open(state, encoding="utf-8") as file:
                try:
                    model._restore(json.load(file))
                except (ValueError, KeyError, TypeError) as error:
                    raise Error(f"{state}: is not what SPVAE.save writes: {error}") from None
            model.n_jobs = n_jobs
        return model

    def _kept(self):
        parameters = self.get_params(deep=False)
        parameters["callback"] = None
        state = parameters["random_state"]
        parameters["random_state"] = int(state) if isinstance(state, (int, np.integer)) else None
        return {"parameters": parameters, "shape": self.layout_.shape, "is_bytes": self.layout_.is_bytes,
                "names": self.names_, "history": self.history_, "steps": int(self.n_iter_),
                "features": int(self.n_features_in_),
                "validation_scores": self.validation_scores_.tolist()
                if hasattr(self, "validation_scores_") else None,
                "validation_contributions": self.validation_contributions_.tolist()
                if hasattr(self, "validation_scores_") else None}

    def _restore(self, kept):
        self.set_params(**kept["parameters"])
        if self.shape is not None:
            self.shape = tuple(self.shape)
        self.layout_ = Layout(tuple(kept["shape"]), bool(kept["is_bytes"]))
        self.names_ = kept["names"]
        if self.names_ is not None:
            self.feature_names_in_ = np.array(self.names_, dtype=object)
        self.history_ = kept["history"]
        self.n_iter_ = kept["steps"]
        self.n_features_in_ = kept["features"]
        if kept["validation_scores"] is not None:
            self.validation_scores_ = np.array(kept["validation_scores"])
            self.validation_contributions_ = np.array(kept["validation_contributions"])

    def __getstate__(self):
        state = dict(super().__getstate__())
        if "density_" in state:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, _MODEL_FILE)
                state.pop("density_").save(path)
                with open(path, "rb") as file:
                    state["_model_file"] = file.read()
        return state

    def __setstate__(self, state):
        state = dict(state)
        model = state.pop("_model_file", None)
        super().__setstate__(state)
        if model is not None:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, _MODEL_FILE)
                with open(path, "wb") as file:
                    file.write(model)
                self.density_ = _core.load(path, self._threads())

    # Details

    @property
    def n_parameters_(self) -> int:
        """Parameters of the model, its encoders' included."""
        check_is_fitted(self)
        return len(self.density_.parameters())

    def __sklearn_is_fitted__(self):
        return hasattr(self, "density_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        return tags

    def _config(self):
        return self.density_.config()

    def _sampler(self):
        samplers = {"encoder": _core.Sampler.encoder, "laplace": _core.Sampler.laplace}
        if self.sampler not in samplers:
            raise Error(f"sampler: got {self.sampler!r}, expected one of {', '.join(samplers)}")
        return samplers[self.sampler]

    def _ask(self, question, images, samples=None):
        return getattr(self.density_, question)(
            images, _integer("samples", self.samples if samples is None else samples), _NOISE_SEED,
            self._sampler())

    def _checked(self, X, reset):
        """X as an array, with scikit-learn's checks of rows of numbers."""
        array = X if hasattr(X, "iloc") or hasattr(X, "tocsr") else _arrays.as_array(X)
        if getattr(array, "ndim", 2) > 2:
            if len(array) < 1:
                raise Error("X: got no images, expected at least one")
            if reset:
                self.n_features_in_ = int(np.prod(array.shape[1:]))
            return array
        has_images = self.shape is not None if reset else not self.layout_.is_vectors
        is_bytes = has_images and array.dtype in (np.uint8, np.bool_)
        return validate_data(self, array if isinstance(X, np.ndarray) else X, reset=reset,
                             dtype=array.dtype if is_bytes else (np.float64, np.float32),
                             ensure_all_finite="allow-nan", ensure_min_samples=2 if reset else 1)

    def _rows(self, X, missing=None):
        check_is_fitted(self)
        array = self._checked(X, reset=False)
        layout = self.layout_
        if array.shape[1:] not in (layout.shape, (layout.variables,), (*layout.shape, 1)):
            raise Error(f"X: got an array of shape {array.shape}, but the model was fitted to rows of shape "
                        f"{layout.shape}")
        images = _arrays.image_set(array, layout, self.names_)
        if missing is not None:
            if layout.is_vectors:
                raise Error("missing: is of images; of vectors, NaN is missing")
            _arrays.hide(missing, images, len(array), layout)
        return images

    def _out(self, values, is_drawn):
        """Values of the library on the scale of the data."""
        if not self.layout_.is_bytes:
            return values
        if not is_drawn:
            return values * np.float32(255)
        return np.clip(np.rint(values * 255), 0, 255).astype(np.uint8)


def _integer(name, value):
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise Error(f"{name}: got {value!r}, expected an integer")
    if abs(int(value)) > np.iinfo(np.int32).max:
        raise Error(f"{name}: got {value}, expected a number below {np.iinfo(np.int32).max}")
    return int(value)


def _seed(random_state):
    """Of a question's noise."""
    if isinstance(random_state, (int, np.integer)) and 0 <= random_state < 2**32:
        return int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


class _Progress:
    """What `verbose` shows of training."""

    def __init__(self, verbose):
        self._is_shown = bool(verbose)
        self._bar = None
        self._best = -math.inf
        self._began = time.monotonic()

    def __enter__(self):
        return self

    def update(self, step, bound, max_steps):
        if not self._is_shown:
            return
        self._best = max(self._best, bound)
        if self._bar is None:
            try:
                from tqdm.auto import tqdm
            except ImportError:
                left = (time.monotonic() - self._began) / step * (max_steps - step)
                print(f"step {step} of {max_steps}  bound {bound:.2f} nats  best {self._best:.2f}  "
                      f"at most {left:.0f} s left", flush=True)
                return
            self._bar = tqdm(total=max_steps, unit="step")
        self._bar.set_postfix(bound=f"{bound:.2f}", best=f"{self._best:.2f}", refresh=False)
        self._bar.update(step - self._bar.n)

    def __exit__(self, *_):
        if self._bar is not None:
            self._bar.close()

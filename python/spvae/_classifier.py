"""Classification by one density for each class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from spvae import _core
from spvae._core import Error
from spvae._estimator import SPVAE


class SPVAEClassifier(ClassifierMixin, BaseEstimator):
    """Bayes' rule over one SPVAE for each class.

    The log-likelihoods are divided by a temperature that is learned on the rows that the models
    validate on: densities of many variables are otherwise far too sure.

    Parameters
    ----------
    estimator : SPVAE, default=None
        What each class is learned with; None: SPVAE().
    priors : array-like [classes], default=None
        Of the classes; None: their shares of the training rows.

    Attributes
    ----------
    classes_ : ndarray
    models_ : list of SPVAE
        One for each class.
    class_log_prior_ : ndarray [classes]
    temperature_ : float
    """

    def __init__(self, estimator: SPVAE | None = None, *, priors: ArrayLike | None = None) -> None:
        self.estimator = estimator
        self.priors = priors

    def fit(self, X: ArrayLike, y: ArrayLike) -> SPVAEClassifier:
        """Learns a density of the rows of each class.

        Parameters
        ----------
        X : array-like, as SPVAE.fit takes it
        y : array-like [N]
            The rows' classes, at least two rows each.
        """
        prototype = SPVAE() if self.estimator is None else self.estimator
        array, labels = self._checked(prototype, X, y)
        self.classes_, numbers, counts = np.unique(labels, return_inverse=True, return_counts=True)
        if len(self.classes_) < 2:
            raise Error(f"y: got one class, {self.classes_[0]!r}, expected at least two classes")
        if counts.min() < 2:
            raise Error(f"y: of class {self.classes_[counts.argmin()]!r} there is one row, expected at least "
                        "two of each class")
        priors = counts / counts.sum() if self.priors is None else np.asarray(self.priors, dtype=float)
        if priors.shape != counts.shape or (priors <= 0).any() or not np.isclose(priors.sum(), 1):
            raise Error(f"priors: got {self.priors!r}, expected {len(counts)} positive shares that sum to 1")
        self.class_log_prior_ = np.log(priors)
        self.models_ = []
        held_out = []
        for number in range(len(self.classes_)):
            rows = np.flatnonzero(numbers == number)
            self.models_.append(clone(prototype).fit(array[rows]))
            held_out.append(rows[_core.validation_rows(len(rows))])
        self.n_features_in_ = self.models_[0].n_features_in_
        held_out = np.concatenate(held_out)
        self.temperature_ = self._calibrated(self._log_likelihoods(array[held_out]), numbers[held_out])
        return self

    @staticmethod
    def _checked(prototype, X, y):
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        # Of rows of numbers, scikit-learn's checks.
        array = clone(prototype)._checked(X, reset=True)
        labels = np.asarray(y)
        check_classification_targets(labels)
        if labels.ndim == 2 and labels.shape[1] == 1:
            import warnings

            from sklearn.exceptions import DataConversionWarning

            warnings.warn("A column-vector y was passed when a 1d array was expected", DataConversionWarning,
                          stacklevel=3)
            labels = labels[:, 0]
        if labels.shape != (len(array),):
            raise Error(f"y: got an array of shape {labels.shape}, expected ({len(array)},), one for each row")
        return array, labels

    def _calibrated(self, log_likelihoods, numbers):
        """The temperature of the least cross-entropy."""
        rows = np.arange(len(numbers))

        def cross_entropy(log_temperature):
            joint = log_likelihoods / np.exp(log_temperature) + self.class_log_prior_
            return np.mean(logsumexp(joint, axis=1) - joint[rows, numbers])

        return float(np.exp(minimize_scalar(cross_entropy, bounds=(-3, 9), method="bounded").x))

    def _log_likelihoods(self, X):
        return np.stack([model.score_samples(X) for model in self.models_], axis=1)

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Log of p(class, x)^(1/temperature) but for a constant of each row, [N, classes]; of two
        classes, the difference [N]."""
        check_is_fitted(self)
        joint = self._log_likelihoods(X) / self.temperature_ + self.class_log_prior_
        return joint[:, 1] - joint[:, 0] if len(self.classes_) == 2 else joint

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Probabilities of the classes, [N, classes]."""
        check_is_fitted(self)
        return softmax(self._log_likelihoods(X) / self.temperature_ + self.class_log_prior_, axis=1)

    def predict_log_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Their logarithms."""
        return np.log(self.predict_proba(X))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The most probable class of each row."""
        check_is_fitted(self)
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        return tags

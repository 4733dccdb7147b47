"""What scikit-learn asks of an estimator."""

import pickle

import joblib
import numpy as np
import pandas
import pytest
from conftest import bars, points, tiny
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from spvae import SPVAE, SPVAEClassifier


@parametrize_with_checks([SPVAE(**tiny()), SPVAEClassifier(SPVAE(**tiny(max_steps=150)))])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("X", [bars(30), points(30)], ids=["images", "vectors"])
@pytest.mark.parametrize("kept", [lambda m: pickle.loads(pickle.dumps(m)), "joblib"], ids=["pickle", "joblib"])
def test_a_model_that_was_kept_is_the_same(X, kept, tmp_path):
    model = SPVAE(**tiny()).fit(X)
    if kept == "joblib":
        joblib.dump(model, tmp_path / "m.joblib")
        same = joblib.load(tmp_path / "m.joblib")
    else:
        same = kept(model)
    np.testing.assert_array_equal(same.score_samples(X), model.score_samples(X))
    np.testing.assert_array_equal(same.validation_scores_, model.validation_scores_)
    assert same.get_params() == model.get_params()


def test_a_clone_knows_nothing_but_the_parameters(of_vectors):
    copy = clone(of_vectors)
    assert copy.get_params() == of_vectors.get_params()
    with pytest.raises(Exception, match="not fitted"):
        copy.score(points(3))


def test_searches_and_pipelines_take_it():
    X = points(60)
    search = GridSearchCV(SPVAE(**tiny()), {"settings": [{"hidden": 3, "latent": 1}, {"hidden": 5, "latent": 2}]},
                          cv=2).fit(X)
    assert len(search.cv_results_["mean_test_score"]) == 2
    pipeline = make_pipeline(FunctionTransformer(lambda X: 2 * X), SPVAE(**tiny())).fit(X)
    assert pipeline.transform(X).shape[0] == 60
    assert len(cross_val_score(SPVAE(**tiny()), X, cv=3)) == 3


def test_columns_of_a_frame_keep_their_names(tmp_path):
    frame = pandas.DataFrame(points(40), columns=["a", "b", "c", "d"])
    model = SPVAE(**tiny()).fit(frame)
    model.save(tmp_path / "run")
    assert SPVAE.load(tmp_path / "run").names_ == ["a", "b", "c", "d"]
    np.testing.assert_array_equal(SPVAE.load(tmp_path / "run").score_samples(frame), model.score_samples(frame))


def test_a_fit_may_go_on_from_the_last_one():
    X = points(60)
    once = SPVAE(**tiny(warm_start=True)).fit(X)
    first = once.density_.parameters()
    assert np.abs(once.fit(X).density_.parameters() - first).max() > 0
    assert once.history_["validation_bound"][0] > SPVAE(**tiny()).fit(X).history_["validation_bound"][0]
    with pytest.raises(ValueError, match="fit another model"):
        once.fit(points(60, columns=5))


def test_a_classifier_tells_classes_apart():
    X = np.concatenate([bars(60, seed=1), 255 - bars(60, seed=2)])
    y = np.repeat(["dark", "light"], 60)
    model = SPVAEClassifier(SPVAE(**tiny(max_steps=150))).fit(X, y)
    assert model.score(X, y) == 1
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    assert (model.decision_function(X) > 0).tolist() == (model.predict(X) == "light").tolist()
    with pytest.raises(ValueError, match="there is one row"):
        SPVAEClassifier(SPVAE(**tiny())).fit(X[:3], ["a", "a", "b"])

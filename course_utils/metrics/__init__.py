"""How far apart are two samples of events? Four answers, from one number to a trained classifier.

- `classifier_test`: can boosted trees tell the samples apart? Sees every correlation.
- `wasserstein`, `sliced_wasserstein`: how far must probability be moved? In units of the
observable.
- `kl_divergence`, `total_variation`, `chi2`: histogram against histogram.
- `mmd`: maximum mean discrepancy, a kernel test without training.
"""

from course_utils.metrics._inputs import MetricError
from course_utils.metrics.classifier import ClassifierTest, classifier_test
from course_utils.metrics.histograms import chi2, kl_divergence, total_variation
from course_utils.metrics.kernels import mmd
from course_utils.metrics.transport import sliced_wasserstein, wasserstein

__all__ = [
    "ClassifierTest",
    "MetricError",
    "chi2",
    "classifier_test",
    "kl_divergence",
    "mmd",
    "sliced_wasserstein",
    "total_variation",
    "wasserstein",
]
